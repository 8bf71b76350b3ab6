/** The last part of a run: what of its results goes into a snapshot, and whether there is need of one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { type Layout, MANIFEST } from '../site/layout.ts';
import { type Pin, readManifest } from '../site/manifest.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import { type Ban, type Contents, disputedMembers, nextContents } from './contents.ts';
import type { ModulePlan } from './plan.ts';
import type { Problem } from './problem.ts';
import { type PublishDeps, publish } from './publish.ts';
import { type ModuleResult, sbomGaps } from './report.ts';
import type { RunLog } from './run-log.ts';
import type { SyncObserver } from './sync-deps.ts';

/** A run after its fetching. */
export interface FetchedRun {
  readonly results: readonly ModuleResult[];
  readonly problems: readonly Problem[];
  readonly current: SnapshotRow | undefined;
  /** Publish exactly what the seeds want. */
  readonly prune: boolean;
  readonly runLog: RunLog | undefined;
  readonly pins: readonly Pin[];
}

export interface PublishRunDeps extends Omit<PublishDeps, 'snapshots'> {
  readonly store: Store;
  readonly observer: SyncObserver;
  readonly log: { info(message: string): void; warn(message: string): void };
}

/** The pins of the current snapshot; none where there is none, or it cannot be read any more. */
export function pinsOfCurrent(layout: Layout, current: Pick<SnapshotRow, 'id'> | undefined): readonly Pin[] {
  if (current === undefined) return [];
  const root = join(layout.snapshots, current.id);
  return existsSync(join(root, MANIFEST)) ? (readManifest(root).manifest.pins ?? []) : [];
}

/** True where a new snapshot was published. */
export async function publishRun(run: FetchedRun, deps: PublishRunDeps): Promise<boolean> {
  const { results, current, prune, runLog } = run;
  const { store, observer } = deps;
  const ban: Ban = {
    contradicted: runLog?.contradicted() ?? new Set(),
    isHeldBack: (plan) => isHeldBack(plan, runLog),
  };
  if (!prune && current && isUpToDate(run, current, ban, store)) return false;
  const members = current ? [...store.snapshots.members(current.seq)] : [];
  const plans = results.map((result) => result.plan);
  const contents = nextContents(prune ? disputedMembers(members, plans) : members, plans, ban);
  if (contents.length === 0) return false;
  observer.publishing();
  const about = {
    gaps: sbomGaps(results),
    sumdb: sumdbOf(contents, run, deps),
    pins: run.pins.toSorted((a, b) => (a.seed < b.seed ? -1 : 1)),
  };
  return (await publish(contents, about, current, { ...deps, snapshots: store.snapshots })) !== undefined;
}

/** Nothing is published that the log should vouch for and does not, unless the configuration says so. */
function isHeldBack({ wanted, isLogged }: ModulePlan, runLog: RunLog | undefined): boolean {
  return isLogged && runLog?.session.onMissing === 'hold' && !runLog.isServed(wanted.mv);
}

/** Whether all that is held of what the seeds want is in the current snapshot already, and nothing has to leave it. */
function isUpToDate({ results, runLog }: FetchedRun, current: SnapshotRow, ban: Ban, store: Store): boolean {
  if (results.some(({ fetched }) => fetched)) return false;
  if (runLog && current.sumdb !== runLog.name && runLog.lacking(current).length === 0) return false;
  const members = new Set<string>();
  if (ban.contradicted.size > 0) {
    for (const { module, version } of store.snapshots.members(current.seq))
      members.add(`${module}@${version}`);
  }
  if (!ban.contradicted.isDisjointFrom(members)) return false;
  const unpublished = store.snapshots.unpublished(current.seq);
  if (unpublished.size === 0) return true;
  return results.every(
    ({ plan }) =>
      plan.held.keys().every((file) => !unpublished.has(`${formatModuleVersion(plan.wanted.mv)} ${file}`)) ||
      ban.isHeldBack(plan),
  );
}

/**
 * The log that the snapshot is to carry: only where every module version in it has its lookup. Without the log in this
 * run, what carried it before still does as long as that holds.
 */
function sumdbOf(
  contents: Contents,
  { runLog, current }: FetchedRun,
  { store, log }: PublishRunDeps,
): string | null {
  const name = runLog?.name ?? current?.sumdb ?? null;
  if (name === null) return null;
  const isServed = (mv: ModuleVersion) => (runLog ? runLog.isServed(mv) : store.log.isPublished(name, mv));
  const without = contents.filter(({ mv }) => !isServed(mv));
  const [first] = without;
  if (first === undefined) return name;
  const count = `${without.length} of its module versions, as ${formatModuleVersion(first.mv)},`;
  log.warn(`the snapshot carries no checksum database: ${count} have no lookup in ${name}`);
  return null;
}
