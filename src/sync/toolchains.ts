/**
 * Which toolchains `from-seeds` means: exactly those that the main modules ask for; and where modules that are mirrored
 * need a newer Go than all of these, the newest patch release of that minor, as the go command would choose it.
 * Source: NewerToolchain in cmd/go/internal/toolchain.
 */
import { UpstreamError } from '../errors.ts';
import { compareGoVersions } from '../gomod/go-version.ts';
import {
  parseToolchainModule,
  REFERENCE_PLATFORM,
  TOOLCHAIN_MODULE,
  toolchainModule,
  toolchainOf,
} from '../gomod/toolchain.ts';
import type { Version } from '../gomod/version.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { Problem } from './problem.ts';
import type { ToolchainSeed } from './seed-specs.ts';
import { type Seed, wholeText } from './seed-texts.ts';

/** The least version of a minor release that will do. */
export interface NeededGo {
  /** As `1.27`. */
  readonly minor: string;
  /** As `go1.27.1`. */
  readonly least: string;
}

export class Toolchains {
  /** Names that are known to exist. */
  readonly #offered = new Set<string>();
  #needed: readonly NeededGo[] = [];

  /** `versions`: those of the toolchain module that the mirror has heard of. */
  constructor(versions: readonly string[]) {
    this.offer(versions);
  }

  /** More versions of the toolchain module, as an upstream lists them. */
  offer(versions: readonly string[]): void {
    for (const version of versions) {
      const named = parseToolchainModule({ path: TOOLCHAIN_MODULE, version: version as Version });
      if (named) this.#offered.add(named.name);
    }
  }

  /** What modules need, and nothing that is known gives. */
  get unmet(): readonly NeededGo[] {
    return this.#needed.filter((needed) => this.#newest(needed) === undefined);
  }

  /** Of the reference platform the `.info` is wanted whatever the platforms are. */
  seed({ source, name, platforms }: ToolchainSeed, seeds: readonly Seed[]): Seed {
    const names = name === 'from-seeds' ? this.#fromSeeds(seeds) : [name];
    const zips = names.flatMap((one) => platforms.map((platform) => toolchainModule(one, platform)));
    const infos = platforms.includes(REFERENCE_PLATFORM)
      ? []
      : names.map((one) => toolchainModule(one, REFERENCE_PLATFORM));
    const more = infos.length > 0 ? [wholeText(`${source} (info)`, infos, 'mod')] : [];
    return { source, texts: [wholeText(source, zips), ...more] };
  }

  #fromSeeds(seeds: readonly Seed[]): string[] {
    const lines = seeds.flatMap(({ root }) => {
      if (root === undefined) return [];
      const { roots, work } = root.input;
      return [...roots.map(({ goMod }) => goMod), ...(work ? [work] : [])];
    });
    const exact = lines.map(toolchainOf).filter((one) => one !== undefined);
    const highest = exact.reduce((most, one) => (isNewer(one, most) ? one : most), 'go1.20');
    const asked = seeds
      .flatMap(({ texts }) => texts)
      .map(({ go }) => toolchainOf({ go, toolchain: undefined }));
    this.#needed = leastOfMinors(asked.filter((one) => one !== undefined && isNewer(one, highest)));
    const newest = this.#needed.map((needed) => this.#newest(needed)).filter((one) => one !== undefined);
    return [...new Set([...exact, ...newest])].sort();
  }

  #newest({ minor, least }: NeededGo): string | undefined {
    const fitting = [...this.#offered].filter(
      (name) => name.startsWith(`go${minor}.`) && !isNewer(least, name),
    );
    return fitting.reduce<string | undefined>(
      (most, name) => (most === undefined || isNewer(name, most) ? name : most),
      undefined,
    );
  }
}

/** For each minor release the highest that is asked for. */
function leastOfMinors(names: readonly (string | undefined)[]): NeededGo[] {
  const least = new Map<string, string>();
  for (const name of names) {
    const minor = /^go(1\.\d+)/.exec(name ?? '')?.[1];
    if (name === undefined || minor === undefined) continue;
    const known = least.get(minor);
    if (known === undefined || isNewer(name, known)) least.set(minor, name);
  }
  return Array.from(least, ([minor, name]) => ({ minor, least: name }));
}

function isNewer(a: string, b: string): boolean {
  return compareGoVersions(a.slice(2), b.slice(2)) > 0;
}

/** Asks which toolchains there are; what is needed and not among them is a problem. */
export async function offerToolchains(
  toolchains: Toolchains,
  upstreams: Pick<Upstreams, 'list'>,
  signal: AbortSignal,
): Promise<Problem[]> {
  const problemOf = (code: string, reason: string): Problem[] =>
    toolchains.unmet.map(({ minor, least }) => ({
      module: TOOLCHAIN_MODULE,
      version: null,
      file: null,
      code,
      message: `toolchain from-seeds: modules need ${least} or a later patch of go${minor}: ${reason}`,
      sources: ['toolchain from-seeds'],
    }));
  try {
    toolchains.offer((await upstreams.list(TOOLCHAIN_MODULE, { signal })).versions);
    return problemOf('NOT_FOUND', 'the upstream lists none');
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UpstreamError)) throw error;
    return problemOf(error.code, error.message);
  }
}
