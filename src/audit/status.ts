/**
 * `status`: what is current, how old, and for each seed whether a build from it works inside the gap. Judged by what
 * the current snapshot serves, not by what the pool holds. Never uses the network.
 */
import type { Config } from '../config/load.ts';
import type { Layout } from '../site/layout.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { PastRun as PastRunRow } from '../store/runs.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import { unreadSeeds } from '../sync/conclude.ts';
import { readKept } from '../sync/kept-report.ts';
import type { LogSettings } from '../sync/log-session.ts';
import { type Holdings, NOTHING_HELD, planSync } from '../sync/plan.ts';
import { isIntegrity, type Problem } from '../sync/problem.ts';
import { reportSeeds, type SyncReport, splitProblems, untouched } from '../sync/report.ts';
import { graphRulesOf } from '../sync/seed-graph.ts';
import type { Seeds } from '../sync/seeds.ts';
import { mergeSeeds } from '../sync/wanted.ts';
import { openProblems } from './open-problems.ts';
import { type SeedStatus, seedStatus } from './seed-status.ts';
import { planLogOf, seedsOffline } from './seeds-offline.ts';

export interface StatusReport {
  /** Id of the current snapshot. */
  readonly current: string | null;
  readonly publishedAt: string | null;
  readonly modules: number;
  readonly bytes: number;
  readonly seeds: readonly SeedStatus[];
  /** The checksum database that the current snapshot carries, and the records in the tree of its newest head. */
  readonly sumdb: { readonly name: string; readonly size: number } | null;
  readonly acceptedGaps: SyncReport['acceptedGaps'];
  /** What the last run met and is not mended since, and disputes between the seeds. */
  readonly problems: readonly Problem[];
  readonly lastRun: PastRun | null;
  /** The newest runs, the newest first. */
  readonly history: readonly PastRun[];
  /** When a run last compared the seeds with what is current, and went through. */
  readonly checkedAt: string | null;
  /** Seconds since `checkedAt`. */
  readonly age: number | null;
  readonly maxAge?: number;
  readonly stale: boolean;
}

/** `outcome` and `finishedAt` are null while it goes on, and where it was killed. */
export interface PastRun {
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: string | null;
  /** What ended it early. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Runs that status tells of. */
const HISTORY = 60;

export interface StatusInput {
  readonly config: Config;
  readonly layout: Layout;
  readonly store: Store | undefined;
  readonly seeds: Seeds;
  /** The checksum database that judges. */
  readonly log: LogSettings | undefined;
  readonly now: Date;
  /** Seconds. */
  readonly maxAge?: number | undefined;
}

export function reportStatus(input: StatusInput): StatusReport {
  const { config, layout, store, seeds, log, now, maxAge } = input;
  const id = currentSnapshot(layout);
  const current = id === null ? undefined : store?.snapshots.find(id);
  const served = servedBy(store, current);
  const all = seedsOffline(seeds, layout, store, graphRulesOf(config, log !== undefined));
  const whole = seedsOffline(seeds, layout, store, { graph: 'selected', zips: 'graph' });
  const rules = { accept: config.accept, now, log: planLogOf(log) };
  const plan = planSync(mergeSeeds(all, rules.log?.isLogged), served, rules);
  const results = untouched(plan);
  const history = (store?.runs.history(HISTORY) ?? []).map(pastRun);
  const { acceptedGaps } = splitProblems(results);
  const found = readKept(store?.runs.lastFinished()?.report).found;
  const accepted = new Set(acceptedGaps.map(({ module, version }) => `${module}@${version}`));
  const checkedAt = store?.runs.lastCompleted()?.finishedAt ?? null;
  const age = checkedAt === null ? null : Math.max(0, (now.getTime() - Date.parse(checkedAt)) / 1000);
  const reports = new Map(reportSeeds(all, results).map((report) => [report.source, report]));
  return {
    current: id,
    publishedAt: current?.createdAt ?? null,
    modules: current?.modules ?? 0,
    bytes: current?.bytes ?? 0,
    seeds: [
      ...whole
        .filter(({ isInternal }) => isInternal !== true)
        .flatMap((seed) => {
          const report = reports.get(seed.source);
          return report ? [seedStatus(seed, report, served.held)] : [];
        }),
      ...unreadSeeds(seeds).map((seed) => ({
        ...seed,
        builds: false,
        lacking: [],
        downloadLacks: [],
        commands: [],
        warnings: [],
      })),
    ],
    sumdb: carriedLog(store, current),
    acceptedGaps,
    problems: openProblems(plan, found, served).filter(
      (problem) => isIntegrity(problem) || !accepted.has(`${problem.module}@${problem.version}`),
    ),
    lastRun: history[0] ?? null,
    history,
    checkedAt,
    age,
    ...(maxAge === undefined ? {} : { maxAge }),
    stale: maxAge !== undefined && (age === null || age > maxAge),
  };
}

function pastRun({ error, ...run }: PastRunRow): PastRun {
  return { ...run, error: error === null ? null : (JSON.parse(error) as PastRun['error']) };
}

/** What a client can get, in place of what the pool holds. */
function servedBy(store: Store | undefined, current: SnapshotRow | undefined): Holdings {
  if (!store || !current) return NOTHING_HELD;
  return {
    held: (mv) => {
      const held = store.ledger.held(mv);
      return new Map([...held].filter(([file]) => store.snapshots.holds(current.seq, mv, file)));
    },
    gaps: (mv) => store.ledger.gaps(mv),
    record: (log, mv) => {
      const record = current.sumdb === log ? store.log.find(log, mv) : undefined;
      return record?.publishedSize === null ? undefined : record;
    },
  };
}

function carriedLog(store: Store | undefined, current: SnapshotRow | undefined): StatusReport['sumdb'] {
  const name = current?.sumdb;
  if (!store || !name) return null;
  return { name, size: Math.max(0, ...store.log.heads(name).map(({ size }) => size)) };
}
