import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRoot, leafHash, nodeHash, rootOf } from '../../src/sumdb/hash.ts';
import { isRecordProof, isTreeProof, proveRecord, proveTree, rootAt } from '../../src/sumdb/proof.ts';
import type { HashPosition } from '../../src/sumdb/tile.ts';
import { leafOf, plainRecordProof, plainRoot, plainTreeProof, someLeaves } from './merkle.ts';

const leaves = someLeaves(300);
const sizes = fc.integer({ min: 1, max: leaves.length });
const pairs = fc
  .tuple(sizes, sizes)
  .map(([a, b]) => (a < b ? { older: a, newer: b } : { older: b, newer: a }));
const treeOf = (size: number) => ({ size, root: plainRoot(leaves.slice(0, size)) });

const read = async ({ height, index }: HashPosition) => {
  const width = 2 ** height;
  return plainRoot(leaves.slice(index * width, (index + 1) * width));
};

describe('the hashes', () => {
  it('are those of RFC 6962', () => {
    expect(emptyRoot()).toEqual(plainRoot([]));
    expect(leafHash('record 0\n')).toEqual(leafOf('record 0\n'));
    expect(nodeHash(leafOf('a'), leafOf('b'))).toEqual(plainRoot([leafOf('a'), leafOf('b')]));
  });

  it('of a row have the root that the recursive definition gives, and the row stays as it was', () => {
    for (let size = 1; size <= leaves.length; size++) {
      const row = Buffer.concat(leaves.slice(0, size));
      expect(rootOf(row)).toEqual(treeOf(size).root);
      expect(row).toEqual(Buffer.concat(leaves.slice(0, size)));
    }
  });

  it('of complete subtrees give the root at every size', async () => {
    expect(await rootAt(0, read)).toEqual(emptyRoot());
    for (let size = 1; size <= leaves.length; size++)
      expect(await rootAt(size, read)).toEqual(treeOf(size).root);
  });
});

describe('a record proof', () => {
  it('is that of the RFC, and convinces', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, seed) => {
        const id = seed % size;
        const proof = await proveRecord(size, id, read);
        expect(proof).toEqual(plainRecordProof(id, leaves.slice(0, size)));
        expect(isRecordProof(proof, treeOf(size), id, leaves[id] ?? emptyRoot())).toBe(true);
      }),
    );
  });

  it('does not convince of anything else', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, seed, otherSeed) => {
        const id = seed % size;
        const other = otherSeed % size;
        const leaf = leaves[id] ?? emptyRoot();
        const proof = await proveRecord(size, id, read);
        const tree = treeOf(size);
        if (other !== id) expect(isRecordProof(proof, tree, other, leaf)).toBe(false);
        expect(isRecordProof(proof, tree, id, leafOf('another record\n'))).toBe(false);
        expect(isRecordProof([...proof, leaf], tree, id, leaf)).toBe(false);
        expect(isRecordProof(proof, tree, size, leaf)).toBe(false);
        expect(isRecordProof(proof, tree, -1, leaf)).toBe(false);
        expect(isRecordProof(proof, { size, root: emptyRoot() }, id, leaf)).toBe(false);
        for (const wrong of mutations(proof)) expect(isRecordProof(wrong, tree, id, leaf)).toBe(false);
      }),
    );
  });
});

describe('a tree proof', () => {
  it('is that of the RFC, and convinces', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ({ older, newer }) => {
        const proof = await proveTree(newer, older, read);
        expect(proof).toEqual(plainTreeProof(older, leaves.slice(0, newer)));
        expect(isTreeProof(proof, treeOf(newer), treeOf(older))).toBe(true);
      }),
    );
  });

  it('does not convince of anything else', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ({ older, newer }) => {
        const proof = await proveTree(newer, older, read);
        const [before, after] = [treeOf(older), treeOf(newer)];
        const wrongRoot = leafOf('another root\n');
        expect(isTreeProof(proof, after, { size: older, root: wrongRoot })).toBe(false);
        expect(isTreeProof(proof, { size: newer, root: wrongRoot }, before)).toBe(false);
        expect(isTreeProof([...proof, wrongRoot], after, before)).toBe(false);
        if (older < newer) expect(isTreeProof(proof, before, after)).toBe(false);
        for (const wrong of mutations(proof)) expect(isTreeProof(wrong, after, before)).toBe(false);
      }),
    );
  });

  it('does not convince of a tree that would be higher, or lower, under the same root', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ({ older, newer }) => {
        if (older === newer) return;
        const proof = await proveTree(newer, older, read);
        const { root } = treeOf(newer);
        expect(isTreeProof(proof, { size: 4 * newer, root }, treeOf(older))).toBe(false);
        if (older <= newer / 4)
          expect(isTreeProof(proof, { size: older + 1, root }, treeOf(older))).toBe(false);
      }),
    );
  });

  it('is refused for a tree without records, which needs none', () => {
    expect(isTreeProof([], treeOf(5), { size: 0, root: emptyRoot() })).toBe(false);
  });
});

describe('beyond 2^32 records', () => {
  /** All subtrees of a height are equal in a log whose records are all equal. */
  const uniform = Array.from({ length: 54 }, () => leafOf('the same\n'));
  for (let height = 1; height < uniform.length; height++) {
    const below = uniform[height - 1] ?? emptyRoot();
    uniform[height] = nodeHash(below, below);
  }
  const readUniform = async ({ height }: HashPosition) => uniform[height] ?? emptyRoot();
  const big = fc.integer({ min: 2 ** 32, max: Number.MAX_SAFE_INTEGER });

  it('records are proved', async () => {
    await fc.assert(
      fc.asyncProperty(big, fc.maxSafeNat(), async (size, seed) => {
        const id = seed % size;
        const tree = { size, root: await rootAt(size, readUniform) };
        const proof = await proveRecord(size, id, readUniform);
        expect(isRecordProof(proof, tree, id, leafOf('the same\n'))).toBe(true);
        expect(isRecordProof(proof, tree, id, leafOf('another\n'))).toBe(false);
      }),
    );
  });

  it('trees are proved', async () => {
    await fc.assert(
      fc.asyncProperty(big, big, async (a, b) => {
        const [older, newer] = [Math.min(a, b), Math.max(a, b)];
        const before = { size: older, root: await rootAt(older, readUniform) };
        const after = { size: newer, root: await rootAt(newer, readUniform) };
        expect(isTreeProof(await proveTree(newer, older, readUniform), after, before)).toBe(true);
      }),
    );
  });
});

/** Each hash of a proof left out, doubled, or with a flipped bit. */
function mutations(proof: readonly Buffer[]): Buffer[][] {
  return proof.flatMap((hash, i) => {
    const flipped = Buffer.from(hash);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    return [proof.toSpliced(i, 1), proof.toSpliced(i, 0, hash), proof.toSpliced(i, 1, flipped)];
  });
}
