/**
 * Reads the seeds: go.sum and go.work.sum files, from disk or by URL, each with the go.mod beside it; and the seeds by
 * module and toolchain, as far as they are known before a run. What comes out is parsed and named; what cannot be
 * parsed is an error with its file and line, before anything is changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config/load.ts';
import { type GoMod, parseGoMod } from '../gomod/go-mod.ts';
import { parseGoSum } from '../gomod/go-sum.ts';
import type { H1 } from '../gomod/h1.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { requiredModules } from '../gomod/requirements.ts';
import type { Problem } from './problem.ts';
import { findSeedFiles } from './seed-files.ts';
import { type ModuleSeed, readSeedSpecs, type ToolchainSeed } from './seed-specs.ts';
import { type Copy, readUrlSeed, type SeedReader, type SeedTexts, saveCopies } from './seed-urls.ts';
import type { HashedFile } from './wanted.ts';

/** Somebody wants a file of a module version. */
export interface SeedWant {
  readonly mv: ModuleVersion;
  readonly file: HashedFile;
  /** Undefined: no hash is given, the log is to judge. */
  readonly h1: H1 | undefined;
  /** Counted from 1; 0: the text as a whole. */
  readonly line: number;
}

/** One text that wants module versions. */
export interface SeedText {
  /** `sum`: a go.sum. `required`: a go.mod, wanted only where the log can judge. `seed`: the configuration itself. */
  readonly kind: 'sum' | 'required' | 'seed';
  /** Path relative to the configuration, URL without credentials and query, or what stands for it. */
  readonly source: string;
  /** SHA-256 of the text, in hex. */
  readonly sha256: string;
  readonly wants: readonly SeedWant[];
}

/** One seed: what the configuration, or a pattern in it, names. */
export interface Seed {
  readonly source: string;
  readonly texts: readonly SeedText[];
  /** The go.mod beside it, where there is one. */
  readonly goMod?: GoMod;
}

export interface Seeds {
  /** go.sum and go.work.sum files. */
  readonly seeds: readonly Seed[];
  readonly modules: readonly ModuleSeed[];
  readonly toolchains: readonly ToolchainSeed[];
  /** URL seeds that are neither reachable nor copied from an earlier time. */
  readonly problems: readonly Problem[];
  /** Keeps the texts that came by URL as the last good copies. Called once the mirror is locked. */
  saveCopies(): void;
}

/** `hasLog`: whether a checksum database judges; seeds by module and toolchain need one. */
export async function readSeeds(
  config: Config,
  copiesFolder: string,
  reader: SeedReader,
  hasLog: boolean,
): Promise<Seeds> {
  const specs = readSeedSpecs(config, hasLog);
  const patterns = config.seeds.filter((spec) => typeof spec === 'string');
  const place = { base: config.base, configFile: config.file, mirror: config.mirror };
  const seeds = findSeedFiles(patterns, place).map(({ path, source }) => readSeedFile(path, source));
  const urls = config.seeds.filter((spec) => typeof spec === 'object' && 'url' in spec);
  const problems: Problem[] = [];
  const copies: Copy[] = [];
  for (const spec of new Map(urls.map((spec) => [spec.url, spec])).values()) {
    const texts = await readUrlSeed(spec, copiesFolder, reader);
    if ('code' in texts) problems.push(texts);
    else {
      seeds.push(parseSeed(texts));
      copies.push(...texts.fresh);
    }
  }
  return { seeds, ...specs, problems, saveCopies: () => saveCopies(copiesFolder, copies) };
}

/** A go.sum, and the go.mod beside it. Throws GoSumError and ModuleError with the place. */
export function parseSeed({ source, sum, mod, modSource = source }: SeedTexts): Seed {
  const texts = [sumText(source, sum)];
  if (mod === undefined) return { source, texts };
  const goMod = parseGoMod(mod, modSource, { lax: false });
  return { source, texts: [...texts, requiredText(modSource, mod, goMod)], goMod };
}

export function sumText(source: string, text: string): SeedText {
  return { kind: 'sum', source, sha256: sha256Of(text), wants: parseGoSum(text, source) };
}

/** What a main module requires: `go mod download` asks for the zips, whether go.sum has their hashes or not. */
export function requiredText(source: string, text: string, goMod: GoMod): SeedText {
  const wants = requiredModules(goMod).map(
    ({ mv, line }) => ({ mv, line, file: 'zip', h1: undefined }) as const,
  );
  return { kind: 'required', source, sha256: sha256Of(text), wants };
}

/** What a seed wants whether a log judges or not: its go.sum lines, and itself. */
export function wantsOf(seed: Seed): readonly SeedWant[] {
  return seed.texts.flatMap(({ kind, wants }) => (kind === 'required' ? [] : wants));
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

export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
