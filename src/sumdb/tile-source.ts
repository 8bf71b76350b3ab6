/**
 * Where tiles come from, and where they are kept. What these functions bring has the right length and nothing more is
 * known of it.
 */
import { UpstreamError } from '../errors.ts';
import { SumDbError } from './errors.ts';
import { HASH_SIZE } from './hash.ts';
import { entries, TILE_WIDTH, type Tile, tilePath } from './tile.ts';

/** Paths are those of `tilePath`, below the base of the log. Methods are called many at a time. */
export interface TileSource {
  /** Asks the log. UpstreamError NOT_FOUND and REJECTED say that it has no such tile. */
  tile(path: string): Promise<Buffer>;
  /** A tile kept before, by this or an earlier client; undefined where there is none. It is proved anew. */
  readTile(path: string): Promise<Buffer | undefined>;
  /** Takes a tile that is proved to be in a tree of the log's one history. May be called again with the same. */
  keepTile(path: string, bytes: Buffer): Promise<void>;
}

/**
 * Asks the log. It may have dropped a tile that is not full once it had the full one, which begins with the same
 * hashes. Throws SumDbError TILE_INVALID for a wrong length, and what the source throws. `log` is the name in messages.
 */
export async function fetchTile(source: TileSource, log: string, tile: Tile): Promise<Buffer> {
  try {
    return await fetchExactly(source, log, tile);
  } catch (error) {
    if (tile.width === TILE_WIDTH || !isAbsent(error)) throw error;
    const full = await fetchFull(source, log, tile);
    if (full === undefined) throw error;
    return entries(full, 0, tile.width);
  }
}

/** A tile kept before, or the beginning of the full one that it has become since. */
export async function readKeptTile(source: TileSource, tile: Tile): Promise<Buffer | undefined> {
  const exact = await source.readTile(tilePath(tile));
  if (exact?.length === tile.width * HASH_SIZE) return exact;
  if (tile.width === TILE_WIDTH) return undefined;
  const full = await source.readTile(tilePath({ ...tile, width: TILE_WIDTH }));
  return full?.length === TILE_WIDTH * HASH_SIZE ? entries(full, 0, tile.width) : undefined;
}

/** Undefined where the log has no such tile. */
async function fetchFull(source: TileSource, log: string, tile: Tile): Promise<Buffer | undefined> {
  try {
    return await fetchExactly(source, log, { ...tile, width: TILE_WIDTH });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function fetchExactly(source: TileSource, log: string, tile: Tile): Promise<Buffer> {
  const path = tilePath(tile);
  const bytes = await source.tile(path);
  const size = tile.width * HASH_SIZE;
  if (bytes.length === size) return bytes;
  const cause = `${path}: ${bytes.length} bytes in place of ${size}`;
  throw new SumDbError('TILE_INVALID', `${log}: invalid tile: ${cause}`);
}

function isAbsent(error: unknown): boolean {
  return error instanceof UpstreamError && (error.code === 'NOT_FOUND' || error.code === 'REJECTED');
}
