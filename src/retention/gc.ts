/**
 * Removes from the pool what no snapshot needs. What a seed of the last runs wants stays too: it may only be waiting
 * to be published. A batch leaves the ledger first and then the disk, so the ledger never knows a file that is not
 * there; what a crash leaves in between is a file that nobody knows, and goes the next time.
 */
import { reached } from '../barrier.ts';
import { ModuleError } from '../errors.ts';
import { type ModuleFile, moduleFilePath, parseModuleFilePath } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import { type Pool, pooledFiles } from '../site/pool.ts';
import { snapshotFolders } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';
import { manifestOf } from './known.ts';

/** A file of the pool that goes: `path` is below `pool/`, `size` in bytes. */
export interface Garbage {
  readonly path: string;
  readonly size: number;
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  /** False: only the disk knows it, as after a crash. */
  readonly inLedger: boolean;
}

/** Files in one transaction: little enough for a disk with hardly any room. */
const BATCH = 256;

/** What would go, sorted by path. Changes nothing. */
export function findGarbage(layout: Layout, store: Store): Garbage[] {
  const listed = filesOfUnknownSnapshots(layout, store);
  const known = store.ledger
    .unneeded()
    .map((one) => ({ ...one, path: moduleFilePath(one.mv, one.file), inLedger: true }));
  const unknown = [...pooledFiles(layout)].flatMap(({ path, size }) => {
    const parsed = parsePath(path);
    if (parsed === undefined || store.ledger.held(parsed.mv).has(parsed.file)) return [];
    return store.ledger.isWanted(parsed.mv) ? [] : [{ ...parsed, path, size, inLedger: false }];
  });
  return [...known, ...unknown]
    .filter(({ path }) => !listed.has(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function removeGarbage(garbage: readonly Garbage[], pool: Pool, store: Store): void {
  for (let at = 0; at < garbage.length; at += BATCH) {
    const batch = garbage.slice(at, at + BATCH);
    store.ledger.forget(batch.filter(({ inLedger }) => inLedger));
    reached('gc forgot the files');
    for (const { mv, file } of batch) {
      pool.remove(mv, file);
      reached('gc removed a file');
    }
  }
}

/** Snapshots that the ledger has not heard of keep their files as well, by their manifests. */
function filesOfUnknownSnapshots(layout: Layout, store: Store): ReadonlySet<string> {
  const unknown = snapshotFolders(layout).filter((id) => store.snapshots.find(id) === undefined);
  return new Set(unknown.flatMap((id) => manifestOf(layout, id).files.map(({ path }) => path)));
}

/** Undefined for what is no file of a module: it is not ours to remove. */
function parsePath(path: string) {
  try {
    return parseModuleFilePath(path);
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}
