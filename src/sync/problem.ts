/** What a run could not do, as the report, the ledger and the exit code see it. */
import { MirrorError, UpstreamError, VerificationError } from '../errors.ts';
import type { WantedFile } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { SumDbError } from '../sumdb/errors.ts';
import { TreeForkError } from '../sumdb/fork.ts';

export type ProblemFile = WantedFile | 'tile';

/**
 * Codes that only problems have: GOSUM_CONFLICT, go.sum files disagree. SUMDB_MISMATCH, the log contradicts a go.sum
 * line or what is held. NO_HASH, nobody can judge. SEED_UNAVAILABLE, what a seed wants is not known.
 */
export interface Problem {
  readonly module: string | null;
  readonly version: string | null;
  readonly file: ProblemFile | null;
  /** A code of `errors.ts` or `sumdb/errors.ts`, or one of those that only problems have. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** `<source>:<line>` of the go.sum lines that want the file. */
  readonly sources: readonly string[];
}

/** Somebody is lying or two sources disagree: never accepted, never retried into silence. */
const INTEGRITY = new Set([
  'HASH_MISMATCH',
  'ZIP_INVALID',
  'GOMOD_INVALID',
  'GOSUM_CONFLICT',
  'SUMDB_MISMATCH',
  'NOTE_INVALID',
  'RECORD_INVALID',
  'TILE_INVALID',
  'TREE_FORK',
]);

export function isIntegrity(problem: Pick<Problem, 'code'>): boolean {
  return INTEGRITY.has(problem.code);
}

/** An upstream's plain answer, which asking again tomorrow will most likely not change. */
const DEFINITE = new Set(['NOT_FOUND', 'REJECTED', 'TOO_LARGE', 'BAD_INFO', 'PRIVATE', 'NO_HASH']);

export function isDefinite(problem: Pick<Problem, 'code'>): boolean {
  return DEFINITE.has(problem.code);
}

/** Nobody can judge a file: no line gives its hash, and what could stand in for one is missing too. */
export class NoHashError extends MirrorError<'NO_HASH'> {}

/** Those who know contradict each other: the plan says who is wrong, and this only ends the work on the file. */
export class HeldBackError extends MirrorError<'HELD_BACK'> {}

/**
 * Turns what a module file failed with into a problem; what is not about the file (a bug, a full disk, a fork of the
 * log) is thrown on.
 */
export function problemOf(
  mv: ModuleVersion,
  file: ProblemFile,
  error: unknown,
  sources: readonly string[],
): Problem {
  const isOurs =
    error instanceof UpstreamError ||
    error instanceof VerificationError ||
    error instanceof NoHashError ||
    (error instanceof SumDbError && !(error instanceof TreeForkError));
  if (!isOurs) throw error;
  const { code, message, hint } = error;
  return { module: mv.path, version: mv.version, file, code, message, ...(hint ? { hint } : {}), sources };
}
