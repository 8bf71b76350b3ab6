/**
 * Which tiles a static mirror of the log must hold. The go command asks for exactly these: to prove a record, or a head
 * that it has met before, in the tree of the head that the lookups carry.
 */
import { column, frontier, type Tile, tilePath } from './tile.ts';

/** What counts of a tree head here. */
interface Sized {
  /** Records. */
  readonly size: number;
}

/**
 * The tiles for lookups of these records that are all published under `head`, without repetition, each after the
 * tiles that prove it. `earlier` are heads that clients may have from before: such a client first reads the frontier
 * of the tree that it knows, then proves that tree in the one of `head`. Heads that are not smaller than `head` ask for
 * nothing more.
 *
 * Tiles published before stay published: a client may also have kept lookups from then.
 */
export function tilesFor(head: Sized, ids: readonly number[], earlier: readonly Sized[]): Tile[] {
  const { size } = head;
  const before = earlier.filter((other) => other.size > 0 && other.size < size);
  const tiles = [
    ...frontier(size),
    ...ids.flatMap((id) => column(size, id)),
    ...before.flatMap((other) => earlierTiles(size, other.size)),
  ];
  const byPath = new Map(tiles.map((tile) => [tilePath(tile), tile]));
  return Array.from(byPath.values()).sort(
    (a, b) => b.level - a.level || a.index - b.index || a.width - b.width,
  );
}

/** The earlier root is made of hashes in the tiles of its frontier, which are wider now, or full. */
function earlierTiles(size: number, earlierSize: number): Tile[] {
  const edge = frontier(earlierSize);
  const lowest = edge[0]?.level ?? 0;
  return [...edge, ...column(size, earlierSize).filter(({ level }) => level >= lowest)];
}
