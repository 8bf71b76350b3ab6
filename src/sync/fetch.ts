/**
 * Fetches what a module version lacks and has each file judged. Each file stands alone: one that is missing holds
 * nothing back but itself, and the go.mod that only its zip can judge.
 */
import { readFileSync } from 'node:fs';
import { type Content, MODULE_FILES, type ModuleFile, type VerifiedArtifact } from '../gomod/artifact.ts';
import { parseInfo } from '../gomod/info.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Pool } from '../site/pool.ts';
import type { Evidence } from '../site/quarantine.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { ZipJob } from './fetch-zip.ts';
import { adoptOrFetch, type Request, type Suspect } from './judged.ts';
import { type ModulePlan, soleHash } from './plan.ts';
import { NoHashError, type Problem, problemOf } from './problem.ts';
import { verifyInfo, verifyMod, verifyModFromZip } from './verify.ts';
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
  const order = (problem: Problem) => (problem.file === null ? -1 : MODULE_FILES.indexOf(problem.file));
  return { artifacts, problems: problems.sort((a, b) => order(a) - order(b)) };
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
