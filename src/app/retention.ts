/** Builds what looks after old snapshots: listing, pinning, rolling back, pruning, and clearing the pool. */
import { type ContentsChange, changeOf } from '../retention/change.ts';
import { findGarbage, type Garbage, removeGarbage } from '../retention/gc.ts';
import { findSnapshot, type KnownSnapshot, knownSnapshots, manifestOf } from '../retention/known.ts';
import { pinSnapshot, unpinSnapshot } from '../retention/pin.ts';
import { type Keep, removeSnapshot, snapshotsToPrune } from '../retention/prune-snapshots.ts';
import { rollBackTo } from '../retention/rollback.ts';
import type { Layout } from '../site/layout.ts';
import type { ManifestModule } from '../site/manifest.ts';
import { Pool } from '../site/pool.ts';
import { keepReserve, makeRoom } from '../site/reserve.ts';
import { withLease } from '../store/lease.ts';
import { asStateError } from '../store/open.ts';
import { Store } from '../store/store.ts';
import { dropLost, emptyStaging, makeFolders } from '../sync/prepare.ts';
import { type AppContext, layoutOfConfig, withStore } from './context.ts';

export interface SnapshotDetails {
  readonly snapshot: KnownSnapshot;
  /** Against the one it was built on; undefined where that is gone. */
  readonly change: ContentsChange | undefined;
  readonly modules: readonly ManifestModule[];
}

export function listSnapshots({ config }: AppContext): Promise<KnownSnapshot[]> {
  return withStore(config, async (store) => knownSnapshots(layoutOfConfig(config), store));
}

export async function showSnapshot(context: AppContext, query: string): Promise<SnapshotDetails> {
  const layout = layoutOfConfig(context.config);
  const known = await listSnapshots(context);
  const snapshot = findSnapshot(known, query);
  const { modules, previous } = manifestOf(layout, snapshot.id);
  const isThere = known.some(({ id }) => id === previous);
  const before = previous !== null && isThere ? manifestOf(layout, previous).modules : undefined;
  return { snapshot, change: before && changeOf(before, modules), modules };
}

export function pin(context: AppContext, query: string, reason: string | null): Promise<KnownSnapshot> {
  return change(context, 'snapshots pin', async ({ layout, store }) => {
    const snapshot = findSnapshot(knownSnapshots(layout, store), query);
    pinSnapshot(layout, snapshot.id, { at: new Date().toISOString(), reason });
    return snapshot;
  });
}

/** `wasPinned` is false where there was nothing to do. */
export function unpin(
  context: AppContext,
  query: string,
): Promise<{ snapshot: KnownSnapshot; wasPinned: boolean }> {
  return change(context, 'snapshots unpin', async ({ layout, store }) => {
    const snapshot = findSnapshot(knownSnapshots(layout, store), query);
    return { snapshot, wasPinned: unpinSnapshot(layout, snapshot.id) };
  });
}

/** `from` is what was current before. */
export function rollBack(
  context: AppContext,
  query: string,
): Promise<{ snapshot: KnownSnapshot; from: string | null }> {
  return change(context, 'snapshots rollback', async ({ layout, store }) => {
    const known = knownSnapshots(layout, store);
    const snapshot = findSnapshot(known, query);
    const from = known.find(({ current }) => current)?.id ?? null;
    if (!snapshot.current) await rollBackTo(layout, snapshot);
    return { snapshot, from };
  });
}

/** Answers with what goes, or would go. */
export async function prune(context: AppContext, keep: Keep, dryRun: boolean): Promise<KnownSnapshot[]> {
  const choose = (layout: Layout, store: Store | undefined) =>
    snapshotsToPrune(knownSnapshots(layout, store), keep, new Date());
  if (dryRun) {
    const layout = layoutOfConfig(context.config);
    return withStore(context.config, async (store) => choose(layout, store));
  }
  return change(context, 'snapshots prune', async ({ layout, store }) => {
    const doomed = choose(layout, store);
    for (const snapshot of doomed) removeSnapshot(layout, store, snapshot);
    return doomed;
  });
}

/** Answers with what goes, or would go. */
export async function gc(context: AppContext, dryRun: boolean): Promise<Garbage[]> {
  const { config } = context;
  if (dryRun) {
    return withStore(config, async (store) =>
      store === undefined ? [] : findGarbage(layoutOfConfig(config), store),
    );
  }
  return change(context, 'gc', async ({ layout, store }) => {
    const garbage = findGarbage(layout, store);
    removeGarbage(garbage, new Pool(layout), store);
    return garbage;
  });
}

/**
 * Under the lease, with what a crash left behind out of the way. On a full disk the reserve is given up, so that there
 * is room for the ledger to write down what is removed; it is made anew where that has freed enough.
 */
async function change<T>(
  { config, log }: AppContext,
  verb: string,
  use: (mirror: { layout: Layout; store: Store }) => Promise<T>,
): Promise<T> {
  const layout = layoutOfConfig(config);
  const now = () => new Date();
  const warn = (message: string) => log.warn(message);
  makeFolders(layout);
  return withLease(layout.mirror, verb, now, warn, async () => {
    emptyStaging(layout);
    makeRoom(layout);
    const store = Store.forWriting(layout.stateDb, now);
    try {
      dropLost(store.snapshots, layout, warn);
      return await use({ layout, store });
    } catch (error) {
      throw asStateError(error, layout.stateDb);
    } finally {
      store.close();
      keepReserve(layout);
    }
  });
}
