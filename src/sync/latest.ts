/**
 * Which version a seed means that asks for the latest: the highest release that the upstream lists, else what its
 * `@latest` says, unless that version takes itself back. Where nobody answers, the version that the current snapshot
 * was made with stands in.
 */
import { UpstreamError } from '../errors.ts';
import { chooseLatest } from '../gomod/latest.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import { withVersion } from '../gomod/module-version.ts';
import { isPseudoVersion, isRelease, sortVersions, type Version } from '../gomod/version.ts';
import type { Pin } from '../site/manifest.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { forEachBounded } from './bounded.ts';
import type { Problem } from './problem.ts';
import type { ModuleSeed } from './seed-specs.ts';

export interface LatestDeps {
  readonly upstreams: Pick<Upstreams, 'list' | 'latest'>;
  /** Of the current snapshot. */
  readonly pins: readonly Pin[];
  readonly concurrency: number;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Versions that may be the latest, the highest first; at least one. Which of them it is its go.mod says. */
export type Candidates = readonly [Version, ...Version[]];

export interface FoundLatest {
  /** By the seed's source. */
  readonly candidates: ReadonlyMap<string, Candidates>;
  readonly problems: readonly Problem[];
}

/** One request for each seed, two where the list has no release. */
export async function findLatest(modules: readonly ModuleSeed[], deps: LatestDeps): Promise<FoundLatest> {
  const candidates = new Map<string, Candidates>();
  const problems: Problem[] = [];
  const asking = modules.filter(({ version }) => version === 'latest');
  await forEachBounded(asking, deps.concurrency, async (seed) => {
    try {
      candidates.set(seed.source, await candidatesOf(seed.path, deps));
    } catch (error) {
      deps.signal.throwIfAborted();
      if (!(error instanceof UpstreamError)) throw error;
      const earlier = pinsOf([seed], deps.pins).get(seed.source);
      if (earlier === undefined) problems.push(unknownLatest(seed, error));
      else {
        candidates.set(seed.source, earlier);
        deps.warn(`${seed.source}: using ${earlier[0]} as before: ${error.message}`);
      }
    }
  });
  return { candidates, problems };
}

/** What an earlier snapshot was made with. */
export function pinsOf(modules: readonly ModuleSeed[], pins: readonly Pin[]): Map<string, Candidates> {
  const found = new Map<string, Candidates>();
  for (const { source, path } of modules) {
    const pin = pins.find(({ seed }) => seed === source);
    if (pin !== undefined) found.set(source, [withVersion(path, pin.version).version]);
  }
  return found;
}

async function candidatesOf(path: ModulePath, { upstreams, signal }: LatestDeps): Promise<Candidates> {
  const listed = await listOrNothing(path, upstreams, signal);
  const highest = chooseLatest(listed);
  if (highest !== undefined && isRelease(highest)) return fromHighest(listed.filter(isRelease), highest);
  try {
    return [(await upstreams.latest(path, { signal })).info.version];
  } catch (error) {
    // Some upstreams have no `@latest` for a module whose list they know.
    if (error instanceof UpstreamError && highest !== undefined) return fromHighest(listed, highest);
    throw error;
  }
}

function fromHighest(versions: readonly Version[], highest: Version): Candidates {
  const others = sortVersions(versions.filter((version) => version !== highest && !isPseudoVersion(version)));
  return [highest, ...others.reverse()];
}

/** An upstream may know `@latest` alone. */
async function listOrNothing(
  path: ModulePath,
  upstreams: LatestDeps['upstreams'],
  signal: AbortSignal,
): Promise<readonly Version[]> {
  try {
    return (await upstreams.list(path, { signal })).versions;
  } catch (error) {
    if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

function unknownLatest({ source, path }: ModuleSeed, error: UpstreamError): Problem {
  const { code, message, hint } = error;
  const about = { module: path, version: null, file: null, sources: [source] };
  return { ...about, code, message: `${source}: ${message}`, ...(hint ? { hint } : {}) };
}
