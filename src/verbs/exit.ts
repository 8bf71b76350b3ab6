/** The only place that knows exit codes. */
import type { MirrorError } from '../errors.ts';
import { isIntegrity } from '../sync/problem.ts';
import type { SyncReport } from '../sync/report.ts';

export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  incomplete: 3,
  integrity: 4,
  refused: 5,
  locked: 6,
  disk: 7,
  stale: 8,
  policy: 9,
  sigint: 130,
  sigterm: 143,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  LOCKED: EXIT.locked,
  WIPE_REFUSED: EXIT.refused,
  DISK_FULL: EXIT.disk,
  IO: EXIT.disk,
  CORRUPT: EXIT.disk,
  IMMUTABLE_MISMATCH: EXIT.integrity,
  HASH_MISMATCH: EXIT.integrity,
  ZIP_INVALID: EXIT.integrity,
  GOMOD_INVALID: EXIT.integrity,
  NOTE_INVALID: EXIT.integrity,
  RECORD_INVALID: EXIT.integrity,
  TILE_INVALID: EXIT.integrity,
  TREE_FORK: EXIT.integrity,
  HEAD_MISSING: EXIT.incomplete,
  INTERRUPTED: EXIT.sigint,
  BUG: EXIT.bug,
  NOT_FOUND: EXIT.incomplete,
  REJECTED: EXIT.incomplete,
  UNAVAILABLE: EXIT.incomplete,
  TRUNCATED: EXIT.incomplete,
  TOO_LARGE: EXIT.incomplete,
  BAD_INFO: EXIT.incomplete,
  BAD_CONTENT: EXIT.incomplete,
  PRIVATE: EXIT.incomplete,
};

/** Whatever has no code of its own above is something that a person wrote: usage, configuration, a seed. */
export function exitOfError(error: Pick<MirrorError, 'code'>): number {
  return BY_CODE[error.code] ?? EXIT.usage;
}

export function exitOfSync(report: SyncReport, signal: 'SIGINT' | 'SIGTERM' | undefined): number {
  if (report.outcome === 'interrupted') return exitOfSignal(signal);
  const problems = exitOfProblems(report.problems);
  if (report.error === undefined) return problems;
  const error = exitOfError(report.error);
  return error === EXIT.refused && problems === EXIT.integrity ? problems : error;
}

export function exitOfSignal(signal: 'SIGINT' | 'SIGTERM' | undefined): number {
  return signal === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint;
}

export function exitOfProblems(problems: SyncReport['problems']): number {
  if (problems.some(isIntegrity)) return EXIT.integrity;
  return problems.length > 0 ? EXIT.incomplete : EXIT.done;
}
