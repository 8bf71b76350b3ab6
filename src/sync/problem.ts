/** What a run could not do, as the report, the ledger and the exit code see it. */
import { MirrorError, UpstreamError, VerificationError } from '../errors.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';

export interface Problem {
  readonly module: string | null;
  readonly version: string | null;
  readonly file: ModuleFile | null;
  /** A code of `errors.ts`, or GOSUM_CONFLICT, NO_HASH, SEED_UNAVAILABLE. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** `<source>:<line>` of the go.sum lines that want the file. */
  readonly sources: readonly string[];
}

/** Somebody is lying or two sources disagree: never accepted, never retried into silence. */
const INTEGRITY = new Set(['HASH_MISMATCH', 'ZIP_INVALID', 'GOMOD_INVALID', 'GOSUM_CONFLICT']);

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

/** Turns what a module file failed with into a problem; what is not about the file (a bug, a full disk) is thrown on. */
export function problemOf(
  mv: ModuleVersion,
  file: ModuleFile,
  error: unknown,
  sources: readonly string[],
): Problem {
  const isOurs =
    error instanceof UpstreamError || error instanceof VerificationError || error instanceof NoHashError;
  if (!isOurs) throw error;
  const { code, message, hint } = error;
  return { module: mv.path, version: mv.version, file, code, message, ...(hint ? { hint } : {}), sources };
}
