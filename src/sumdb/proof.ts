/**
 * Proofs about the tree: that it holds a record (an audit path), and that it begins with all of an earlier tree (a
 * consistency proof). They are made from hashes that someone reads for us, and checked against roots alone. What is
 * proved is worth as much as the roots and the hashes that go in.
 * Sources: RFC 6962 sections 2.1.1 and 2.1.2 for making, RFC 9162 sections 2.1.3.2 and 2.1.4.2 for checking.
 */
import { emptyRoot, nodeHash } from './hash.ts';
import type { HashPosition } from './tile.ts';
import type { Tree } from './tree-head.ts';

/** Reads the hash of a complete subtree. */
export type ReadHash = (position: HashPosition) => Promise<Buffer>;

/** Hashes of 32 bytes, the one next to the leaf first. */
export type Proof = readonly Buffer[];

/** The root over the first `size` records. */
export async function rootAt(size: number, read: ReadHash): Promise<Buffer> {
  return size === 0 ? emptyRoot() : rangeRoot({ from: 0, to: size }, read);
}

/** Proof that the tree of `size` records holds record `id`, which must be less than `size`. */
export async function proveRecord(size: number, id: number, read: ReadHash): Promise<Buffer[]> {
  return Promise.all(besideRecord({ from: 0, to: size }, id).map((range) => rangeRoot(range, read)));
}

/** Proof that the tree of `size` records begins with the tree of the first `earlier` ones, from 1 to `size`. */
export async function proveTree(size: number, earlier: number, read: ReadHash): Promise<Buffer[]> {
  return Promise.all(besideTree({ from: 0, to: size }, earlier).map((range) => rangeRoot(range, read)));
}

/** Whether `proof` shows that record `id` of `tree` has this leaf hash. */
export function isRecordProof(proof: Proof, tree: Tree, id: number, leaf: Buffer): boolean {
  if (id < 0 || id >= tree.size) return false;
  let climb: Climb = { node: id, last: tree.size - 1 };
  let root = leaf;
  for (const hash of proof) {
    if (climb.last === 0) return false;
    root = isRightChild(climb) ? nodeHash(hash, root) : nodeHash(root, hash);
    climb = above(climb);
  }
  return climb.last === 0 && root.equals(tree.root);
}

/** Whether `proof` shows that `newer` begins with all records of `older`, which holds at least one. */
export function isTreeProof(proof: Proof, newer: Tree, older: Tree): boolean {
  if (older.size < 1 || older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  let climb = aboveWhileRight({ node: older.size - 1, last: newer.size - 1 });
  // Where the earlier tree is one complete subtree, its root is the first hash, and goes without saying.
  const [first, ...rest] = climb.node === 0 ? [older.root, ...proof] : proof;
  if (first === undefined) return false;
  let oldRoot = first;
  let newRoot = first;
  for (const hash of rest) {
    if (climb.last === 0) return false;
    if (isRightChild(climb)) {
      oldRoot = nodeHash(hash, oldRoot);
      newRoot = nodeHash(hash, newRoot);
    } else newRoot = nodeHash(newRoot, hash);
    climb = above(climb);
  }
  return climb.last === 0 && oldRoot.equals(older.root) && newRoot.equals(newer.root);
}

/** Records from `from` until before `to`; `from` is a multiple of a power of two that is at least their number. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** A range of n records is the largest complete subtree in it, joined with the rest. */
async function rangeRoot(range: Range, read: ReadHash): Promise<Buffer> {
  const hashes = await Promise.all(completeSubtrees(range).map(read));
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The complete subtrees that make up a range, from left to right, each smaller than the one before. */
function completeSubtrees({ from, to }: Range): HashPosition[] {
  const positions: HashPosition[] = [];
  for (let start = from; start < to; ) {
    const height = floorLog2(to - start);
    positions.push({ height, index: start / 2 ** height });
    start += 2 ** height;
  }
  return positions;
}

function besideRecord({ from, to }: Range, id: number): Range[] {
  if (to - from === 1) return [];
  const middle = splitOf({ from, to });
  return id < middle
    ? [...besideRecord({ from, to: middle }, id), { from: middle, to }]
    : [...besideRecord({ from: middle, to }, id), { from, to: middle }];
}

function besideTree({ from, to }: Range, earlier: number): Range[] {
  // The whole earlier tree: its root is what the checker has. A later part of it must be given.
  if (to === earlier) return from === 0 ? [] : [{ from, to }];
  const middle = splitOf({ from, to });
  return earlier <= middle
    ? [...besideTree({ from, to: middle }, earlier), { from: middle, to }]
    : [...besideTree({ from: middle, to }, earlier), { from, to: middle }];
}

/** After the largest power of two of records that is less than all of them. */
function splitOf({ from, to }: Range): number {
  return from + 2 ** floorLog2(to - from - 1);
}

/** For 1 to 2^53 − 1. `Math.log2` would round up just below a power of two. */
function floorLog2(n: number): number {
  let log = 0;
  while (2 ** (log + 1) <= n) log++;
  return log;
}

/** The number of a node in its level on the way up, and that of the level's last node. */
interface Climb {
  readonly node: number;
  readonly last: number;
}

/** Whether the next hash of a proof comes from the left: the last node of a level may have nothing on its right. */
function isRightChild({ node, last }: Climb): boolean {
  return node % 2 === 1 || node === last;
}

/** One level up, and on past levels where the last node stands alone and just moves up. */
function above(climb: Climb): Climb {
  let at = climb;
  if (at.node === at.last) while (at.node % 2 === 0 && at.node !== 0) at = half(at);
  return half(at);
}

function aboveWhileRight(climb: Climb): Climb {
  let at = climb;
  while (at.node % 2 === 1) at = half(at);
  return at;
}

function half({ node, last }: Climb): Climb {
  return { node: Math.floor(node / 2), last: Math.floor(last / 2) };
}
