/**
 * Fetches what a module version lacks and has each file judged. A file that fails verification is fetched once
 * more, from the next upstream first; failing again it goes to quarantine and is reported. Each file stands alone:
 * one that is missing holds nothing back but itself, and the go.mod that only its zip can judge.
 */
import { readFileSync, rmSync } from 'node:fs';
import { MirrorError, UpstreamError, VerificationError } from '../errors.ts';
import type { Content, ModuleFile, VerifiedArtifact } from '../gomod/artifact.ts';
import { synthesizedGoMod } from '../gomod/go-mod.ts';
import { type H1, hashGoMod } from '../gomod/h1.ts';
import { parseInfo } from '../gomod/info.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Pool } from '../site/pool.ts';
import type { Evidence } from '../site/quarantine.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { type ModulePlan, soleHash } from './plan.ts';
import { type Problem, problemOf } from './problem.ts';
import { verifyInfo, verifyMod, verifyModFromZip, verifyZip } from './verify.ts';
import { sourcesOf } from './wanted.ts';

export interface FetchDeps {
  readonly upstreams: Pick<Upstreams, 'info' | 'mod' | 'zip'>;
  readonly hasher: Pick<ZipHasher, 'check'>;
  readonly pool: Pool;
  /** Keeps a body that failed; answers with its path. */
  readonly quarantine: (evidence: Omit<Evidence, 'at'>, content: Content) => Promise<string>;
  readonly warn: (message: string) => void;
  /** Aborts what is under way. */
  readonly signal: AbortSignal;
}

export interface FetchResult {
  readonly artifacts: readonly VerifiedArtifact[];
  readonly problems: readonly Problem[];
}

/** A body as an upstream sent it, not yet believed. */
interface Suspect {
  readonly upstream: string;
  readonly content: Content;
}

interface Request {
  readonly signal: AbortSignal;
  readonly avoid?: string;
}

export async function fetchModule(plan: ModulePlan, deps: FetchDeps): Promise<FetchResult> {
  const { wanted } = plan;
  const artifacts: VerifiedArtifact[] = [];
  const problems: Problem[] = [];
  const attempt = async (file: ModuleFile, get: () => Promise<VerifiedArtifact>) => {
    if (!plan.fetch.includes(file)) return;
    try {
      artifacts.push(await get());
    } catch (error) {
      deps.signal.throwIfAborted();
      problems.push(problemOf(wanted.mv, file, error, sourcesOf(wanted, file)));
    }
  };
  const zip = new ZipJob(plan, deps);
  const settled = await Promise.allSettled([
    attempt('zip', () => zip.artifact()),
    attempt('mod', () => fetchMod(plan, zip, deps)),
    attempt('info', () => fetchInfo(wanted.mv, deps)),
  ]);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  return { artifacts, problems };
}

/** The zip of one module version, checked at most once, however many ask for it. */
class ZipJob {
  readonly #plan: ModulePlan;
  readonly #deps: FetchDeps;
  #result: Promise<{ artifact: VerifiedArtifact | undefined; goModH1: H1 | null }> | undefined;

  constructor(plan: ModulePlan, deps: FetchDeps) {
    this.#plan = plan;
    this.#deps = deps;
  }

  async artifact(): Promise<VerifiedArtifact> {
    const { artifact } = await this.#run();
    if (!artifact)
      throw new Error(`${formatModuleVersion(this.#plan.wanted.mv)}: the zip was not to be fetched`);
    return artifact;
  }

  /** What the `.mod` must hash to, by the verified zip; undefined where there is no such zip. */
  async modHash(): Promise<H1 | undefined> {
    const { mv } = this.#plan.wanted;
    if (!this.#plan.fetch.includes('zip') && !this.#plan.held.has('zip')) return undefined;
    try {
      const { goModH1 } = await this.#run();
      return goModH1 ?? hashGoMod(synthesizedGoMod(mv.path));
    } catch (error) {
      // The zip's own failure is reported where the zip is asked for; here it only means that nobody can judge.
      if (error instanceof MirrorError) return undefined;
      throw error;
    }
  }

  #run() {
    this.#result ??= this.#plan.fetch.includes('zip') ? this.#fetch() : this.#inspectHeld();
    return this.#result;
  }

