/** `plan`: what a sync would fetch, and where go.sum files disagree. Changes nothing. */
import type { Config } from '../config/load.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { type Holdings, NOTHING_HELD, planSync } from '../sync/plan.ts';
import type { Problem } from '../sync/problem.ts';
import { reportSeeds, type SeedReport, untouched } from '../sync/report.ts';
import type { Seeds } from '../sync/seeds.ts';
import { conflictsOf, wantedBy } from '../sync/wanted.ts';

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

/** `sizeOf` is asked for each zip that would be fetched; undefined where nobody tells. */
export async function reportPlan(
  config: Config,
  seeds: Seeds,
  holdings: Holdings | undefined,
  now: Date,
  sizeOf?: (zips: readonly ModuleVersion[]) => Promise<readonly (number | undefined)[]>,
): Promise<PlanReport> {
  const wanted = wantedBy(seeds, config);
  const plan = planSync(wanted, holdings ?? NOTHING_HELD, config.accept, now);
  const zips = plan.toFetch.filter(({ fetch }) => fetch.includes('zip')).map((module) => module.wanted.mv);
  const sizes = sizeOf && (await sizeOf(zips));
  const results = untouched(plan);
  const problems = results
    .flatMap((result) => result.problems)
    .filter(({ code }) => code !== 'GOSUM_CONFLICT');
  return {
    wanted: wanted.length,
    present: plan.modules.filter(
      ({ fetch, problems, acceptedGaps }) => fetch.length + problems.length + acceptedGaps.length === 0,
    ).length,
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
    seeds: reportSeeds(seeds.seeds, results),
  };
}
