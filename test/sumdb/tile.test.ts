import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  column,
  frontier,
  locateHash,
  parentOf,
  parseTilePath,
  tileAt,
  tilePath,
} from '../../src/sumdb/tile.ts';
import { refusal } from './refusal.ts';

const N = 66_746_981;

describe('the worked example of 66,746,981 records', () => {
  it('has this frontier', () => {
    expect(frontier(N).map(tilePath)).toEqual([
      'tile/8/0/x260/730.p/101',
      'tile/8/1/x001/018.p/122',
      'tile/8/2/003.p/250',
      'tile/8/3/000.p/3',
    ]);
  });

  it('has record 24,955,599 in this column, in these entries', () => {
    expect(column(N, 24_955_599).map(tilePath)).toEqual([
      'tile/8/0/x097/482',
      'tile/8/1/380',
      'tile/8/2/001',
      'tile/8/3/000.p/3',
    ]);
    const entries = [0, 8, 16, 24].map((height) => {
      const { level, index, start, count } = locateHash({
        height,
        index: Math.floor(24_955_599 / 2 ** height),
      });
      return { level, index, start, count };
    });
    expect(entries).toEqual([
      { level: 0, index: 97_482, start: 207, count: 1 },
      { level: 1, index: 380, start: 202, count: 1 },
      { level: 2, index: 1, start: 124, count: 1 },
      { level: 3, index: 0, start: 1, count: 1 },
    ]);
  });

  it('proves each tile of that column by this entry above', () => {
    const above = column(N, 24_955_599).slice(0, 3).map(parentOf);
    expect(above).toEqual([
      { level: 1, index: 380, entry: 202 },
      { level: 2, index: 1, entry: 124 },
      { level: 3, index: 0, entry: 1 },
    ]);
  });
});

describe('frontier and column', () => {
  it.each([
    ['nothing', 0, []],
    ['one record', 1, ['tile/8/0/000.p/1']],
    ['a full tile, which is proved by the level above', 256, ['tile/8/1/000.p/1']],
    ['one more', 257, ['tile/8/0/001.p/1', 'tile/8/1/000.p/1']],
    ['a full tile of full tiles', 65_536, ['tile/8/2/000.p/1']],
    ['a level without a rest', 65_537, ['tile/8/0/256.p/1', 'tile/8/2/000.p/1']],
  ])('of %s', (_, size, paths) => {
    expect(frontier(size).map(tilePath)).toEqual(paths);
  });

  it('of a record at the edge leaves out the level that has no tile for it', () => {
    expect(column(65_546, 65_540).map(tilePath)).toEqual(['tile/8/0/256.p/10', 'tile/8/2/000.p/1']);
  });

  it('go up from a record of a random tree, each tile at its width in that tree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (size, seed) => {
        const id = seed % size;
        for (const tile of [...frontier(size), ...column(size, id)]) {
          expect(tileAt(size, tile.level, tile.index)).toEqual(tile);
        }
        expect(column(size, id).map(({ level, index }) => [level, index])).toEqual(
          plainColumn(size, id).map(({ level, index }) => [level, index]),
        );
      }),
    );
  });

  it('is exact far beyond 2^32 records', () => {
    const big = fc.integer({ min: 2 ** 32, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(big, big, (a, b) => {
        const [id, size] = a < b ? [a, b] : [b, a + 1];
        if (!Number.isSafeInteger(size)) return;
        expect(frontier(size)).toEqual(bigFrontier(BigInt(size)));
        expect(column(size, id)).toEqual(bigColumn(BigInt(size), BigInt(id)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([2 ** 31, 2 ** 32, 2 ** 33, 2 ** 40, 2 ** 48, 2 ** 53 - 1])('is exact around %d', (middle) => {
    for (const size of [middle - 1, middle, middle + 1].filter(Number.isSafeInteger)) {
      expect(frontier(size)).toEqual(bigFrontier(BigInt(size)));
      expect(column(size, size - 1)).toEqual(bigColumn(BigInt(size), BigInt(size - 1)));
    }
  });
});

describe('locateHash', () => {
  it('finds subtrees of any height in the tile that covers them, also beyond 2^32', () => {
    const heights = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(heights, fc.maxSafeNat(), (height, record) => {
        const index = Math.floor(record / 2 ** height);
        const level = Math.floor(height / 8);
        const first = BigInt(index) << BigInt(height % 8);
        expect(locateHash({ height, index })).toEqual({
          level,
          index: Number(first >> 8n),
          start: Number(first & 255n),
          count: 1 << (height % 8),
        });
      }),
    );
  });
});

describe('tilePath', () => {
  it.each([
    ['a small index in three digits', { level: 0, index: 7, width: 256 }, 'tile/8/0/007'],
    ['the last of three digits', { level: 1, index: 999, width: 255 }, 'tile/8/1/999.p/255'],
    ['six digits', { level: 0, index: 195_312, width: 101 }, 'tile/8/0/x195/312.p/101'],
    ['zeros in the groups', { level: 0, index: 1_000_000, width: 1 }, 'tile/8/0/x001/x000/000.p/1'],
    ['fifteen digits', { level: 0, index: 2 ** 45 - 1, width: 256 }, 'tile/8/0/x035/x184/x372/x088/831'],
  ])('writes %s, and reads it back', (_, tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it('is read back for every tile', () => {
    const tiles = fc.record({
      level: fc.nat(6),
      index: fc.nat(2 ** 31 - 1).map((n) => n * 2 ** 14),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual(tile);
      }),
    );
  });

  it.each([
    '',
    'tile/8/0/1',
    'tile/8/0/0001',
    'tile/8/0/x000/001',
    'tile/8/0/x001',
    'tile/8/0/001/002',
    'tile/8/0/001.p/0',
    'tile/8/0/001.p/01',
    'tile/8/0/001.p/256',
    'tile/8/0/001.p/300',
    'tile/8/0/001.p',
    'tile/8/00/001',
    'tile/8/-1/001',
    'tile/8/data/001',
    'tile/4/0/001',
    '/tile/8/0/001',
    'tile/8/0/001/',
    'tile/8/0/../001',
    'tile/8/0/x999/x999/x999/x999/x999/999',
  ])('refuses %j', (path) => {
    const shown = path === '' ? '""' : path;
    expect(refusal(() => parseTilePath(path))).toBe(`TILE_INVALID ${shown}: not the path of a tile`);
  });
});

/** By counting, without powers: how many tiles are before the record's at each level. */
function plainColumn(size: number, id: number): { level: number; index: number }[] {
  const tiles = [];
  for (let level = 0, width = size, at = id; width > 0; level++) {
    const index = Math.floor(at / 256);
    if (width > index * 256) tiles.push({ level, index });
    width = Math.floor(width / 256);
    at = index;
  }
  return tiles;
}

function bigFrontier(size: bigint): object[] {
  const tiles = [];
  for (let level = 0n; size >> (8n * level) > 0n; level++) {
    const width = (size >> (8n * level)) & 255n;
    const index = size >> (8n * (level + 1n));
    if (width > 0n) tiles.push({ level: Number(level), index: Number(index), width: Number(width) });
  }
  return tiles;
}

function bigColumn(size: bigint, id: bigint): object[] {
  const tiles = [];
  for (let level = 0n; size >> (8n * level) > 0n; level++) {
    const index = id >> (8n * (level + 1n));
    const rest = (size >> (8n * level)) - 256n * index;
    if (rest <= 0n) continue;
    tiles.push({ level: Number(level), index: Number(index), width: rest < 256n ? Number(rest) : 256 });
  }
  return tiles;
}
