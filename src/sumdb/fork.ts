/**
 * Evidence that a log has lied: two tree heads, both signed, of which the later does not begin with what the earlier
 * signed. Anyone who has the log's key can check it without asking the log again.
 */
import { SumDbError } from './errors.ts';
import { type Proof, proveTree, type ReadHash } from './proof.ts';
import type { TreeHead } from './tree-head.ts';

export interface ForkEvidence {
  /** The signed note of the smaller tree; at equal sizes, of either. */
  readonly older: string;
  readonly newer: string;
  /** The root over as many records of the newer tree as the older one has; it differs from the older one's. */
  readonly rootInNewer: Buffer;
  /** That the newer tree begins with the tree of that root; empty where both have the same size. */
  readonly proof: Proof;
}

export class TreeForkError extends SumDbError {
  readonly evidence: ForkEvidence;

  constructor(message: string, evidence: ForkEvidence) {
    super('TREE_FORK', message, {
      hint: 'the log has shown different histories: keep the evidence, publish nothing, and ask its operator',
    });
    this.evidence = evidence;
  }
}

/** `read` gives hashes that are proved to be in the newer tree. */
export async function findForkEvidence(
  older: TreeHead,
  newer: TreeHead,
  rootInNewer: Buffer,
  read: ReadHash,
): Promise<ForkEvidence> {
  const isProvable = older.size > 0 && older.size < newer.size;
  const proof = isProvable ? await proveTree(newer.size, older.size, read) : [];
  return { older: older.note, newer: newer.note, rootInNewer, proof };
}

/** As a text to keep and to send: both notes as they were signed, then the root and the proof in base64. */
export function formatForkEvidence({ older, newer, rootInNewer, proof }: ForkEvidence): string {
  const lines = [rootInNewer, ...proof].map((hash) => `${hash.toString('base64')}\n`);
  return [
    'one signed tree head:\n\n',
    older,
    '\nanother signed tree head:\n\n',
    newer,
    '\nthe root of the second tree at the size of the first, and the consistency proof for it:\n\n',
    ...lines,
  ].join('');
}
