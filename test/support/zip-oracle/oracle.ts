/**
 * Builds and asks the small Go program in this folder, which is written around golang.org/x/mod/zip. The packages are the
 * copies that the installed go command was itself built from, so nothing is fetched.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatModuleVersion, type ModuleVersion } from '../../../src/gomod/module-version.ts';

export interface Verdict {
  /** Empty where Go takes the zip. */
  readonly error: string;
  readonly h1: string;
}

export interface GoSources {
  /** The folder of x/mod. */
  readonly mod: string;
  /** `1.26`, for the `go` line. */
  readonly version: string;
}

/** Where the sources of the go command hold x/mod; undefined where there is no `go`, or one without its sources. */
export function findGoSources(): GoSources | undefined {
  const go = spawnSync('go', ['env', 'GOROOT', 'GOVERSION'], { encoding: 'utf8' });
  const [root = '', release = ''] = go.status === 0 ? go.stdout.split('\n') : [];
  const mod = join(root, 'src/cmd/vendor/golang.org/x/mod');
  const version = /^go(1\.\d+)/.exec(release)?.[1];
  return version !== undefined && existsSync(join(mod, 'zip/zip.go')) ? { mod, version } : undefined;
}

/** Builds the oracle in `folder` and returns the program's path. */
export function buildOracle(sources: GoSources, folder: string): string {
  for (const file of ['main.go', 'go.mod']) copyFileSync(join(import.meta.dirname, file), join(folder, file));
  cpSync(sources.mod, join(folder, 'mod'), { recursive: true });
  writeFileSync(join(folder, 'mod/go.mod'), `module golang.org/x/mod\n\ngo ${sources.version}\n`);
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOWORK: 'off', GOTOOLCHAIN: 'local' };
  execFileSync('go', ['mod', 'edit', `-go=${sources.version}`], { cwd: folder, env });
  execFileSync('go', ['build', '-o', 'oracle', '.'], { cwd: folder, env });
  return join(folder, 'oracle');
}

/** Go's verdict on each file, in order. */
export function askOracle(program: string, files: readonly string[], mv: ModuleVersion): Verdict[] {
  const input = files.map((file) => JSON.stringify({ File: file, Path: mv.path, Version: mv.version }));
  const output = execFileSync(program, { input: input.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 });
  const verdicts = output.trim().split('\n').map(parseVerdict);
  if (verdicts.length !== files.length) throw new Error(`the oracle is silent on ${formatModuleVersion(mv)}`);
  return verdicts;
}

function parseVerdict(line: string): Verdict {
  const verdict: unknown = JSON.parse(line);
  const isVerdict = typeof verdict === 'object' && verdict !== null && 'error' in verdict && 'h1' in verdict;
  if (!isVerdict) throw new Error(`not a verdict: ${line}`);
  return { error: String(verdict.error), h1: String(verdict.h1) };
}
