/**
 * Gets one file and has it judged. A file that fails verification is fetched once more, from the next upstream
 * first; failing again it is reported. Every body that failed is kept as evidence. Nothing is left in staging.
 */
import { rmSync } from 'node:fs';
import { UpstreamError, VerificationError } from '../errors.ts';
import type { Content, ModuleFile, VerifiedArtifact } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { FetchDeps } from './fetch.ts';

/** A body as an upstream sent it, not yet believed. */
export interface Suspect {
  readonly upstream: string;
  readonly content: Content;
}

export interface Request {
  readonly signal: AbortSignal;
  readonly avoid?: string;
}

/** Takes in a pool file that the ledger does not know, if it proves good; else fetches, twice at most. */
export async function adoptOrFetch(
  mv: ModuleVersion,
  file: ModuleFile,
  get: (request: Request) => Promise<Suspect>,
  judge: (suspect: Suspect) => Promise<VerifiedArtifact>,
  deps: FetchDeps,
): Promise<VerifiedArtifact> {
  if (deps.pool.has(mv, file)) {
    try {
      return await judge({ upstream: 'pool', content: { in: 'pool' } });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      deps.pool.drop(mv, file);
    }
  }
  return fetchJudged(mv, file, get, judge, deps);
}

type JudgeDeps = Pick<FetchDeps, 'quarantine' | 'warn' | 'signal'>;

/** Fetches, twice at most. */
export async function fetchJudged(
  mv: ModuleVersion,
  file: ModuleFile,
  get: (request: Request) => Promise<Suspect>,
  judge: (suspect: Suspect) => Promise<VerifiedArtifact>,
  deps: JudgeDeps,
): Promise<VerifiedArtifact> {
  const first = await get({ signal: deps.signal });
  try {
    return await judgeOrKeep(mv, file, first, judge, deps);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    deps.warn(`${error.message}: fetching once more`);
    const second = await getAgain(get, { signal: deps.signal, avoid: first.upstream }, error);
    return judgeOrKeep(mv, file, second, judge, deps);
  }
}

/** Where the second download fails, what stands is that the first one was false: never "not found". */
async function getAgain(
  get: (request: Request) => Promise<Suspect>,
  request: Request,
  verdict: VerificationError,
): Promise<Suspect> {
  try {
    return await get(request);
  } catch (error) {
    if (error instanceof UpstreamError) throw verdict;
    throw error;
  }
}

/** Leaves nothing in staging: the body becomes an artifact, evidence, or is removed. */
async function judgeOrKeep(
  mv: ModuleVersion,
  file: ModuleFile,
  suspect: Suspect,
  judge: (suspect: Suspect) => Promise<VerifiedArtifact>,
  deps: JudgeDeps,
): Promise<VerifiedArtifact> {
  try {
    return await judge(suspect);
  } catch (error) {
    const { content, upstream } = suspect;
    if (error instanceof VerificationError) {
      await deps.quarantine({ mv, file, code: error.code, message: error.message, upstream }, content);
    } else if (content.in === 'staging') {
      rmSync(content.path, { force: true });
    }
    throw error;
  }
}
