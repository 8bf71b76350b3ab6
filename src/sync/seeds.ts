/**
 * Reads the seeds: go.sum and go.work.sum files, from disk or by URL, each with the go.mod beside it. What comes
 * out is parsed and named; what cannot be parsed is an error with its file and line, before anything is changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import { type GoMod, parseGoMod } from '../gomod/go-mod.ts';
import { type GoSumLine, parseGoSum } from '../gomod/go-sum.ts';
import type { Problem } from './problem.ts';
import { findSeedFiles } from './seed-files.ts';
import { type Copy, readUrlSeed, type SeedReader, type SeedTexts, saveCopies } from './seed-urls.ts';

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

export async function readSeeds(config: Config, copiesFolder: string, reader: SeedReader): Promise<Seeds> {
  refuseUnbuilt(config);
  const patterns = config.seeds.filter((spec) => typeof spec === 'string');
  const place = { base: config.base, configFile: config.file, mirror: config.mirror };
  const seeds = findSeedFiles(patterns, place).map(({ path, source }) => readSeedFile(path, source));
  const specs = config.seeds.filter((spec) => typeof spec === 'object' && 'url' in spec);
  const problems: Problem[] = [];
  const copies: Copy[] = [];
  for (const spec of new Map(specs.map((spec) => [spec.url, spec])).values()) {
    const texts = await readUrlSeed(spec, copiesFolder, reader);
    if ('code' in texts) problems.push(texts);
    else {
      seeds.push(parseSeed(texts));
      copies.push(...texts.fresh);
    }
  }
  return { seeds, problems, saveCopies: () => saveCopies(copiesFolder, copies) };
}

/** Seeds that need the checksum database are refused by name rather than left out in silence. */
function refuseUnbuilt(config: Config): void {
  const unbuilt = config.seeds.findIndex((spec) => typeof spec === 'object' && !('url' in spec));
  if (unbuilt === -1) return;
  throw new ConfigError(
    'CONFIG_INVALID',
    `${config.file}: seeds[${unbuilt}]: a seed by module or toolchain needs the checksum database`,
    { hint: "with sumdb: 'off' name go.sum files, by path or by url" },
  );
}

function readSeedFile(path: string, source: string): Seed {
  const beside = path.replace(/go\.sum$/, 'go.mod');
  const sum = readFileSync(path, 'utf8');
  if (beside === path || !existsSync(beside)) return parseSeed({ source, sum });
  return parseSeed({
    source,
    sum,
    mod: readFileSync(beside, 'utf8'),
    modSource: source.replace(/go\.sum$/, 'go.mod'),
  });
}

function parseSeed({ source, sum, mod, modSource = source }: SeedTexts): Seed {
  const lines = parseGoSum(sum, source);
  const sha256 = createHash('sha256').update(sum).digest('hex');
  if (mod === undefined) return { source, sha256, lines };
  return { source, sha256, lines, goMod: parseGoMod(mod, modSource, { lax: false }) };
}
