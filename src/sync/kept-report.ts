/** What the ledger keeps of a run's report: enough to tell how the mirror stands without reading the seeds again. */
import type { Problem } from './problem.ts';
import type { SyncReport } from './report.ts';

export interface KeptReport {
  readonly seeds: SyncReport['seeds'];
  /** How many problems there were of each code. */
  readonly problems: Readonly<Record<string, number>>;
}

export function countByCode(problems: readonly Pick<Problem, 'code'>[]): KeptReport['problems'] {
  const counts: Record<string, number> = {};
  for (const { code } of problems) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Runs of earlier versions kept neither seeds nor problems. */
export function readKept(json: string | null | undefined): KeptReport {
  const { seeds = [], problems = {} } = JSON.parse(json ?? '{}') as Partial<KeptReport>;
  return { seeds, problems };
}
