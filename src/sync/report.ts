/** What a sync says of itself: the sync document of the command line's contract. */
import type { SbomGap } from '../sbom/metadata.ts';
import type { Outcome } from '../store/runs.ts';
import { isWholeModule, type ModulePlan, type Plan } from './plan.ts';
import { isIntegrity, type Problem } from './problem.ts';
import type { Seed } from './seed-texts.ts';

export interface ModuleCounts {
  /** Module versions that the seeds want; the sum of the other five. */
  readonly wanted: number;
  readonly present: number;
  readonly fetched: number;
  readonly missing: number;
  readonly mismatched: number;
  readonly accepted: number;
}

export interface SeedReport {
  readonly source: string;
  readonly wanted: number;
  /** Module versions that are not wholly held, accepted gaps left out. */
  readonly missing: number;
  readonly accepted: number;
  readonly complete: boolean;
}

export interface AcceptedGap extends Problem {
  readonly reason: string;
  /** The last day on which it is accepted, as 2027-06-30. */
  readonly until?: string;
}

export interface SyncReport {
  readonly outcome: Outcome;
  /** What is current afterwards; `path` is absolute. */
  readonly snapshot: { readonly id: string; readonly path: string; readonly previous: string | null } | null;
  readonly modules: ModuleCounts;
  readonly problems: readonly Problem[];
  /** Gaps that the configuration accepts, with its reason. */
  readonly acceptedGaps: readonly AcceptedGap[];
  readonly seeds: readonly SeedReport[];
  /** The name of the checksum database that what is current carries. */
  readonly sumdb: string | null;
  /** HTTP requests sent to upstreams, and the bytes that they brought. */
  readonly requests: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** How one wanted module version ended. */
export type ModuleState = 'present' | 'fetched' | 'missing' | 'mismatched' | 'accepted';

/** A module version after the run: its plan, brought up to date, with what failed. */
export interface ModuleResult {
  readonly plan: ModulePlan;
  readonly fetched: boolean;
  readonly problems: readonly Problem[];
}

/** What is known of each module version before anything was fetched. */
export function untouched({ modules }: Pick<Plan, 'modules'>): ModuleResult[] {
  return modules.map((plan) => ({ plan, fetched: false, problems: plan.problems }));
}

export function stateOf(result: ModuleResult): ModuleState {
  const { plan, problems } = result;
  if (problems.some(isIntegrity)) return 'mismatched';
  if (isWholeModule(plan)) return result.fetched ? 'fetched' : 'present';
  return plan.accepted ? 'accepted' : 'missing';
}

export function countModules(results: readonly ModuleResult[]): ModuleCounts {
  const counts = { wanted: results.length, present: 0, fetched: 0, missing: 0, mismatched: 0, accepted: 0 };
  for (const result of results) counts[stateOf(result)]++;
  return counts;
}

/** The problems that count, and the gaps that the configuration accepts. Integrity is never accepted. */
export function splitProblems(
  results: readonly ModuleResult[],
): Pick<SyncReport, 'problems' | 'acceptedGaps'> {
  const problems: Problem[] = [];
  const acceptedGaps: AcceptedGap[] = [];
  for (const { plan, problems: own } of results) {
    for (const problem of [...own, ...plan.acceptedGaps]) {
      if (plan.accepted && !isIntegrity(problem)) {
        const { reason, until } = plan.accepted;
        acceptedGaps.push({ ...problem, reason, ...(until === undefined ? {} : { until }) });
      } else problems.push(problem);
    }
  }
  return { problems, acceptedGaps };
}

/** What is not here, as the SBOM says it. */
export function sbomGaps(results: readonly ModuleResult[]): SbomGap[] {
  const { problems, acceptedGaps } = splitProblems(results);
  return [
    ...problems.map((problem) => ({ problem, accepted: false, reason: problem.code })),
    ...acceptedGaps.map((problem) => ({
      problem,
      accepted: true,
      reason: `${problem.code}: ${problem.reason}`,
    })),
  ].flatMap(({ problem: { module, version, file }, accepted, reason }) =>
    module === null || version === null ? [] : [{ module, version, file, reason, accepted }],
  );
}

export function reportSeeds(
  seeds: readonly Pick<Seed, 'source' | 'isInternal'>[],
  results: readonly ModuleResult[],
): SeedReport[] {
  const named = seeds.filter(({ isInternal }) => isInternal !== true);
  const counts = new Map(named.map(({ source }) => [source, { wanted: 0, missing: 0, accepted: 0 }]));
  for (const result of results) {
    const state = stateOf(result);
    for (const source of result.plan.wanted.seeds) {
      const count = counts.get(source);
      if (!count) continue;
      count.wanted++;
      if (state === 'missing' || (state === 'mismatched' && isWrongFor(source, result))) count.missing++;
      if (state === 'accepted') count.accepted++;
    }
  }
  return [...counts].map(([source, count]) => ({ source, ...count, complete: count.missing === 0 }));
}

/** Where the log has decided between two seeds, the one that is right lacks nothing. */
function isWrongFor(source: string, { plan, problems }: ModuleResult): boolean {
  if (!isWholeModule(plan)) return true;
  const sources = problems.filter(isIntegrity).flatMap((problem) => problem.sources);
  return sources.some((place) => place === source || place.startsWith(`${source}:`));
}
