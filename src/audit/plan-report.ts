/** `plan`: what a sync would fetch, and where go.sum files disagree. Changes nothing. */
import type { Config } from '../config/load.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import type { Store } from '../store/store.ts';
import { holdingsOf } from '../sync/holdings.ts';
import type { LogSettings } from '../sync/log-session.ts';
import { isWholeModule, NOTHING_HELD, planSync } from '../sync/plan.ts';
import type { Problem } from '../sync/problem.ts';
import { reportSeeds, type SeedReport, untouched } from '../sync/report.ts';
import { graphRulesOf } from '../sync/seed-graph.ts';
import type { Seeds } from '../sync/seeds.ts';
import { conflictsOf, mergeSeeds, refuseNothing } from '../sync/wanted.ts';
import { planLogOf, seedsOffline } from './seeds-offline.ts';

export interface PlanReport {
  /** Module versions. */
  readonly wanted: number;
  readonly present: number;
  readonly toFetch: number;
  /** Sum of the zips' sizes as upstreams announce them; with --sizes only. */
  readonly bytes?: number;
  /** Files whose size no upstream told; with --sizes only. */
  readonly unsized?: number;
  readonly conflicts: readonly {
    readonly module: string;
    readonly version: string;
    readonly file: ModuleFile;
    readonly hashes: readonly { readonly hash: string; readonly sources: readonly string[] }[];
  }[];
  /** Files that are disputed for another reason than a conflict, and seeds that cannot be read. */
  readonly problems: readonly Problem[];
  readonly seeds: readonly SeedReport[];
}

export interface PlanInput {
  readonly config: Config;
  readonly layout: Layout;
  readonly seeds: Seeds;
  readonly store: Store | undefined;
  /** The checksum database that judges. */
  readonly log: LogSettings | undefined;
  readonly now: Date;
}

/** `sizeOf` is asked for each zip that would be fetched; undefined where nobody tells. */
export async function reportPlan(
  { config, layout, seeds, store, log, now }: PlanInput,
  sizeOf?: (zips: readonly ModuleVersion[]) => Promise<readonly (number | undefined)[]>,
): Promise<PlanReport> {
  const all = seedsOffline(seeds, layout, store, graphRulesOf(config, log !== undefined));
  const rules = { accept: config.accept, now, log: planLogOf(log) };
  const wanted = mergeSeeds(all, rules.log?.isLogged);
  refuseNothing(wanted, seeds, config);
  const plan = planSync(wanted, store ? holdingsOf(store) : NOTHING_HELD, rules);
  const zips = plan.toFetch.filter(({ fetch }) => fetch.includes('zip')).map((module) => module.wanted.mv);
  const sizes = sizeOf && (await sizeOf(zips));
  const results = untouched(plan);
  const problems = results
    .flatMap((result) => result.problems)
    .filter(({ code }) => code !== 'GOSUM_CONFLICT');
  return {
    wanted: wanted.length,
    present: plan.modules.filter((module) => isWholeModule(module) && module.problems.length === 0).length,
    toFetch: plan.toFetch.length,
    ...(sizes
      ? {
          bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
          unsized: sizes.filter((size) => size === undefined).length,
        }
      : {}),
    conflicts: wanted.flatMap(conflictsOf).map(({ mv, file, hashes }) => ({
      module: mv.path,
      version: mv.version,
      file,
      hashes: [...hashes].map(([hash, sources]) => ({ hash, sources })),
    })),
    problems: [...seeds.problems, ...problems],
    seeds: reportSeeds(all, results),
  };
}
