/**
 * A lost state database: what is left of it becomes evidence, and a new one learns all that is published. Nothing is
 * downloaded. A crash at any moment leaves snapshots that the database does not know, and with those it goes on.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { StateError } from '../errors.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import { syncFolder } from '../site/durable.ts';
import type { Layout } from '../site/layout.ts';
import { LogFolder } from '../site/log-folder.ts';
import type { Pool } from '../site/pool.ts';
import { stamp } from '../site/stamp.ts';
import type { Store } from '../store/store.ts';
import { adoptSnapshots, unknownSnapshots } from '../sync/adopt.ts';
import { recoverLog } from '../sync/recover-log.ts';
import type { LogClientDeps } from './log-client.ts';

/** What a database learned again. */
export interface Rebuilt {
  readonly snapshots: number;
  /** Files of modules. */
  readonly files: number;
  /** Of checksum databases. */
  readonly records: number;
}

export interface RebuildDeps {
  readonly layout: Layout;
  readonly store: Store;
  readonly pool: Pool;
  readonly hasher: Pick<ZipHasher, 'check'>;
  /** The published checksum databases, and the keys of those that are known. */
  readonly logs: ReadonlyMap<string, LogClientDeps['keys']>;
  readonly now: () => Date;
  readonly warn: (message: string) => void;
}

/** Moves it to quarantine with the files that SQLite keeps beside it; answers with its path below the mirror's folder. */
export function setDatabaseAside({ stateDb, quarantine, mirror }: Layout, now: Date): string {
  const name = `state.db.${stamp(now)}`;
  mkdirSync(quarantine, { recursive: true });
  for (const ending of ['', '-wal', '-shm']) {
    if (existsSync(stateDb + ending)) renameSync(stateDb + ending, join(quarantine, name + ending));
  }
  syncFolder(quarantine);
  syncFolder(mirror);
  return `quarantine/${name}`;
}

/** Logs first: with all snapshots known, nobody would see that records are not. */
export async function learnPublished(deps: RebuildDeps): Promise<Rebuilt> {
  const { layout, store, logs, now, warn } = deps;
  const unknown = unknownSnapshots(layout, store);
  if (unknown.length === 0) return { snapshots: 0, files: 0, records: 0 };
  let records = 0;
  for (const [name, keys] of logs) {
    const before = store.log.ids(name).length;
    const folder = new LogFolder(layout, name);
    await recoverLog({ settings: { name, keys }, folder, records: store.log, now, warn });
    records += store.log.ids(name).length - before;
  }
  const leftOut = (id: string, error: unknown) => {
    const why = error instanceof StateError ? error.message : String(error);
    warn(`snapshot ${id} is left out: ${why}`);
  };
  return { ...(await adoptSnapshots(unknown, deps, leftOut)), records };
}