  async #inspectHeld() {
    const { mv } = this.#plan.wanted;
    const facts = await this.#deps.hasher.check(this.#deps.pool.pathOf(mv, 'zip'), mv, this.#deps.signal);
    return { artifact: undefined, goModH1: facts.goModH1 };
  }

  async #fetch() {
    const { wanted } = this.#plan;
    const { mv } = wanted;
    const { hasher, pool, signal } = this.#deps;
    const expected = soleHash(wanted, 'zip');
    if (expected === undefined)
      throw new Error(`${formatModuleVersion(mv)}: a zip without a hash was planned`);
    let goModH1: H1 | null = null;
    const judge = async ({ upstream, content }: Suspect) => {
      const path = content.in === 'staging' ? content.path : pool.pathOf(mv, 'zip');
      const facts = await hasher.check(path, mv, signal);
      goModH1 = facts.goModH1;
      return verifyZip(mv, facts, expected, upstream, content);
    };
    const get = async (request: Request): Promise<Suspect> => {
      const path = pool.stagingPath();
      const { upstream } = await this.#deps.upstreams.zip(mv, path, request);
      return { upstream, content: { in: 'staging', path } };
    };
    const artifact = await adoptOrFetch(mv, 'zip', get, judge, this.#deps);
    return { artifact, goModH1 };
  }
}

async function fetchMod(plan: ModulePlan, zip: ZipJob, deps: FetchDeps): Promise<VerifiedArtifact> {
  const { mv } = plan.wanted;
  const expected = soleHash(plan.wanted, 'mod');
  const fromZip = expected === undefined ? await zip.modHash() : undefined;
  if (expected === undefined && fromZip === undefined) throw noHash(mv);
  const judge = async ({ upstream, content }: Suspect) => {
    const body = content.in === 'memory' ? content.bytes : readFileSync(deps.pool.pathOf(mv, 'mod'));
    if (expected !== undefined) return verifyMod(mv, body, expected, upstream, content);
    if (fromZip === undefined) throw noHash(mv);
    return verifyModFromZip(mv, body, fromZip, upstream, content);
  };
  const get = async (request: Request): Promise<Suspect> => {
    const { body, upstream } = await deps.upstreams.mod(mv, request);
    return { upstream, content: { in: 'memory', bytes: body } };
  };
  return adoptOrFetch(mv, 'mod', get, judge, deps);
}

async function fetchInfo(mv: ModuleVersion, deps: FetchDeps): Promise<VerifiedArtifact> {
  if (deps.pool.has(mv, 'info')) {
    const parsed = parseInfo(readFileSync(deps.pool.pathOf(mv, 'info'), 'utf8'), mv);
    if (parsed.ok) return verifyInfo(mv, parsed.info, 'pool');
  }
  const { info, upstream } = await deps.upstreams.info(mv, { signal: deps.signal });
  return verifyInfo(mv, info, upstream);
}

/** Takes in a pool file that the ledger does not know, if it proves good; else fetches, twice at most. */
async function adoptOrFetch(
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

async function fetchJudged(
  mv: ModuleVersion,
  file: ModuleFile,
  get: (request: Request) => Promise<Suspect>,
  judge: (suspect: Suspect) => Promise<VerifiedArtifact>,
  deps: FetchDeps,
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
  deps: FetchDeps,
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

function noHash(mv: ModuleVersion): NoHashError {
  const name = formatModuleVersion(mv);
  return new NoHashError(
    'NO_HASH',
    `${name}: mod: held back: no go.sum line gives its hash, and its zip is not verified`,
    {
      module: name,
    },
  );
}

class NoHashError extends MirrorError<'NO_HASH'> {}
