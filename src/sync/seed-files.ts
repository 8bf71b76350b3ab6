/**
 * Finds the go.sum and go.work.sum files that a seed names: a file, a folder that is searched as the go command's `./...` is
 * (nothing that begins with `.` or `_`, no testdata, no node_modules), or a glob. A file that several seeds name
 * is one file.
 */
import { type Dirent, existsSync, globSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../errors.ts';
import { redactUrl } from '../upstream/redact.ts';

export interface SeedFile {
  /** Absolute path. */
  readonly path: string;
  /** Path relative to the configuration, with `/`: the same on every machine. */
  readonly source: string;
}

const LIST_NAME = /(^|\.)go\.(work\.)?sum$/;
const NOT_SEARCHED = /^([._].*|testdata|node_modules)$/;

/** Where the patterns were written, and what they mean nothing in: the mirror itself. */
export interface SeedPlace {
  readonly base: string;
  readonly configFile: string;
  readonly mirror: string;
}

/** The files of all patterns, in the order of the patterns and by name within one; each once. */
export function findSeedFiles(patterns: readonly string[], place: SeedPlace): SeedFile[] {
  const { base } = place;
  const found = new Map<string, SeedFile>();
  for (const pattern of patterns) {
    for (const path of findOne(pattern, place)) {
      const real = realpathSync(path);
      if (!found.has(real)) found.set(real, { path, source: sourceName(path, base) });
    }
  }
  return [...found.values()];
}

/** How a file is named in reports, the manifest and the SBOM. */
function sourceName(path: string, base: string): string {
  return relative(base, path).split(sep).join('/');
}

function findOne(pattern: string, place: SeedPlace): string[] {
  const path = resolve(place.base, pattern);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return searchNamedFolder(path, pattern, place);
  if (stats) return [path];
  if (/^\w+:\/\//.test(pattern)) throw urlInPlaceOfPath(pattern, place);
  if (/[*?[\]{}]/.test(pattern)) return expandGlob(pattern, place);
  throw notFound(
    pattern,
    place,
    'no such file or folder',
    `paths are relative to the configuration; this one means ${path}`,
  );
}

function searchNamedFolder(path: string, pattern: string, place: SeedPlace): string[] {
  const files = [...searchFolder(path, place)];
  if (files.length > 0) return files;
  throw notFound(pattern, place, 'no go.sum or go.work.sum in this folder');
}

/** What lies in the mirror is made by a sync: a pattern that reaches into it does not mean it. */
function expandGlob(pattern: string, place: SeedPlace): string[] {
  const { base, mirror } = place;
  const matches = globSync(pattern, { cwd: base, exclude: (name) => resolve(base, name) === mirror })
    .map((match) => resolve(base, match))
    .sort();
  const lists = matches.flatMap((match) => globMatch(match, place));
  const files = lists.length > 0 ? lists : matches.filter((match) => statsOf(match)?.isFile());
  if (files.length > 0) return files;
  throw notFound(
    pattern,
    place,
    'the pattern matches no file',
    `patterns are relative to the configuration, here ${base}`,
  );
}

/** A glob may match folders as well, and files that are no lists, which `projects/*` did not mean. */
function globMatch(match: string, place: SeedPlace): string[] {
  if (statsOf(match)?.isDirectory()) return [...searchFolder(match, place)];
  return statsOf(match)?.isFile() && LIST_NAME.test(basename(match)) ? [match] : [];
}

function* searchFolder(folder: string, place: SeedPlace): Generator<string> {
  if (folder === place.mirror) return;
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (LIST_NAME.test(entry.name) && isList(path, entry, place)) yield path;
    else if (isLoneWorkspace(path, entry)) yield path;
    else if (entry.isDirectory() && !NOT_SEARCHED.test(entry.name)) yield* searchFolder(path, place);
  }
}

/** A go.work without its go.work.sum still says what a workspace selects. */
function isLoneWorkspace(path: string, entry: Dirent): boolean {
  return entry.name === 'go.work' && entry.isFile() && !existsSync(`${path}.sum`);
}

/** A link to nothing stands for a list that somebody wants: passing it over would be false success. */
function isList(path: string, entry: Dirent, place: SeedPlace): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  const stats = statsOf(path);
  if (stats) return stats.isFile();
  throw notFound(sourceName(path, place.base), place, 'is a link to nothing');
}

/** Undefined for a link to nothing. */
function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** A URL may hold secrets: it is not repeated as it is. */
function urlInPlaceOfPath(pattern: string, place: SeedPlace): ConfigError {
  return notFound(
    redactUrl(pattern),
    place,
    'no such file or folder',
    "a URL is written as { url: 'https://…' }",
  );
}

function notFound(pattern: string, { configFile }: SeedPlace, problem: string, hint?: string): ConfigError {
  return new ConfigError('SEED_NOT_FOUND', `${configFile}: seeds: ${pattern}: ${problem}`, { hint });
}
