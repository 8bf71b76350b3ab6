/**
 * How a mirror stands, for monitoring: from the ledger's few newest rows and the folder itself, so that it may be asked
 * every few seconds. The seeds are not read again: their figures are those of the newest finished run.
 */
import { formatAge } from '../audit/age.ts';
import type { Config } from '../config/load.ts';
import type { MetricsState } from '../metrics/state.ts';
import { roomAt } from '../site/disk.ts';
import type { Layout } from '../site/layout.ts';
import { currentSnapshot, timeOfSnapshot } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';
import { readKept } from '../sync/kept-report.ts';
import { isIntegrity } from '../sync/problem.ts';
import { layoutOfConfig, withStore } from './context.ts';

export async function readMirrorState(config: Config, maxAge: number | undefined): Promise<MetricsState> {
  const layout = layoutOfConfig(config);
  const disk = await roomAt(layout.mirror);
  return withStore(config, async (store) => {
    const { seeds, problems } = readKept(store?.runs.lastFinished()?.report);
    return {
      ...lastRunOf(store),
      ...snapshotOf(layout, store),
      seeds: seeds.map(({ source, wanted, missing, accepted }) => {
        return { seed: source, wanted, present: wanted - missing - accepted, missing, accepted };
      }),
      problems: Object.entries(problems).map(([code, count]) => {
        return { code, kind: isIntegrity({ code }) ? 'integrity' : 'gap', count } as const;
      }),
      ...(disk === undefined ? {} : { disk }),
      ...(maxAge === undefined ? {} : { maxAge }),
    };
  });
}

function lastRunOf(store: Store | undefined): Pick<MetricsState, 'lastRun' | 'checkedAt'> {
  const last = store?.runs.last();
  const checkedAt = store?.runs.lastCompleted()?.finishedAt;
  if (last === undefined) return {};
  const { startedAt, finishedAt, outcome } = last;
  return {
    lastRun: {
      startedAt: new Date(startedAt),
      ...(finishedAt === null ? {} : { finishedAt: new Date(finishedAt) }),
      ...(outcome === null ? {} : { outcome }),
    },
    ...(checkedAt ? { checkedAt: new Date(checkedAt) } : {}),
  };
}

/** Where no ledger tells of it, its name still tells its time. */
function snapshotOf(layout: Layout, store: Store | undefined): Pick<MetricsState, 'snapshot'> {
  const id = currentSnapshot(layout);
  if (id === null) return {};
  const row = store?.snapshots.find(id);
  const createdAt = row ? new Date(row.createdAt) : timeOfSnapshot(id);
  if (createdAt === undefined) return {};
  return { snapshot: { id, createdAt, ...(row ? { modules: row.modules, bytes: row.bytes } : {}) } };
}

/**
 * Why clients should not rely on what is current: it is older than `maxAge` seconds allow. Where there is no ledger, as
 * on the far side of a gap, the age of the snapshot counts.
 */
export function whyNotReady(
  config: Config,
  maxAge: number | undefined,
  now = new Date(),
): Promise<string | undefined> {
  if (maxAge === undefined) return Promise.resolve(undefined);
  return withStore(config, async (store) => {
    const { snapshot, checkedAt } = { ...snapshotOf(layoutOfConfig(config), store), ...lastRunOf(store) };
    const [what, moment] = store ? ['last check', checkedAt] : ['current snapshot', snapshot?.createdAt];
    if (moment === undefined) return `stale: no ${what} is on record`;
    const age = (now.getTime() - moment.getTime()) / 1000;
    if (age <= maxAge) return undefined;
    return `stale: the ${what} is ${formatAge(age)} old, the limit is ${formatAge(maxAge)}`;
  });
}
