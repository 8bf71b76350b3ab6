/**
 * Deletes old snapshots. First the folder leaves `snapshots/` whole, so that a reader finds all of it or nothing; then
 * its row goes, then its files and the copy of what it says of itself. A crash in between leaves a row without a folder, which the next writer drops, or a
 * folder in staging, which the next run empties.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reached } from '../barrier.ts';
import { dropAboutCopy } from '../site/about-copy.ts';
import { syncFolder } from '../site/durable.ts';
import type { Layout } from '../site/layout.ts';
import type { Store } from '../store/store.ts';
import type { KnownSnapshot } from './known.ts';

/** What is kept: one that either rule keeps stays. At least one of them is given. */
export interface Keep {
  /** The newest so many. */
  readonly snapshots?: number | undefined;
  /** Those of the last so many days. */
  readonly days?: number | undefined;
}

const DAY = 86_400_000;

/** What goes, oldest first; never what is current or pinned. Pure. */
export function snapshotsToPrune(known: readonly KnownSnapshot[], keep: Keep, now: Date): KnownSnapshot[] {
  const newest = new Set(keep.snapshots === undefined ? [] : known.slice(-keep.snapshots));
  const since = keep.days === undefined ? undefined : now.getTime() - keep.days * DAY;
  const isYoung = ({ createdAt }: KnownSnapshot) => since !== undefined && Date.parse(createdAt) >= since;
  return known.filter((one) => !one.current && !one.pinned && !newest.has(one) && !isYoung(one));
}

export function removeSnapshot(layout: Layout, store: Store, { id, row }: KnownSnapshot): void {
  const doomed = join(layout.staging, `pruned-${id}`);
  rmSync(doomed, { recursive: true, force: true });
  renameSync(join(layout.snapshots, id), doomed);
  syncFolder(layout.snapshots);
  reached('prune moved the folder');
  if (row !== undefined) store.snapshots.drop(row.seq);
  reached('prune dropped the row');
  dropAboutCopy(layout, id);
  rmSync(doomed, { recursive: true });
}
