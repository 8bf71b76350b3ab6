/**
 * The hashes of one signed tree, read from tiles. Every tile is checked before anything is read from it: those of the
 * frontier together against the root, each other one against its entry in the tile above. Where bytes come from, a
 * server or a cache, makes no difference; only where to look next when they are wrong.
 * Source: golang.org/x/mod/sumdb/tlog, TileHashReader; advisory CVE-2026-56865.
 */
import { UpstreamError } from '../errors.ts';
import { SumDbError } from './errors.ts';
import { HASH_SIZE, rootOf } from './hash.ts';
import {
  entries,
  frontier,
  type HashPosition,
  locateHash,
  parentOf,
  TILE_WIDTH,
  type Tile,
  tileAt,
  tilePath,
} from './tile.ts';
import type { Tree } from './tree-head.ts';

/** Where tiles come from, and where they are kept. Paths are those of `tilePath`, below the base of the log. */
export interface TileSource {
  /** Asks the log. UpstreamError NOT_FOUND and REJECTED say that it has no such tile. */
  tile(path: string): Promise<Buffer>;
  /** A tile kept before, by this or an earlier client; undefined where there is none. It is checked again. */
  readTile(path: string): Promise<Buffer | undefined>;
  /** Given only tiles that are proved to be in a tree that belongs to the log's one history. May repeat. */
  keepTile(path: string, bytes: Buffer): Promise<void>;
}

/**
 * Tiles of records that stay in memory, 4 MiB: there is one for almost every record that is looked up. Those of higher
 * levels are few, in a log of a hundred million records 12 MiB, and all stay.
 */
const RECORD_TILES_IN_MEMORY = 512;

export class TreeReader {
  readonly #log: string;
  readonly #tree: Tree;
  readonly #source: TileSource;
  readonly #recordTiles = new Map<string, Promise<Buffer>>();
  readonly #upperTiles = new Map<string, Promise<Buffer>>();
  #frontier: Promise<ReadonlyMap<string, Buffer>> | undefined;
  /** Proved tiles that wait for `trust`. */
  #held: Map<string, Buffer> | undefined = new Map();

  /** `log` is the name in messages. */
  constructor(log: string, tree: Tree, source: TileSource) {
    this.#log = log;
    this.#tree = tree;
    this.#source = source;
  }

  /** From now on, and for what was read before, proved tiles are kept. Until then the tree may be a fork's. */
  async trust(): Promise<void> {
    const held = this.#held ?? new Map<string, Buffer>();
    this.#held = undefined;
    await Promise.all(Array.from(held, ([path, bytes]) => this.#source.keepTile(path, bytes)));
  }

  /** A proved hash. Throws like `tile`. */
  async hash(position: HashPosition): Promise<Buffer> {
    const { level, index, start, count } = locateHash(position);
    return rootOf(entries(await this.tile(level, index), start, count));
  }

  /**
   * The proved bytes of a tile, at its width in this tree. Calls at the same time share one fetch. Throws SumDbError
   * TILE_INVALID, and whatever the source throws; a failed call may be repeated.
   */
  tile(level: number, index: number): Promise<Buffer> {
    const tiles = level === 0 ? this.#recordTiles : this.#upperTiles;
    const key = `${level}/${index}`;
    const known = tiles.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(level, index).catch((error: unknown) => {
      tiles.delete(key);
      throw error;
    });
    tiles.set(key, loading);
    if (level === 0 && tiles.size > RECORD_TILES_IN_MEMORY) forgetOldest(tiles);
    return loading;
  }

  async #load(level: number, index: number): Promise<Buffer> {
    const tile = tileAt(this.#tree.size, level, index);
    if (tile === undefined) {
      const path = tilePath({ level, index, width: TILE_WIDTH });
      throw this.#invalid(`${path}: not in a tree of ${this.#tree.size} records`);
    }
    if (tile.width === TILE_WIDTH) return this.#loadFull(tile);
    // A tile that is not full is the last one of its level, and so in the frontier.
    const bytes = (await this.#loadFrontier()).get(tilePath(tile));
    if (bytes === undefined) throw new Error(`the frontier has no ${tilePath(tile)}`);
    return bytes;
  }

  async #loadFull(tile: Tile): Promise<Buffer> {
    const path = tilePath(tile);
    const parent = parentOf(tile);
    // Both at once: the parent is needed only for the check.
    const [above, kept] = await Promise.all([
      this.tile(parent.level, parent.index),
      this.#source.readTile(path),
    ]);
    const root = entries(above, parent.entry, 1);
    const isProved = (bytes: Buffer) => hasWidth(bytes, TILE_WIDTH) && rootOf(bytes).equals(root);
    if (kept !== undefined && isProved(kept)) return kept;
    const bytes = await this.#fetch(path, TILE_WIDTH);
    if (!isProved(bytes)) {
      const width = tileAt(this.#tree.size, parent.level, parent.index)?.width ?? TILE_WIDTH;
      const parentPath = tilePath({ ...parent, width });
      throw this.#invalid(`${path}: it does not hash to entry ${parent.entry} of ${parentPath}`);
    }
    await this.#keep(path, bytes);
    return bytes;
  }

  #loadFrontier(): Promise<ReadonlyMap<string, Buffer>> {
    this.#frontier ??= this.#proveFrontier().catch((error: unknown) => {
      this.#frontier = undefined;
      throw error;
    });
    return this.#frontier;
  }

