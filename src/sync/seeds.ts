/**
 * Reads the seeds: go.sum and go.work.sum files, from disk or by URL, each with the go.mod beside it. What comes
 * out is parsed and named; what cannot be parsed is an error with its file and line, before anything is changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { SeedSpec } from '../config/schema.ts';
import { ConfigError, UpstreamError } from '../errors.ts';
import { type GoMod, parseGoMod } from '../gomod/go-mod.ts';
import { type GoSumLine, parseGoSum } from '../gomod/go-sum.ts';
import { replaceFile } from '../site/durable.ts';
import type { Problem } from './problem.ts';
import { findSeedFiles } from './seed-files.ts';

/** One go.sum or go.work.sum. */
export interface Seed {
  /** Path relative to the configuration, or URL without credentials and query. */
  readonly source: string;
  /** SHA-256 of the text, in hex. */
  readonly sha256: string;
  readonly lines: readonly GoSumLine[];
  /** The go.mod beside it, where there is one. */
  readonly goMod?: GoMod;
}

export interface Seeds {
  readonly seeds: readonly Seed[];
  /** URL seeds that are neither reachable nor copied from an earlier time. */
  readonly problems: readonly Problem[];
  /** Keeps the texts that came by URL as the last good copies. Called once the mirror is locked. */
  saveCopies(): void;
}

/** Where the texts of URL seeds come from. */
export interface SeedReader {
  /** The text at a URL; without it (verbs that never use the network) only the copies are read. */
  readonly fetchText?: (url: string, headers: Record<string, string>) => Promise<string>;
  /** URL without credentials and query. */
  readonly redact: (url: string) => string;
  readonly warn: (message: string) => void;
}

type UrlSeed = Extract<SeedSpec, { url: string }>;

export async function readSeeds(config: Config, copiesFolder: string, reader: SeedReader): Promise<Seeds> {
  refuseUnbuilt(config);
  const patterns = config.seeds.filter((spec) => typeof spec === 'string');
  const seeds = findSeedFiles(patterns, config.base, config.file).map(({ path, source }) =>
    readSeedFile(path, source),
  );
  const problems: Problem[] = [];
  const copies: [string, string][] = [];
  for (const spec of config.seeds.filter((spec) => typeof spec === 'object' && 'url' in spec)) {
    const texts = await readUrlSeed(spec, copiesFolder, reader, problems);
    if (texts === undefined) continue;
    seeds.push(parseSeed(reader.redact(spec.url), texts.sum, texts.mod));
    copies.push(...texts.fresh);
  }
  const saveCopies = () => {
    if (copies.length > 0) mkdirSync(copiesFolder, { recursive: true });
    for (const [name, text] of copies) replaceFile(join(copiesFolder, name), text);
  };
  return { seeds, problems, saveCopies };
}

/** Seeds that need the checksum database are refused by name rather than left out in silence. */
function refuseUnbuilt(config: Config): void {
  const unbuilt = config.seeds.findIndex((spec) => typeof spec === 'object' && !('url' in spec));
  if (unbuilt === -1) return;
  throw new ConfigError(
    'CONFIG_INVALID',
    `${config.file}: seeds.${unbuilt}: a seed by module or toolchain needs the checksum database`,
    {
      hint: "with sumdb: 'off' name go.sum files, by path or by url",
    },
  );
}

function readSeedFile(path: string, source: string): Seed {
  const beside = path.replace(/go\.sum$/, 'go.mod');
  const goMod = beside !== path && existsSync(beside) ? readFileSync(beside, 'utf8') : undefined;
  return parseSeed(source, readFileSync(path, 'utf8'), goMod);
}

function parseSeed(source: string, sum: string, mod: string | undefined): Seed {
  const lines = parseGoSum(sum, source);
  const sha256 = createHash('sha256').update(sum).digest('hex');
  if (mod === undefined) return { source, sha256, lines };
  return {
    source,
    sha256,
    lines,
    goMod: parseGoMod(mod, source.replace(/go\.sum$/, 'go.mod'), { lax: false }),
  };
}

interface UrlTexts {
  readonly sum: string;
  readonly mod: string | undefined;
  /** Copies to keep: name and text. */
  readonly fresh: [string, string][];
}

async function readUrlSeed(
  spec: UrlSeed,
  folder: string,
  reader: SeedReader,
  problems: Problem[],
): Promise<UrlTexts | undefined> {
  const copy = copyName(spec.url);
  const source = reader.redact(spec.url);
  if (!reader.fetchText) {
    const kept = readCopy(folder, copy);
    if (!kept) problems.push(unavailable(source, 'no sync has fetched it yet'));
    return kept;
  }
  try {
    const sum = await reader.fetchText(spec.url, spec.headers ?? {});
    const mod = spec.mod === undefined ? undefined : await reader.fetchText(spec.mod, spec.headers ?? {});
    const fresh: [string, string][] = [[copy, sum]];
    if (mod !== undefined) fresh.push([`${copy}.mod`, mod]);
    return { sum, mod, fresh };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const kept = readCopy(folder, copy);
    if (kept) {
      reader.warn(`${source}: using the last good copy: ${error.message}`);
      return kept;
    }
    problems.push(unavailable(source, error.message));
    return undefined;
  }
}

function unavailable(source: string, reason: string): Problem {
  const message = `${source}: seed unavailable, and there is no earlier copy: ${reason}`;
  return { module: null, version: null, file: null, code: 'SEED_UNAVAILABLE', message, sources: [source] };
}

function readCopy(folder: string, name: string): UrlTexts | undefined {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  const mod = existsSync(`${path}.mod`) ? readFileSync(`${path}.mod`, 'utf8') : undefined;
  return { sum: readFileSync(path, 'utf8'), mod, fresh: [] };
}

/** A URL may hold secrets and odd characters: its copy is named by its hash. */
function copyName(url: string): string {
  return `${createHash('sha256').update(url).digest('hex').slice(0, 16)}.go.sum`;
}
