/**
 * Reads the seeds: go.sum and go.work.sum files, from disk or by URL, each with the go.mod beside it; and the seeds by
 * module and toolchain, as far as they are known before a run. What comes out is parsed and named; what cannot be
 * parsed is an error with its file and line, before anything is changed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import type { Config } from '../config/load.ts';
import { parseGoMod } from '../gomod/go-mod.ts';
import type { Problem } from './problem.ts';
import { findSeedFiles, type SeedFile } from './seed-files.ts';
import { moduleRoot, type SeedFolder, workspaceRoot } from './seed-roots.ts';
import { type ModuleSeed, readSeedSpecs, type ToolchainSeed } from './seed-specs.ts';
import { requiredText, type Seed, sumText } from './seed-texts.ts';
import { type Copy, readUrlSeed, type SeedReader, type SeedTexts, saveCopies } from './seed-urls.ts';

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
  const seeds = findSeedFiles(patterns, place).map((file) => readSeedFile(file, reader.warn));
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

/** A go.sum, and the go.mod beside it in `folder`. Throws GoSumError and ModuleError with the place. */
function parseSeed({ source, sum, mod, modSource = source }: SeedTexts, folder?: SeedFolder): Seed {
  const texts = [sumText(source, sum)];
  if (mod === undefined) return { source, texts };
  const goMod = parseGoMod(mod, modSource, { lax: false });
  const root = moduleRoot(modSource, mod, goMod, folder);
  return { source, texts: [...texts, requiredText(modSource, mod, goMod)], root };
}

function readSeedFile({ path, source }: SeedFile, warn: (message: string) => void): Seed {
  const folder = { path: dirname(path), source: posix.dirname(source) };
  if (/go\.work(\.sum)?$/.test(path)) return readWorkspace(path, source, folder, warn);
  const beside = path.replace(/go\.sum$/, 'go.mod');
  const sum = readFileSync(path, 'utf8');
  if (beside === path || !existsSync(beside)) return parseSeed({ source, sum });
  const modSource = source.replace(/go\.sum$/, 'go.mod');
  return parseSeed({ source, sum, mod: readFileSync(beside, 'utf8'), modSource }, folder);
}

/** A go.work.sum with its go.work, or either of them alone. */
function readWorkspace(
  path: string,
  source: string,
  folder: SeedFolder,
  warn: (message: string) => void,
): Seed {
  const workFile = path.replace(/\.sum$/, '');
  const workSource = source.replace(/\.sum$/, '');
  const sum = existsSync(`${workFile}.sum`) ? readFileSync(`${workFile}.sum`, 'utf8') : undefined;
  const own = sum === undefined ? [] : [sumText(`${workSource}.sum`, sum)];
  if (!existsSync(workFile)) return { source, texts: own };
  const { root, sums } = workspaceRoot(workSource, readFileSync(workFile, 'utf8'), folder, warn);
  const required = root.input.roots.map(({ goMod, source: name }) => requiredText(name, root.sha256, goMod));
  const warnings =
    own.length > 0
      ? {}
      : { warnings: [`${workSource}: has no go.work.sum beside it: run go list -m all there`] };
  return { source, texts: [...own, ...sums, ...required], root, ...warnings };
}
