/** How a run ends: what a failure means, and what the ledger keeps of it. */
import { reached } from '../barrier.ts';
import { asDiskError, MirrorError } from '../errors.ts';
import type { Outcome } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { keepReport } from './kept-report.ts';
import type { SeedReport, SyncReport } from './report.ts';
import type { Seeds } from './seeds.ts';

export type RunError = NonNullable<SyncReport['error']>;

interface Log {
  warn(message: string): void;
}

/** The outcome and the words for whatever ended a run early; a bug leaves its trace in the log. */
export function failureOf(error: unknown, mirror: string, log: Log): [Outcome, RunError] {
  const known = error instanceof MirrorError ? error : asDiskError(error, mirror);
  if (!known) {
    log.warn(`a bug: ${error instanceof Error ? error.stack : String(error)}`);
    return [
      'failed',
      { code: 'BUG', message: `a bug: ${error instanceof Error ? error.message : String(error)}` },
    ];
  }
  const { code, message, hint } = known;
  return [code === 'WIPE_REFUSED' ? 'refused' : 'failed', { code, message, ...(hint ? { hint } : {}) }];
}

/** Seeds of which nothing is known, not even what they want. */
export function unreadSeeds({ problems }: Seeds): SeedReport[] {
  const sources = problems.flatMap((problem) => problem.sources);
  return sources.map((source) => ({ source, wanted: 0, missing: 0, accepted: 0, complete: false }));
}

/** The database itself may be what failed: then the report still goes to the operator. */
export function recordRun(store: Store, run: number, report: SyncReport, at: Date, log: Log): void {
  const { outcome, snapshot, modules, requests, bytes, seconds, error } = report;
  const kept = { modules, ...keepReport(report), requests, bytes, seconds, ...(error ? { error } : {}) };
  reached('run not recorded');
  try {
    store.runs.finish(run, at, outcome, snapshot?.id ?? null, kept);
    store.runs.tidy();
  } catch (cause) {
    log.warn(`the run could not be recorded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
