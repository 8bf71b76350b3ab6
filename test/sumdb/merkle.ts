/** The tree of RFC 6962, section 2.1, word for word: slow, recursive, and without tiles. */
import { createHash } from 'node:crypto';

export function leafOf(text: string): Buffer {
  return createHash('sha256').update(Buffer.of(0)).update(text).digest();
}

/** MTH */
export function plainRoot(leaves: readonly Buffer[]): Buffer {
  const [only, ...more] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (more.length === 0) return only;
  const k = split(leaves.length);
  return join(plainRoot(leaves.slice(0, k)), plainRoot(leaves.slice(k)));
}

/** PATH(m, D) */
export function plainRecordProof(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k
    ? [...plainRecordProof(m, left), plainRoot(right)]
    : [...plainRecordProof(m - k, right), plainRoot(left)];
}

/** PROOF(m, D) */
export function plainTreeProof(m: number, leaves: readonly Buffer[], isWhole = true): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [plainRoot(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k
    ? [...plainTreeProof(m, left, isWhole), plainRoot(right)]
    : [...plainTreeProof(m - k, right, false), plainRoot(left)];
}

export function someLeaves(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => leafOf(`record ${i}\n`));
}

function join(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}
