/**
 * Merges the lines of all seeds into what is wanted: each module version once, with every line that wants it, and
 * every hash that a line gives it. Two hashes for one file are a conflict, which only names the lines: who is right
 * is not decided here.
 */
import type { Config } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import { compareModuleVersions, formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Seed, Seeds } from './seeds.ts';

/** The files of which go.sum gives hashes. */
export type HashedFile = Exclude<ModuleFile, 'info'>;

/** The hashes that lines give a file, each with the `<source>:<line>` that say so. */
export type Hashes = ReadonlyMap<H1, readonly string[]>;

export interface WantedModule {
  readonly mv: ModuleVersion;
  /** Undefined where no line names the zip: then it is not wanted. */
  readonly zip: Hashes | undefined;
  /** Undefined for a zip-only line: the file is wanted, its hash is in no line. */
  readonly mod: Hashes | undefined;
  /** The sources that want it, each once, in the order of the seeds. */
  readonly seeds: readonly string[];
}

export interface Conflict {
  readonly mv: ModuleVersion;
  readonly file: HashedFile;
  readonly hashes: Hashes;
}

interface Draft {
  mv: ModuleVersion;
  zip?: Map<H1, string[]>;
  mod?: Map<H1, string[]>;
  seeds: Set<string>;
}

/** What the seeds want. Nothing at all is taken for a mistake, unless a seed could not be read. */
export function wantedBy(
  { seeds, problems }: Pick<Seeds, 'seeds' | 'problems'>,
  config: Pick<Config, 'file'>,
): WantedModule[] {
  const wanted = mergeSeeds(seeds);
  if (wanted.length > 0 || problems.length > 0) return wanted;
  const names = seeds.map((seed) => seed.source).join(', ');
  throw new ConfigError(
    'NOTHING_WANTED',
    `${config.file}: seeds: no module version is wanted: ${names} name none`,
    {
      hint: 'an empty list is taken for a mistake, never for a wish to mirror nothing',
    },
  );
}

/** Sorted by module in byte order, then by version. */
export function mergeSeeds(seeds: readonly Seed[]): WantedModule[] {
  const drafts = new Map<string, Draft>();
  for (const seed of seeds) {
    for (const line of seed.lines) {
      const draft = draftFor(drafts, line.mv);
      draft.seeds.add(seed.source);
      draft[line.file] ??= new Map<H1, string[]>();
      const sources = draft[line.file]?.get(line.h1);
      const source = `${seed.source}:${line.line}`;
      if (sources) sources.push(source);
      else draft[line.file]?.set(line.h1, [source]);
    }
  }
  return [...drafts.values()]
    .map(({ mv, zip, mod, seeds }) => ({ mv, zip, mod, seeds: [...seeds] }))
    .sort((a, b) => compareModuleVersions(a.mv, b.mv));
}

/** The files of a module version that the mirror must hold for it to be complete. */
export function wantedFiles(wanted: WantedModule): ModuleFile[] {
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

/** All lines that want the module version, or those that speak of one file. */
export function sourcesOf(wanted: WantedModule, file?: ModuleFile): string[] {
  const hashes = file === 'zip' ? [wanted.zip] : file === 'mod' ? [wanted.mod] : [wanted.zip, wanted.mod];
  const lines = hashes.flatMap((map) => (map ? [...map.values()].flat() : []));
  return lines.length > 0 || file === undefined ? lines : sourcesOf(wanted);
}

function draftFor(drafts: Map<string, Draft>, mv: ModuleVersion): Draft {
  const key = formatModuleVersion(mv);
  const known = drafts.get(key);
  if (known) return known;
  const draft: Draft = { mv, seeds: new Set() };
  drafts.set(key, draft);
  return draft;
}