  async #proveFrontier(): Promise<ReadonlyMap<string, Buffer>> {
    const tiles = frontier(this.#tree.size);
    const kept = await Promise.all(tiles.map((tile) => this.#readPartial(tile)));
    const mixed = await Promise.all(tiles.map((tile, i) => kept[i] ?? this.#fetchPartial(tile)));
    if (this.#isFrontier(mixed)) return this.#keepFrontier(tiles, mixed, kept);
    // A damaged cache must not stop the log.
    const isAllFetched = kept.every((bytes) => bytes === undefined);
    const fetched = isAllFetched ? mixed : await Promise.all(tiles.map((tile) => this.#fetchPartial(tile)));
    if (this.#isFrontier(fetched)) return this.#keepFrontier(tiles, fetched, []);
    const paths = tiles.map(tilePath).join(', ');
    throw this.#invalid(`${paths}: not the root of the tree head of ${this.#tree.size} records`);
  }

  /** Everything to the right of a level's last full tile counts as one more, smaller, subtree of the level. */
  #isFrontier(tiles: readonly Buffer[]): boolean {
    const root = tiles.reduce((below, tile) => rootOf(Buffer.concat([tile, below])), Buffer.alloc(0));
    return root.equals(this.#tree.root);
  }

  async #keepFrontier(
    tiles: readonly Tile[],
    proved: readonly Buffer[],
    kept: readonly (Buffer | undefined)[],
  ): Promise<ReadonlyMap<string, Buffer>> {
    const byPath = new Map(proved.map((bytes, i) => [pathAt(tiles, i), bytes]));
    const fresh = [...byPath].filter((_, i) => kept[i] === undefined);
    await Promise.all(fresh.map(([path, bytes]) => this.#keep(path, bytes)));
    return byPath;
  }

  /** Out of the cache: the tile itself, or the beginning of the full one that it has become since. */
  async #readPartial(tile: Tile): Promise<Buffer | undefined> {
    const exact = await this.#source.readTile(tilePath(tile));
    if (exact !== undefined && hasWidth(exact, tile.width)) return exact;
    const full = await this.#source.readTile(tilePath({ ...tile, width: TILE_WIDTH }));
    return full !== undefined && hasWidth(full, TILE_WIDTH) ? entries(full, 0, tile.width) : undefined;
  }

  /** A log may drop a tile that is not full once it has the full one, which begins with the same hashes. */
  async #fetchPartial(tile: Tile): Promise<Buffer> {
    try {
      return await this.#fetch(tilePath(tile), tile.width);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      const full = await this.#fetchIfPresent(tilePath({ ...tile, width: TILE_WIDTH }));
      if (full === undefined) throw error;
      return entries(full, 0, tile.width);
    }
  }

  async #fetchIfPresent(path: string): Promise<Buffer | undefined> {
    try {
      return await this.#fetch(path, TILE_WIDTH);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #fetch(path: string, width: number): Promise<Buffer> {
    const bytes = await this.#source.tile(path);
    if (hasWidth(bytes, width)) return bytes;
    throw this.#invalid(`${path}: ${bytes.length} bytes in place of ${width * HASH_SIZE}`);
  }

  async #keep(path: string, bytes: Buffer): Promise<void> {
    if (this.#held === undefined) await this.#source.keepTile(path, bytes);
    else this.#held.set(path, bytes);
  }

  #invalid(cause: string): SumDbError {
    return new SumDbError('TILE_INVALID', `${this.#log}: invalid tile: ${cause}`);
  }
}

function pathAt(tiles: readonly Tile[], i: number): string {
  const tile = tiles[i];
  return tile === undefined ? '' : tilePath(tile);
}

function hasWidth(bytes: Buffer, width: number): boolean {
  return bytes.length === width * HASH_SIZE;
}

function isAbsent(error: unknown): boolean {
  return error instanceof UpstreamError && (error.code === 'NOT_FOUND' || error.code === 'REJECTED');
}

function forgetOldest(tiles: Map<string, Promise<Buffer>>): void {
  const [oldest] = tiles.keys();
  if (oldest !== undefined) tiles.delete(oldest);
}
