/**
 * Where the right bytes of a lost module file come from when no good copy lies anywhere: what follows from other files,
 * and only then an upstream. Whatever comes must have the SHA-256 that was published.
 */
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { VerificationError } from '../errors.ts';
import type { ModuleFile, VerifiedArtifact } from '../gomod/artifact.ts';
import { synthesizedGoMod } from '../gomod/go-mod.ts';
import { parseH1 } from '../gomod/h1.ts';
import { formatInfo, parseInfo } from '../gomod/info.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { readModuleZipEntries } from '../modzip/read-entries.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { ManifestFile } from '../site/manifest.ts';
import type { Pool } from '../site/pool.ts';
import type { FetchDeps } from '../sync/fetch.ts';
import { fetchJudged, type Request, type Suspect } from '../sync/judged.ts';
import { verifyInfo, verifyMod, verifyZip } from '../sync/verify.ts';
import type { Good } from './replace.ts';

export interface SourceDeps {
  readonly upstreams: FetchDeps['upstreams'];
  readonly hasher: Pick<ZipHasher, 'check'>;
  readonly pool: Pool;
  readonly quarantine: FetchDeps['quarantine'];
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Good bytes, and how they were come by. */
export interface Found {
  readonly good: Good;
  readonly done: string;
}

export type Listed = Pick<ManifestFile, 'sha256' | 'h1'>;

/** Bytes of a go.mod; Go itself reads no larger one. */
const MAX_MOD = 16 << 20;

/** Throws UpstreamError where it cannot be had, VerificationError where all that comes is something else. */
export async function sourceOf(
  mv: ModuleVersion,
  file: ModuleFile,
  listed: Listed,
  deps: SourceDeps,
): Promise<Found> {
  return derived(mv, file, listed, deps.pool) ?? fetched(mv, file, listed, deps);
}

/** An `.info` of ours says nothing but the version; a go.mod is in its zip, or made up where there is none. */
function derived(mv: ModuleVersion, file: ModuleFile, { sha256 }: Listed, pool: Pool): Found | undefined {
  const isRight = (bytes: Uint8Array | string) => hash('sha256', bytes) === sha256;
  if (file === 'info') {
    const bytes = formatInfo({ version: mv.version });
    return isRight(bytes) ? { good: { bytes }, done: 'written anew' } : undefined;
  }
  if (file !== 'mod') return undefined;
  const made = synthesizedGoMod(mv.path);
  if (isRight(made)) return { good: { bytes: made }, done: 'written anew' };
  const inZip = goModInZip(mv, pool);
  return inZip && isRight(inZip) ? { good: { bytes: inZip }, done: 'taken from its zip' } : undefined;
}

function goModInZip(mv: ModuleVersion, pool: Pool): Buffer | undefined {
  const path = pool.pathOf(mv, 'zip');
  if (!existsSync(path)) return undefined;
  try {
    return readModuleZipEntries(path, mv, (name) => name === 'go.mod', MAX_MOD)[0]?.content ?? undefined;
  } catch (error) {
    // The zip is damaged too: it is mended by itself.
    if (error instanceof VerificationError) return undefined;
    throw error;
  }
}

async function fetched(
  mv: ModuleVersion,
  file: ModuleFile,
  listed: Listed,
  deps: SourceDeps,
): Promise<Found> {
  const judge = async (suspect: Suspect) =>
    checkBytes(await checkFile(mv, file, suspect, listed, deps), listed);
  const artifact = await fetchJudged(mv, file, (request) => ask(mv, file, request, deps), judge, deps);
  return { good: goodOf(artifact), done: `fetched again from ${artifact.upstream}` };
}

function goodOf({ content }: VerifiedArtifact): Good {
  if (content.in === 'memory') return { bytes: content.bytes };
  if (content.in === 'staging') return { link: content.path };
  throw new Error('what was fetched is not in the pool yet');
}

/** An `.info` is written in our own form at once. */
async function ask(
  mv: ModuleVersion,
  file: ModuleFile,
  request: Request,
  deps: SourceDeps,
): Promise<Suspect> {
  const { upstreams, pool } = deps;
  if (file === 'zip') {
    const path = pool.stagingPath();
    const { upstream } = await upstreams.zip(mv, path, request);
    return { upstream, content: { in: 'staging', path } };
  }
  if (file === 'mod') {
    const { body, upstream } = await upstreams.mod(mv, request);
    return { upstream, content: { in: 'memory', bytes: body } };
  }
  const { info, upstream } = await upstreams.info(mv, request);
  return { upstream, content: { in: 'memory', bytes: Buffer.from(formatInfo(info)) } };
}

async function checkFile(
  mv: ModuleVersion,
  file: ModuleFile,
  { upstream, content }: Suspect,
  listed: Listed,
  { hasher, signal }: SourceDeps,
): Promise<VerifiedArtifact> {
  const expected = () => ({ h1: parseH1(listed.h1 ?? ''), by: 'the manifest' });
  if (content.in === 'staging') {
    return verifyZip(mv, await hasher.check(content.path, mv, signal), expected(), upstream, content);
  }
  if (content.in === 'pool') throw new Error('what was fetched is not in the pool yet');
  if (file === 'mod') return verifyMod(mv, content.bytes, expected(), upstream, content);
  const parsed = parseInfo(content.bytes.toString('utf8'), mv);
  if (!parsed.ok)
    throw new Error(`${formatModuleVersion(mv)}: an .info of ours cannot be read: ${parsed.reason}`);
  return verifyInfo(mv, parsed.info, upstream, content);
}

/** What is published never changes: the same module in another file does not do. */
function checkBytes(artifact: VerifiedArtifact, { sha256 }: Listed): VerifiedArtifact {
  if (artifact.sha256 === sha256) return artifact;
  const name = formatModuleVersion(artifact.mv);
  throw new VerificationError(
    'HASH_MISMATCH',
    `${name}: ${artifact.file}: is another file than the one that was published: ${sha256} was, ${artifact.upstream} sent ${artifact.sha256}`,
    { module: name },
  );
}
