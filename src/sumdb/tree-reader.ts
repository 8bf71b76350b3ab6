/**
 * The hashes of one signed tree, read from tiles. Every tile is proved before anything is read from it: those of the
 * frontier together against the root, each other one against its entry in the tile above. Whether bytes come from a
 * server or a cache makes no difference, only where to look next when they are wrong.
 * Source: golang.org/x/mod/sumdb/tlog, TileHashReader; advisory CVE-2026-56865.
 */
import { SumDbError } from './errors.ts';
import { rootOf } from './hash.ts';
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
import { fetchTile, readKeptTile, type TileSource } from './tile-source.ts';
import type { Tree } from './tree-head.ts';

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
  /** Proved tiles that wait for `trust`; undefined once it was called. */
  #held: Map<string, Buffer> | undefined = new Map();

  /** `log` is the name in messages. */
  constructor(log: string, tree: Tree, source: TileSource) {
    this.#log = log;
    this.#tree = tree;
    this.#source = source;
  }

  /**
   * The tree belongs to the log's one history: tiles proved so far, and from now on, are handed to `keepTile`. Without
   * this nothing is kept, so that the tiles of a fork never get among the true ones.
   */
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
    const kept = await readKeptTile(this.#source, tile);
    const parent = parentOf(tile);
    // Both at once: what is fetched waits for its parent only to be proved.
    const [above, candidate] = await Promise.all([
      this.tile(parent.level, parent.index),
      kept ?? fetchTile(this.#source, this.#log, tile),
    ]);
    const root = entries(above, parent.entry, 1);
    if (rootOf(candidate).equals(root)) return kept ?? this.#keep(tile, candidate);
    // A damaged cache must not stop the log.
    const bytes = kept === undefined ? candidate : await fetchTile(this.#source, this.#log, tile);
    if (rootOf(bytes).equals(root)) return this.#keep(tile, bytes);
    const { width } = tileAt(this.#tree.size, parent.level, parent.index) ?? { width: TILE_WIDTH };
    const place = `entry ${parent.entry} of ${tilePath({ ...parent, width })}`;
    throw this.#invalid(`${tilePath(tile)}: it does not hash to ${place}`);
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
    const kept = await Promise.all(tiles.map((tile) => readKeptTile(this.#source, tile)));
    const fetchAll = (known: readonly (Buffer | undefined)[]) =>
      Promise.all(tiles.map((tile, i) => known[i] ?? fetchTile(this.#source, this.#log, tile)));
    const candidates = await fetchAll(kept);
    if (this.#isFrontier(candidates)) return this.#keepFrontier(tiles, candidates, kept);
    // Which of them is wrong cannot be told: if some came from a cache, it may be those.
    const isFresh = kept.every((bytes) => bytes === undefined);
    const fetched = isFresh ? candidates : await fetchAll([]);
    if (this.#isFrontier(fetched)) return this.#keepFrontier(tiles, fetched, []);
    const paths = tiles.map(tilePath).join(', ');
    throw this.#invalid(`${paths}: not the root of the tree head of ${this.#tree.size} records`);
  }

  /** What lies to the right of a level's last full tile counts as one more, smaller, subtree of the level above. */
  #isFrontier(tiles: readonly Buffer[]): boolean {
    const root = tiles.reduce((below, tile) => rootOf(Buffer.concat([tile, below])), Buffer.alloc(0));
    return root.equals(this.#tree.root);
  }

  async #keepFrontier(
    tiles: readonly Tile[],
    proved: readonly Buffer[],
    kept: readonly (Buffer | undefined)[],
  ): Promise<ReadonlyMap<string, Buffer>> {
    const named = proved.flatMap((bytes, i) => {
      const tile = tiles[i];
      return tile === undefined ? [] : [{ tile, bytes, isFresh: kept[i] === undefined }];
    });
    const fresh = named.filter(({ isFresh }) => isFresh);
    await Promise.all(fresh.map(({ tile, bytes }) => this.#keep(tile, bytes)));
    return new Map(named.map(({ tile, bytes }) => [tilePath(tile), bytes]));
  }

  async #keep(tile: Tile, bytes: Buffer): Promise<Buffer> {
    if (this.#held === undefined) await this.#source.keepTile(tilePath(tile), bytes);
    else this.#held.set(tilePath(tile), bytes);
    return bytes;
  }

  #invalid(cause: string): SumDbError {
    return new SumDbError('TILE_INVALID', `${this.#log}: invalid tile: ${cause}`);
  }
}

function forgetOldest(tiles: Map<string, Promise<Buffer>>): void {
  const [oldest] = tiles.keys();
  if (oldest !== undefined) tiles.delete(oldest);
}
