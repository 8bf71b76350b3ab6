/**
 * Publishes what clients need of the checksum database: tiles, then lookups, then the head. Only what is new is
 * written: earlier lookups stay under their earlier heads, which the newest one is proved to begin with. May run any
 * number of times; a crash leaves a log that is whole as far as its lookups go.
 */
import { hash } from 'node:crypto';
import { reached } from '../barrier.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { LogFolder } from '../site/log-folder.ts';
import type { LogRecords } from '../store/log-records.ts';
import { tilesFor } from '../sumdb/published-tiles.ts';
import { lookupPath, recomposeLookup } from '../sumdb/record.ts';
import { type Tile, tilePath } from '../sumdb/tile.ts';
import { forEachBounded } from './bounded.ts';
import { knownHead, type LogSession } from './log-session.ts';

export interface PublishLogDeps {
  readonly session: LogSession;
  readonly folder: LogFolder;
  readonly records: LogRecords;
  readonly concurrency: number;
  readonly now: () => Date;
}

/** Records without a published lookup, and heads that clients have and nobody has published for yet. */
function unpublished({ session, records }: Pick<PublishLogDeps, 'session' | 'records'>) {
  const known = new Set(records.heads(session.name).map(({ note }) => note));
  const met = session.metHeads.filter(({ note }) => !known.has(note));
  return { pending: records.unpublished(session.name), met };
}

/** Whether there is anything to publish: most nights there is not. */
export function hasUnpublished(deps: Pick<PublishLogDeps, 'session' | 'records'>): boolean {
  const { pending, met } = unpublished(deps);
  return pending.length + met.length > 0;
}

/**
 * On return every known record has a published lookup, durable with all that proves it, also to clients that come with
 * a head that was met elsewhere. Throws like the session.
 */
export async function publishLog(deps: PublishLogDeps): Promise<void> {
  const { session, folder, records, now } = deps;
  const { name } = session;
  const { pending, met } = unpublished(deps);
  const head = await session.newestHead();
  // Before the first lookup that carries it: from then on some client may know it.
  records.addHeads(name, [head, ...met].map(knownHead), now());
  reached('log heads committed');
  const tiles = tilesFor(head, records.ids(name), records.heads(name));
  await publishTiles(tiles, deps);
  const lookups = pending.map(({ mv }) => lookupPath(mv));
  for (const { mv, record } of pending) {
    if (record.id >= head.size)
      throw new Error(`${formatModuleVersion(mv)}: its record is not in the newest tree`);
    folder.publishLookup(lookupPath(mv), recomposeLookup(record.id, record.text, head.note));
    reached('log lookup published');
  }
  await folder.makeDurable(lookups);
  reached('log lookups synced');
  await folder.publishHead(head.note);
  reached('log head published');
  records.markPublished(
    name,
    pending.map(({ mv }) => mv),
    head.size,
  );
}

/** A tile that the ledger knows lies there, proved and durable. */
async function publishTiles(
  tiles: readonly Tile[],
  { session, folder, records, concurrency }: PublishLogDeps,
): Promise<void> {
  const known = records.tiles(session.name);
  const missing = tiles.filter((tile) => !known.has(tilePath(tile)));
  const published = new Map<string, string>();
  await forEachBounded(missing, concurrency, async (tile) => {
    const bytes = await session.verifiedTile(tile);
    folder.publishTile(tilePath(tile), bytes);
    reached('log tile published');
    published.set(tilePath(tile), hash('sha256', bytes));
  });
  await folder.makeDurable(published.keys());
  reached('log tiles not committed');
  records.addTiles(session.name, published);
}
