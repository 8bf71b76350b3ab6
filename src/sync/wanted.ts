/**
 * Merges what all seeds say into what is wanted: each module version once, with every line that wants it, and every
 * hash that a line gives it. Two hashes for one file are a conflict, which only names the lines: who is right is not
 * decided here.
 */
import type { Config } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import { compareModuleVersions, formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Seed, SeedText, SeedWant } from './seed-texts.ts';
import type { Seeds } from './seeds.ts';

/** The files of which go.sum gives hashes. */
export type HashedFile = Exclude<ModuleFile, 'info'>;

/** The hashes that lines give a file, each with the `<source>:<line>` that say so. */
export type Hashes = ReadonlyMap<H1, readonly string[]>;

export interface WantedModule {
  readonly mv: ModuleVersion;
  /** Undefined where nobody wants the zip; empty where those who do give no hash: then only the log can judge it. */
  readonly zip: Hashes | undefined;
  /** Undefined for a zip-only line: the file is wanted, its hash is in no line. */
  readonly mod: Hashes | undefined;
  /** Who wants it and gives no hash: `<source>:<line>` of a go.mod, or a seed. */
  readonly unhashed: readonly string[];
  /** The sources that want it, each once, in the order of the seeds. */
  readonly seeds: readonly string[];
}

export interface Conflict {
  readonly mv: ModuleVersion;
  readonly file: HashedFile;
  readonly hashes: Hashes;
}

/** Whether the log can judge a module: it is asked, and the module may be named to it. */
export type IsLogged = (mv: ModuleVersion) => boolean;

export const NEVER_LOGGED: IsLogged = () => false;

interface Draft {
  mv: ModuleVersion;
  zip?: Map<H1, string[]>;
  mod?: Map<H1, string[]>;
  unhashed: string[];
  seeds: Set<string>;
}

/** Nothing at all is taken for a mistake, unless a seed could not be read, or is known only in the run's course. */
export function refuseNothing(
  wanted: readonly WantedModule[],
  { seeds, problems, modules, toolchains }: Omit<Seeds, 'saveCopies'>,
  config: Pick<Config, 'file'>,
): void {
  if (wanted.length + problems.length + modules.length + toolchains.length > 0) return;
  const names = seeds.map((seed) => seed.source).join(', ');
  throw new ConfigError(
    'NOTHING_WANTED',
    `${config.file}: seeds: no module version is wanted: ${names} name none`,
    {
      hint: 'an empty list is taken for a mistake, never for a wish to mirror nothing',
    },
  );
}

/**
 * Sorted by module in byte order, then by version. What a go.mod requires and no go.sum line names is wanted only where
 * the log can judge it.
 */
export function mergeSeeds(seeds: readonly Seed[], isLogged: IsLogged = NEVER_LOGGED): WantedModule[] {
  const drafts = new Map<string, Draft>();
  for (const seed of seeds) {
    for (const text of seed.texts) {
      if (text.kind === 'required' || text.kind === 'graph') addRequired(drafts, seed, text, isLogged);
      else for (const want of text.wants) addWant(drafts, seed, text.source, want);
    }
  }
  return [...drafts.values()]
    .map(({ mv, zip, mod, unhashed, seeds }) => ({ mv, zip, mod, unhashed, seeds: [...seeds] }))
    .sort((a, b) => compareModuleVersions(a.mv, b.mv));
}

function addWant(drafts: Map<string, Draft>, seed: Seed, source: string, want: SeedWant): void {
  const { mv, file, h1, line } = want;
  const draft = draftFor(drafts, mv);
  draft.seeds.add(seed.source);
  const place = line === 0 ? source : `${source}:${line}`;
  if (h1 === undefined) {
    if (file === 'zip') draft.zip ??= new Map<H1, string[]>();
    draft.unhashed.push(place);
    return;
  }
  draft[file] ??= new Map<H1, string[]>();
  const places = draft[file]?.get(h1);
  if (places) places.push(place);
  else draft[file]?.set(h1, [place]);
}

/** What a line of the same seed names already is no news. */
function addRequired(drafts: Map<string, Draft>, seed: Seed, text: SeedText, isLogged: IsLogged): void {
  for (const want of text.wants) {
    const known = drafts.get(formatModuleVersion(want.mv));
    const isNamed = known !== undefined && (seed.isInternal === true || known.seeds.has(seed.source));
    const isListed = isNamed && (want.file === 'mod' || (known.zip?.size ?? 0) > 0);
    if (!isListed && isLogged(want.mv)) addWant(drafts, seed, text.source, want);
  }
}

/** The files of a module version that the mirror must hold for it to be complete. */
export function wantedFiles(wanted: Pick<WantedModule, 'zip'>): ModuleFile[] {
  return wanted.zip ? ['info', 'mod', 'zip'] : ['info', 'mod'];
}

export function conflictsOf(wanted: WantedModule): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const file of ['zip', 'mod'] as const) {
    const hashes = wanted[file];
    if (hashes && hashes.size > 1) conflicts.push({ mv: wanted.mv, file, hashes });
  }
  return conflicts;
}

/** Who wants the module version, or speaks of one file of it. */
export function sourcesOf(wanted: WantedModule, file?: ModuleFile): string[] {
  const hashes = file === 'zip' ? [wanted.zip] : file === 'mod' ? [wanted.mod] : [wanted.zip, wanted.mod];
  const lines = hashes.flatMap((map) => (map ? [...map.values()].flat() : []));
  if (file === undefined || file === 'info') return [...lines, ...wanted.unhashed];
  if (lines.length > 0) return lines;
  return wanted.unhashed.length > 0 ? [...wanted.unhashed] : sourcesOf(wanted);
}

function draftFor(drafts: Map<string, Draft>, mv: ModuleVersion): Draft {
  const key = formatModuleVersion(mv);
  const known = drafts.get(key);
  if (known) return known;
  const draft: Draft = { mv, unhashed: [], seeds: new Set() };
  drafts.set(key, draft);
  return draft;
}
