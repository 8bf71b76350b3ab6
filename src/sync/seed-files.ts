/**
 * Finds the go.sum files that a seed names: a file, a folder that is searched as the go command's `./...` is
 * (nothing that begins with `.` or `_`, no testdata, no node_modules), or a glob. A file that several seeds name
 * is one file.
 */
import { globSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../errors.ts';

export interface SeedFile {
  /** Absolute path. */
  readonly path: string;
  /** Path relative to the configuration, with `/`: the same on every machine. */
  readonly source: string;
}

const LIST_NAME = /(^|\.)go\.(work\.)?sum$/;
const NOT_SEARCHED = /^([._].*|testdata|node_modules)$/;

/** The files of all patterns, in the order of the patterns and by name within one; each once. */
export function findSeedFiles(patterns: readonly string[], base: string, configFile: string): SeedFile[] {
  const found = new Map<string, SeedFile>();
  for (const pattern of patterns) {
    for (const path of findOne(pattern, base, configFile)) {
      const real = realpathSync(path);
      if (!found.has(real)) found.set(real, { path, source: sourceName(path, base) });
    }
  }
  return [...found.values()];
}

/** How a file is named in reports, the manifest and the SBOM. */
export function sourceName(path: string, base: string): string {
  return relative(base, path).split(sep).join('/');
}

function findOne(pattern: string, base: string, configFile: string): string[] {
  const path = resolve(base, pattern);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) return listsAt(path, stats, pattern, configFile);
  if (!/[*?[\]{}]/.test(pattern)) {
    throw new ConfigError('SEED_NOT_FOUND', `${configFile}: seeds: ${pattern}: no such file or folder`, {
      hint: `paths are relative to the configuration; this one means ${path}`,
    });
  }
  const matches = globSync(pattern, { cwd: base })
    .map((match) => resolve(base, match))
    .sort();
  const lists = matches.flatMap((match) => globMatch(match));
  const files = lists.length > 0 ? lists : matches.filter((match) => statSync(match).isFile());
  if (files.length > 0) return files;
  throw new ConfigError('SEED_NOT_FOUND', `${configFile}: seeds: ${pattern}: the pattern matches no file`, {
    hint: `patterns are relative to the configuration, here ${base}`,
  });
}

function listsAt(path: string, stats: Stats, pattern: string, configFile: string): string[] {
  if (!stats.isDirectory()) return [path];
  const files = [...searchFolder(path)];
  if (files.length > 0) return files;
  throw new ConfigError(
    'SEED_NOT_FOUND',
    `${configFile}: seeds: ${pattern}: no go.sum or go.work.sum in this folder`,
  );
}

/** A glob may match folders as well, and files that are no lists, which `projects/*` did not mean. */
function globMatch(match: string): string[] {
  const stats = statSync(match);
  if (stats.isDirectory()) return [...searchFolder(match)];
  return LIST_NAME.test(basename(match)) ? [match] : [];
}

function* searchFolder(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const stats = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
    if (stats?.isFile() && LIST_NAME.test(entry.name)) yield path;
    else if (entry.isDirectory() && !NOT_SEARCHED.test(entry.name)) yield* searchFolder(path);
  }
}
