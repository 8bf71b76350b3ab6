/**
 * Fetches what a module version lacks and has each file judged, by go.sum and by the log. Each file stands alone: one
 * that is missing holds nothing back but itself, and the go.mod that only its zip can judge.
 */
import { readFileSync } from 'node:fs';
import { UpstreamError } from '../errors.ts';
import {
  type Content,
  MODULE_FILES,
  type ModuleFile,
  type VerifiedArtifact,
  type WantedFile,
} from '../gomod/artifact.ts';
import { parseInfo } from '../gomod/info.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Pool } from '../site/pool.ts';
import type { Evidence } from '../site/quarantine.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { ZipJob } from './fetch-zip.ts';
import { adoptOrFetch, type Request, type Suspect } from './judged.ts';
import { Judgement } from './judgement.ts';
import type { LogSession, Proved } from './log-session.ts';
import type { ModulePlan } from './plan.ts';
import { HeldBackError, NoHashError, type Problem, type ProblemFile, problemOf } from './problem.ts';
import { verifyInfo, verifyMod, verifyModFromZip } from './verify.ts';
import { sourcesOf } from './wanted.ts';

export interface FetchDeps {
  readonly upstreams: Pick<Upstreams, 'info' | 'mod' | 'zip'>;
  readonly hasher: Pick<ZipHasher, 'check'>;
  readonly pool: Pool;
  /** Undefined where no log judges. */
  readonly log: Pick<LogSession, 'lookup' | 'name' | 'fileOf'> | undefined;
  /** Keeps a body that failed; answers with its path. */
  readonly quarantine: (evidence: Omit<Evidence, 'at'>, content: Content) => Promise<string>;
  readonly warn: (message: string) => void;
  readonly info: (message: string) => void;
  /** Aborts what is under way. */
  readonly signal: AbortSignal;
}

export interface FetchResult {
  readonly artifacts: readonly VerifiedArtifact[];
  /** Its record in the log, where it was looked up now. */
  readonly proved: Proved | undefined;
  /** What was asked for, successfully or not. */
  readonly tried: readonly WantedFile[];
  readonly problems: readonly Problem[];
}

export async function fetchModule(plan: ModulePlan, deps: FetchDeps): Promise<FetchResult> {
  const { wanted } = plan;
  const artifacts: VerifiedArtifact[] = [];
  const problems: Problem[] = [];
  const fail = (file: ProblemFile, error: unknown) => {
    deps.signal.throwIfAborted();
    // Who is wrong is known from the record, and said by the plan that knows it.
    if (error instanceof HeldBackError) return;
    const about = file === 'lookup' || file === 'tile' ? undefined : file;
    problems.push(problemOf(wanted.mv, file, error, sourcesOf(wanted, about)));
  };
  const attempt = async (file: ModuleFile, get: () => Promise<VerifiedArtifact>) => {
    if (!plan.fetch.includes(file)) return;
    try {
      artifacts.push(await get());
    } catch (error) {
      fail(file, error);
    }
  };
  const judgement = new Judgement(plan, deps.log, (error) =>
    fail(deps.log?.fileOf(error) ?? 'lookup', error),
  );
  const zip = new ZipJob(plan, judgement, deps);
  const mod = attempt('mod', () => fetchMod(plan, judgement, zip, deps));
  /** The log knows the version, and its go.mod is here: then it is there, whoever withholds its `.info`. */
  const isProved = async () => {
    await Promise.all([judgement.settled(), mod]);
    return judgement.isLogged && (plan.held.has('mod') || artifacts.some(({ file }) => file === 'mod'));
  };
  const settled = await Promise.allSettled([
    judgement.settled(),
    attempt('zip', () => zip.artifact()),
    mod,
    attempt('info', () => fetchInfo(wanted.mv, isProved, deps)),
  ]);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
  const tried: WantedFile[] = plan.lookup ? [...plan.fetch, 'lookup'] : [...plan.fetch];
  return { artifacts, proved: await judgement.settled(), tried, problems: problems.sort(byFile) };
}

const ORDER: readonly (ProblemFile | null)[] = [null, ...MODULE_FILES, 'lookup', 'tile'];

function byFile(a: Problem, b: Problem): number {
  return ORDER.indexOf(a.file) - ORDER.indexOf(b.file);
}

async function fetchMod(
  plan: ModulePlan,
  judgement: Judgement,
  zip: ZipJob,
  deps: FetchDeps,
): Promise<VerifiedArtifact> {
  const { mv } = plan.wanted;
  if (!judgement.hasLine('mod')) await judgement.settled();
  const fromZip =
    judgement.hasLine('mod') || (await judgement.expected('mod')) !== undefined
      ? undefined
      : ((await zip.modHash()) ?? noHash(mv));
  const judge = async ({ upstream, content }: Suspect) => {
    const body = content.in === 'memory' ? content.bytes : readFileSync(deps.pool.pathOf(mv, 'mod'));
    if (fromZip !== undefined) return verifyModFromZip(mv, body, fromZip, upstream, content);
    const expected = (await judgement.expected('mod')) ?? noHash(mv);
    return verifyMod(mv, body, { h1: expected, by: judgement.by }, upstream, content);
  };
  const get = async (request: Request): Promise<Suspect> => {
    const { body, upstream } = await deps.upstreams.mod(mv, request);
    return { upstream, content: { in: 'memory', bytes: body } };
  };
  return adoptOrFetch(mv, 'mod', get, judge, deps);
}

/** Where an upstream withholds the `.info` of what is proved otherwise, one of our own stands in: a client needs no more. */
async function fetchInfo(
  mv: ModuleVersion,
  isProved: () => Promise<boolean>,
  deps: FetchDeps,
): Promise<VerifiedArtifact> {
  if (deps.pool.has(mv, 'info')) {
    const parsed = parseInfo(readFileSync(deps.pool.pathOf(mv, 'info'), 'utf8'), mv);
    if (parsed.ok) return verifyInfo(mv, parsed.info, 'pool');
  }
  try {
    const { info, upstream } = await deps.upstreams.info(mv, { signal: deps.signal });
    return verifyInfo(mv, info, upstream);
  } catch (error) {
    const isWithheld =
      error instanceof UpstreamError && (error.code === 'NOT_FOUND' || error.code === 'REJECTED');
    if (!isWithheld || !(await isProved())) throw error;
    deps.info(`${error.message}: it is written here, without a time`);
    return verifyInfo(mv, { version: mv.version }, OWN);
  }
}

/** In place of an upstream's name. */
const OWN = 'modferry';

function noHash(mv: ModuleVersion): never {
  const name = formatModuleVersion(mv);
  throw new NoHashError(
    'NO_HASH',
    `${name}: mod: held back: no go.sum line gives its hash, and its zip is not verified`,
    { module: name },
  );
}
