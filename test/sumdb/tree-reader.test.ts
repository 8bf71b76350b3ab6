import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { column, frontier, parseTilePath, tilePath } from '../../src/sumdb/tile.ts';
import { TreeReader } from '../../src/sumdb/tree-reader.ts';
import { plainRoot, someLeaves } from './merkle.ts';

const leaves = someLeaves(5000);

/** Tiles by their definition, each hash computed from the records below it; every path asked for is noted. */
function plainSource(size: number) {
  const asked: string[] = [];
  const kept = new Map<string, Buffer>();
  const tile = async (path: string) => {
    asked.push(path);
    const { level, index, width } = parseTilePath(path);
    const span = 256 ** level;
    const starts = Array.from({ length: width }, (_, i) => (256 * index + i) * span);
    expect((starts.at(-1) ?? 0) + span).toBeLessThanOrEqual(size);
    return Buffer.concat(starts.map((start) => plainRoot(leaves.slice(start, start + span))));
  };
  const keepTile = async (path: string, bytes: Buffer) => void kept.set(path, bytes);
  return { asked, kept, tile, keepTile, readTile: async () => undefined };
}

describe('a tree of up to 5,000 records', () => {
  it('is proved from its frontier, and each record from its column, as the recursive definition has it', async () => {
    const sizes = fc.integer({ min: 1, max: leaves.length });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, seed) => {
        const id = seed % size;
        const source = plainSource(size);
        const tree = { size, root: plainRoot(leaves.slice(0, size)) };
        const reader = new TreeReader('log.example', tree, source);
        expect(await reader.hash({ height: 0, index: id })).toEqual(leaves[id]);
        const needed = new Set([...frontier(size), ...column(size, id)].map(tilePath));
        expect(source.asked.toSorted()).toEqual([...needed].toSorted());
        await reader.trust();
        expect([...source.kept.keys()].toSorted()).toEqual([...needed].toSorted());
      }),
      { numRuns: 150 },
    );
  });

  it('gives the root of every complete subtree', async () => {
    const size = 3000;
    const tree = { size, root: plainRoot(leaves.slice(0, size)) };
    const reader = new TreeReader('log.example', tree, plainSource(size));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 11 }), fc.nat(size - 1), async (height, record) => {
        const width = 2 ** height;
        const index = Math.floor(record / width);
        if ((index + 1) * width > size) return;
        const below = leaves.slice(index * width, (index + 1) * width);
        expect(await reader.hash({ height, index })).toEqual(plainRoot(below));
      }),
    );
  });
});

describe('a reader', () => {
  it('keeps nothing before its tree is trusted', async () => {
    const source = plainSource(1000);
    const reader = new TreeReader(
      'log.example',
      { size: 1000, root: plainRoot(leaves.slice(0, 1000)) },
      source,
    );
    await reader.tile(0, 1);
    expect(source.kept.size).toBe(0);
    await reader.trust();
    expect([...source.kept.keys()].toSorted()).toEqual([
      'tile/8/0/001',
      'tile/8/0/003.p/232',
      'tile/8/1/000.p/3',
    ]);
    await reader.tile(0, 2);
    expect(source.kept.has('tile/8/0/002')).toBe(true);
  });

  it('does not hold all tiles of records in memory, and asks again for those it let go', async () => {
    const size = 520 * 256;
    const many = Array.from({ length: 520 }, (_, i) => someTile(i));
    const roots = many.map((tile) => plainRoot(hashesOf(tile)));
    const asked: string[] = [];
    const reader = new TreeReader(
      'log.example',
      { size, root: plainRoot(roots) },
      {
        tile: async (path) => {
          asked.push(path);
          const { level, index, width } = parseTilePath(path);
          if (level === 0) return many[index] ?? Buffer.alloc(0);
          if (level === 1) return Buffer.concat(roots.slice(256 * index, 256 * index + width));
          return Buffer.concat([plainRoot(roots.slice(0, 256)), plainRoot(roots.slice(256, 512))]);
        },
        readTile: async () => undefined,
        keepTile: async () => {},
      },
    );
    for (let index = 0; index < 520; index++) await reader.tile(0, index);
    await reader.tile(0, 519);
    expect(asked.filter((path) => path === 'tile/8/0/519')).toHaveLength(1);
    await reader.tile(0, 0);
    expect(asked.filter((path) => path === 'tile/8/0/000')).toHaveLength(2);
    expect(asked.filter((path) => path.startsWith('tile/8/1/')).toSorted()).toEqual([
      'tile/8/1/000',
      'tile/8/1/001',
      'tile/8/1/002.p/8',
    ]);
  });
});

function someTile(seed: number): Buffer {
  return Buffer.alloc(8192, `tile ${seed} `);
}

function hashesOf(tile: Buffer): Buffer[] {
  return Array.from({ length: 256 }, (_, i) => tile.subarray(32 * i, 32 * i + 32));
}
