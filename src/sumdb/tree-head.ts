/**
 * Tree heads: how many records the log held at some time, and the root hash over them. A `TreeHead` always comes from
 * a note that was signed by a known key; what is stored of one is the note, which is opened again when it is read.
 * Source: golang.org/x/mod/sumdb/tlog, FormatTree and ParseTree.
 */
import { quote } from '../gomod/text.ts';
import { SumDbError } from './errors.ts';
import { emptyRoot, HASH_SIZE } from './hash.ts';
import { openNote } from './note.ts';
import { decodeBase64, parseDecimal } from './strict.ts';
import type { VerifierKey } from './verifier-key.ts';

export interface Tree {
  /** Records, from 0 to 2^53 − 1. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

declare const signed: unique symbol;

/** A tree that a known key has signed. */
export interface TreeHead extends Tree {
  /** The whole signed note, to be published and stored as it is. */
  readonly note: string;
  readonly [signed]: true;
}

const TITLE = 'go.sum database tree';

/** Throws SumDbError NOTE_INVALID where the note is not signed by one of `keys`, or holds no tree. */
export function openTreeHead(note: Buffer | string, keys: readonly VerifierKey[]): TreeHead {
  const { text } = openNote(note, keys);
  const head = { ...parseTree(text), note: note.toString() };
  // The cast is true: a key that is known has signed the text of this tree.
  return head as TreeHead;
}

/**
 * Reads three lines: the title, the size in decimal, the root in base64. The format allows for more lines after them,
 * which are signed but say nothing yet. Throws SumDbError NOTE_INVALID.
 */
export function parseTree(text: string): Tree {
  const [title, sizeText, rootText, end] = text.split('\n', 4);
  if (title !== TITLE || sizeText === undefined || rootText === undefined || end === undefined) {
    throw invalid('not the three lines of a tree');
  }
  const size = parseDecimal(sizeText);
  if (size === undefined) throw invalid(`${quote(sizeText)} is no number of records`);
  const root = decodeBase64(rootText);
  if (root?.length !== HASH_SIZE) throw invalid(`${quote(rootText)} is no root hash`);
  if (size === 0 && !root.equals(emptyRoot())) throw invalid('the root of no records is not the empty hash');
  return { size, root };
}

/** The three lines, which `parseTree` reads back. */
export function formatTree({ size, root }: Tree): string {
  return `${TITLE}\n${size}\n${root.toString('base64')}\n`;
}

function invalid(cause: string): SumDbError {
  return new SumDbError('NOTE_INVALID', `invalid tree head: ${cause}`);
}
