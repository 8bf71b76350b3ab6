/** What the ledger keeps of a run's report: enough to tell how the mirror stands without reading the seeds again. */
import type { Problem } from './problem.ts';
import type { SyncReport } from './report.ts';

export interface KeptReport {
  readonly seeds: SyncReport['seeds'];
  /** How many problems there were of each code. */
  readonly problems: Readonly<Record<string, number>>;
  /** The problems themselves, as many as are kept. */
  readonly found: readonly Problem[];
}

/** Problems of one run that the ledger keeps: a mass failure would fill it with the same words. */
const MOST_FOUND = 1000;

export function keepReport({ seeds, problems }: Pick<SyncReport, 'seeds' | 'problems'>): KeptReport {
  return { seeds, problems: countByCode(problems), found: problems.slice(0, MOST_FOUND) };
}

function countByCode(problems: readonly Pick<Problem, 'code'>[]): KeptReport['problems'] {
  const counts: Record<string, number> = {};
  for (const { code } of problems) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Runs of earlier versions kept neither seeds nor problems. */
export function readKept(json: string | null | undefined): KeptReport {
  const { seeds = [], problems = {}, found = [] } = JSON.parse(json ?? '{}') as Partial<KeptReport>;
  return { seeds, problems, found };
}
