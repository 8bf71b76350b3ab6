/**
 * Tiles: the log's hashes in files of up to 256. Tile (L, n) holds the hashes of the complete subtrees of 256^L records
 * from number 256·n on; level 0 holds the hashes of the records. Which tiles there are, and how wide, follows from the
 * size of the tree alone.
 *
 * Sizes go beyond 2^32, so there are no shifts here: division by a power of two is exact for every safe integer.
 * Source: golang.org/x/mod/sumdb/tlog, Tile; https://research.swtch.com/tlog#tiling_a_log.
 */
import { quote } from '../gomod/text.ts';
import { SumDbError } from './errors.ts';
import { HASH_SIZE } from './hash.ts';
import { parseDecimal } from './strict.ts';

export const TILE_HEIGHT = 8;
/** Hashes in a full tile. */
export const TILE_WIDTH = 256;

export interface Tile {
  /** From 0, the level of the records. */
  readonly level: number;
  /** Number within the level, from 0. */
  readonly index: number;
  /** Hashes in it: 1 to 256. */
  readonly width: number;
}

/** The root of the `index`-th complete subtree of 2^height records. */
export interface HashPosition {
  readonly height: number;
  readonly index: number;
}

const PATH = /^tile\/8\/([0-9])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** As `tile/8/0/x195/312.p/101`: the index in groups of three digits, the width where it is not full. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/8/${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The inverse; throws SumDbError TILE_INVALID for a path that `tilePath` does not make. */
export function parseTilePath(path: string): Tile {
  const [, level = '', name = '', width = String(TILE_WIDTH)] = PATH.exec(path) ?? [];
  const index = parseDecimal(name.replaceAll(/[x/]/g, '').replace(/^0+(?=.)/, ''));
  const tile = { level: Number(level), index: index ?? 0, width: Number(width) };
  if (index === undefined || tile.width < 1 || tile.width > TILE_WIDTH || tilePath(tile) !== path) {
    throw new SumDbError('TILE_INVALID', `${quote(path)}: not the path of a tile`);
  }
  return tile;
}

/** The tile as it is in a tree of `size` records; undefined where that tree has none of its hashes. */
export function tileAt(size: number, level: number, index: number): Tile | undefined {
  const width = Math.min(TILE_WIDTH, hashesAt(size, level) - TILE_WIDTH * index);
  return width > 0 ? { level, index, width } : undefined;
}

/**
 * The tiles that a root is computed from, lowest level first: at each level the one that is not full. A full tile is
 * not needed, since its own root is a hash of the level above.
 */
export function frontier(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; hashesAt(size, level) > 0; level++) {
    const width = hashesAt(size, level) % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: hashesAt(size, level + 1), width });
  }
  return tiles;
}

/** The tiles from record `id` up to the top of the tree, lowest level first: each is proved by the one after it. */
export function column(size: number, id: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; hashesAt(size, level) > 0; level++) {
    const tile = tileAt(size, level, hashesAt(id, level + 1));
    if (tile !== undefined) tiles.push(tile);
  }
  return tiles;
}

/** Where the tile above keeps the root of a full tile; `entry` counts from 0. */
export function parentOf({ level, index }: Tile): { level: number; index: number; entry: number } {
  return { level: level + 1, index: Math.floor(index / TILE_WIDTH), entry: index % TILE_WIDTH };
}

/** The tile that holds a hash: as the root over `count` of its entries from `start` on. */
export function locateHash({ height, index }: HashPosition): {
  readonly level: number;
  readonly index: number;
  readonly start: number;
  readonly count: number;
} {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = index * count;
  return { level, index: Math.floor(first / TILE_WIDTH), start: first % TILE_WIDTH, count };
}

/** `count` entries of a tile's bytes. */
export function entries(tile: Buffer, start: number, count: number): Buffer {
  return tile.subarray(start * HASH_SIZE, (start + count) * HASH_SIZE);
}

/** Hashes at a tile level in a tree of `size` records; also the number that record `size` falls under there. */
function hashesAt(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}
