/**
 * `status`: what is current, how old, and for each seed whether a build from it works inside the gap. Judged by what
 * the current snapshot serves, not by what the pool holds. Never uses the network.
 */
import type { Config } from '../config/load.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import { type Holdings, type ModulePlan, NOTHING_HELD, planSync } from '../sync/plan.ts';
import { reportSeeds, type SeedReport, type SyncReport, splitProblems, untouched } from '../sync/report.ts';
import type { Seed, Seeds } from '../sync/seeds.ts';
import { mergeSeeds } from '../sync/wanted.ts';

export interface SeedStatus extends SeedReport {
  /** Whether `go build` and `go test` work: every zip and go.mod that the file names is served. */
  readonly builds: boolean;
  /** What is not served, as `module@version file`. */
  readonly lacking: readonly string[];
  /** Modules that the go.mod beside it requires and whose zip no line names: `go mod download` asks for them. */
  readonly downloadLacks: readonly string[];
}

export interface StatusReport {
  /** Id of the current snapshot. */
  readonly current: string | null;
  readonly publishedAt: string | null;
  readonly modules: number;
  readonly bytes: number;
  readonly seeds: readonly SeedStatus[];
  readonly acceptedGaps: SyncReport['acceptedGaps'];
  readonly lastRun: {
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly outcome: string | null;
  } | null;
  /** When a run last compared the seeds with what is current, and went through. */
  readonly checkedAt: string | null;
  /** Seconds since `checkedAt`. */
  readonly age: number | null;
  readonly maxAge?: number;
  readonly stale: boolean;
}

export interface StatusInput {
  readonly config: Config;
  readonly layout: Layout;
  readonly store: Store | undefined;
  readonly seeds: Seeds;
  readonly now: Date;
  /** Seconds. */
  readonly maxAge?: number | undefined;
}

export function reportStatus({ config, layout, store, seeds, now, maxAge }: StatusInput): StatusReport {
  const id = currentSnapshot(layout);
  const current = id === null ? undefined : store?.snapshots.find(id);
  const plan = planSync(mergeSeeds(seeds.seeds), servedBy(store, current), config.accept, now);
  const results = untouched(plan);
  const lastRun = store?.runs.last();
  const checkedAt = store?.runs.lastCompleted()?.finishedAt ?? null;
  const age = checkedAt === null ? null : Math.max(0, (now.getTime() - Date.parse(checkedAt)) / 1000);
  const reports = new Map(reportSeeds(seeds.seeds, results).map((report) => [report.source, report]));
  return {
    current: id,
    publishedAt: current?.createdAt ?? null,
    modules: current?.modules ?? 0,
    bytes: current?.bytes ?? 0,
    seeds: seeds.seeds.flatMap((seed) => {
      const report = reports.get(seed.source);
      return report ? [seedStatus(seed, report, plan.modules)] : [];
    }),
    acceptedGaps: splitProblems(results).acceptedGaps,
    lastRun: lastRun
      ? { startedAt: lastRun.startedAt, finishedAt: lastRun.finishedAt, outcome: lastRun.outcome }
      : null,
    checkedAt,
    age,
    ...(maxAge === undefined ? {} : { maxAge }),
    stale: maxAge !== undefined && (age === null || age > maxAge),
  };
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
  };
}

function seedStatus(seed: Seed, report: SeedReport, plans: readonly ModulePlan[]): SeedStatus {
  const lacking: string[] = [];
  const zips = new Set<string>();
  let builds = true;
  for (const { wanted, held } of plans) {
    const name = formatModuleVersion(wanted.mv);
    if (held.has('zip')) zips.add(name);
    if (!wanted.seeds.includes(seed.source)) continue;
    for (const file of ['zip', 'mod', 'info'] as const) {
      if (held.has(file) || (file === 'zip' && !wanted.zip)) continue;
      lacking.push(`${name} ${file}`);
      if (file !== 'info') builds = false;
    }
  }
  return { ...report, builds, lacking, downloadLacks: downloadLacks(seed, zips) };
}

/** A replaced requirement is asked for under its replacement, a local folder not at all. */
function downloadLacks({ goMod }: Seed, zips: ReadonlySet<string>): string[] {
  if (!goMod) return [];
  const names = goMod.require.map(({ mv }) => {
    const replaced = goMod.replace.find(
      ({ old }) => old.path === mv.path && (old.version ?? mv.version) === mv.version,
    );
    if (!replaced) return `${mv.path}@${mv.version}`;
    return replaced.by.kind === 'module' ? `${replaced.by.path}@${replaced.by.version}` : undefined;
  });
  return names.filter((name) => name !== undefined).filter((name) => !zips.has(name));
}
