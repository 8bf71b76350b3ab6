/**
 * Brings a mirror's folders and its ledger to a known state before a run: nothing of an earlier run lies in
 * staging, and the ledger agrees with what is published. May run any number of times.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { SiteError, StateError } from '../errors.ts';
import { sweepAboutCopies } from '../site/about-copy.ts';
import { canRename, syncFolder } from '../site/durable.ts';
import { type Layout, SUMDB } from '../site/layout.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { SnapshotRow, Snapshots } from '../store/snapshots.ts';
import { type AdoptDeps, adoptSnapshots, unknownSnapshots } from './adopt.ts';

/** Makes the folders of a mirror, and refuses them where they cannot work together. */
export function makeFolders(layout: Layout): void {
  for (const folder of [layout.public, layout.snapshots, layout.pool, layout.staging]) {
    mkdirSync(folder, { recursive: true });
  }
  requireOneFileSystem(layout);
  const link = join(layout.public, SUMDB);
  if (link !== layout.sumdb) linkSharedLog(link, layout.sumdb);
}

/** What is finished in staging gets its name elsewhere by renaming: a copy would be seen before it is whole. */
function requireOneFileSystem({ mirror, staging, ...layout }: Layout): void {
  const log = layout.logStaging === staging ? [layout.sumdb] : [];
  for (const folder of [layout.pool, layout.public, layout.snapshots, layout.quarantine, ...log]) {
    if (!existsSync(folder) || canRename(staging, folder)) continue;
    throw new SiteError(
      'IO',
      `${folder}: cannot be on another file system, or mount, than ${staging}: what is finished there gets its name here by renaming`,
      {
        hint: `mount one file system for all of ${mirror}; a file server elsewhere gets a copy of public/, made by rsync -H`,
      },
    );
  }
}

/** Clients find a shared log where they find one of the mirror's own. */
function linkSharedLog(link: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() && resolve(dirname(link), readlinkSync(link)) === folder) return;
  if (there !== undefined) {
    throw new StateError('CORRUPT', `${link}: is in the way of the shared log in ${folder}`, {
      hint: `move what it holds into ${folder}, and remove it: nothing in a log may get lost`,
    });
  }
  symlinkSync(relative(dirname(link), folder), link);
  syncFolder(dirname(link));
}

/** What a crash left half done is worth nothing: whatever was finished is in the pool. */
export function emptyStaging(layout: Layout): void {
  for (const name of readdirSync(layout.staging))
    rmSync(join(layout.staging, name), { recursive: true, force: true });
}

/**
 * Rows of snapshots whose folder is not there: a crash before the folder got its name, or after it lost it again. The
 * one that is current stays, with its files: it was lost in another way, and a repair makes it again.
 */
export function dropLost(snapshots: Snapshots, layout: Layout, log: (message: string) => void): void {
  const newest = snapshots.newest();
  const current = currentSnapshot(layout);
  for (const { id, seq } of snapshots.all()) {
    if (existsSync(join(layout.snapshots, id)) || id === current) continue;
    const what = seq === newest?.seq ? 'was never published' : 'is there no more';
    log(`snapshot ${id} ${what}: its row is taken back`);
    snapshots.drop(seq);
  }
}

export interface Reconciled {
  /** The snapshot that is current, known to the ledger. */
  readonly current: SnapshotRow | undefined;
  /** The ledger had to learn of it, as after it was lost. */
  readonly isAdopted: boolean;
}

function lostCurrent({ current }: Layout, id: string): StateError {
  return new StateError('CORRUPT', `${current}: leads to the snapshot ${id}, which is not there`, {
    hint: 'run `modferry verify --repair`: it makes the snapshot again from what the mirror holds',
  });
}

export async function reconcile(deps: AdoptDeps, log: (message: string) => void): Promise<Reconciled> {
  const { store, layout } = deps;
  const id = currentSnapshot(layout);
  if (id !== null && !existsSync(join(layout.snapshots, id))) throw lostCurrent(layout, id);
  dropLost(store.snapshots, layout, log);
  sweepAboutCopies(layout, (other) => existsSync(join(layout.snapshots, other)));
  if (id === null) return { current: undefined, isAdopted: false };
  const known = store.snapshots.find(id);
  if (known) return { current: known, isAdopted: false };
  log(`the state database does not know the current snapshot ${id}: hashing it again, nothing is downloaded`);
  await adoptSnapshots(unknownSnapshots(layout, store), deps, (other, error) => {
    if (other === id) throw error;
    log(`snapshot ${other} is left out: ${error.message}`);
  });
  return { current: store.snapshots.find(id), isAdopted: true };
}
