/**
 * Takes the published lookups of a checksum database into a ledger that has lost them. Each is proved again, by the
 * tiles that lie beside it; the log is not asked.
 */
import { hash } from 'node:crypto';
import { MirrorError } from '../errors.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { LogFolder } from '../site/log-folder.ts';
import type { LogRecords } from '../store/log-records.ts';
import type { SumDbClient } from '../sumdb/client.ts';
import { tilesFor } from '../sumdb/published-tiles.ts';
import { lookupPath, parseLookup } from '../sumdb/record.ts';
import { tilePath } from '../sumdb/tile.ts';
import { openTreeHead, type TreeHead } from '../sumdb/tree-head.ts';
import { knownHead, type LogSettings } from './log-session.ts';
import { localClient, publishedLookups } from './published-log.ts';

export interface RecoverLogDeps {
  readonly settings: Pick<LogSettings, 'name' | 'keys'>;
  readonly folder: LogFolder;
  readonly records: LogRecords;
  readonly now: () => Date;
  readonly warn: (message: string) => void;
}

/**
 * A lookup that does not prove itself is left out, and looked up again when it is wanted; where tiles are missing, all
 * lookups are published anew with the next one. Throws TreeForkError.
 */
export async function recoverLog(deps: RecoverLogDeps): Promise<void> {
  const { settings, folder, records, now, warn } = deps;
  const client = localClient(settings.keys, folder);
  const published: { readonly mv: ModuleVersion; readonly size: number }[] = [];
  const unknown = publishedLookups(folder).filter((mv) => !records.isPublished(settings.name, mv));
  for (const mv of unknown) {
    const found = await leftOut(warn, async () => {
      const { id, recordText: text, zipH1, modH1, head } = await client.lookup(mv);
      const carried = carriedHead(mv, deps);
      const record = { id, text, zipH1, modH1, provedSize: head.size };
      records.add(settings.name, [{ mv, record }], [head, carried].map(knownHead), now());
      return { mv, size: carried.size };
    });
    if (found) published.push(found);
  }
  if (published.length === 0 || !(await recoverTiles(client, deps))) return;
  for (const { mv, size } of published) records.markPublished(settings.name, [mv], size);
}

/** Whether all tiles that must lie there do. */
async function recoverTiles(
  client: SumDbClient,
  { settings, folder, records, warn }: RecoverLogDeps,
): Promise<boolean> {
  const { name } = settings;
  const head = await client.newestHead();
  const tiles = tilesFor(head, records.ids(name), records.heads(name));
  const found = new Map<string, string>();
  for (const tile of tiles) {
    const path = tilePath(tile);
    const bytes = await leftOut(warn, () => client.verifiedTile(tile));
    if (bytes && folder.read(path)?.equals(bytes)) found.set(path, hash('sha256', bytes));
  }
  records.addTiles(name, found);
  return found.size === tiles.length;
}

/** Undefined, and said, where what is published does not prove itself. */
async function leftOut<T>(warn: (message: string) => void, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MirrorError) || error.code === 'TREE_FORK') throw error;
    warn(`part of the published log is left out: ${error.message}`);
    return undefined;
  }
}

function carriedHead(mv: ModuleVersion, { folder, settings }: RecoverLogDeps): TreeHead {
  const body = folder.read(lookupPath(mv)) ?? Buffer.alloc(0);
  return openTreeHead(parseLookup(body).note, settings.keys);
}
