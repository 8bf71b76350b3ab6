/**
 * What the go command itself makes of a module graph, offline, from a GOPROXY folder that the test writes: which
 * versions it selects, and whose go.mod it fetches into an empty module cache.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { moduleFilePath, parseModuleFilePath, versionFolder } from '../../src/gomod/artifact.ts';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { formatModuleVersion } from '../../src/gomod/module-version.ts';
import { type Mods, modText, parseName } from './graph-mods.ts';
import type { RandomCase } from './graph-random.ts';

export interface GoAnswer {
  /** In the form of `selectedNames`. */
  readonly selected: readonly string[];
  readonly read: readonly string[];
  /** Whether it takes the go.mod only after changing it. */
  readonly stale: boolean;
  /** What it said where it has no answer. */
  readonly refused: string;
}

const FORMAT =
  '{{if not .Main}}{{.Path}}@{{.Version}}{{with .Replace}} => {{.Path}}@{{.Version}}{{end}}{{end}}';
/** Makes the go command load the whole graph, and then show none of it, so that it reads no go.mod to show it. */
const NOTHING = 'matches.nothing.test/...';
const STALE = /updates to go\.mod needed/;

export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/** Writes what a client needs for a graph: `.mod`, `.info` and `list`. */
export function writeProxy(folder: string, mods: Mods): void {
  for (const [name, text] of Object.entries(mods)) {
    const mv = parseName(name);
    write(join(folder, moduleFilePath(mv, 'mod')), modText(name, text));
    write(join(folder, moduleFilePath(mv, 'info')), JSON.stringify({ Version: mv.version }));
    write(join(folder, versionFolder(mv.path), 'list'), '');
  }
}

/** Asks the go command about one graph, in a folder of its own; `proxy` is a GOPROXY. */
export async function askGo(work: string, proxy: string, given: RandomCase): Promise<GoAnswer> {
  const folder = join(work, given.name);
  layOut(folder, given);
  const ask = async (mod: 'readonly' | 'mod', pattern: string) => {
    layOut(folder, given);
    return go(folder, proxy, ['list', '-m', `-mod=${mod}`, '-f', FORMAT, pattern]);
  };
  const asIs = await ask('readonly', NOTHING);
  const stale = STALE.test(asIs.stderr);
  const mode = stale ? 'mod' : 'readonly';
  const again = stale ? await ask(mode, NOTHING) : asIs;
  const read = filesRead(join(folder, 'cache/cache/download'));
  const all = await ask(mode, 'all');
  rmSync(folder, { recursive: true, force: true });
  return {
    selected: selectedIn(all.stdout),
    read,
    stale,
    refused: again.failed ? again.stderr : all.failed ? all.stderr : '',
  };
}

/** Without what a folder replaces; what is replaced by itself stands there once. */
function selectedIn(output: string): string[] {
  const lines = output.split('\n').filter((line) => line !== '' && !line.endsWith('@'));
  return lines.map((line) => {
    const [as, by] = line.split(' => ');
    return as !== undefined && as === by ? as : line;
  });
}

function layOut(folder: string, { mods, folders = {}, roots, work, use }: RandomCase): void {
  write(join(folder, '.config/go/telemetry/mode'), 'off');
  const sums = Object.entries(mods).map(([name, text]) => {
    const { path, version } = parseName(name);
    return `${path} ${version}/go.mod ${hashGoMod(Buffer.from(modText(name, text)))}\n`;
  });
  const places = use ?? ['.'];
  if (use !== undefined) {
    write(join(folder, 'go.work'), [work ?? '', ...use.map((place) => `use ./${place}`)].join('\n'));
    write(join(folder, 'go.work.sum'), sums.join(''));
  }
  for (const [index, place] of places.entries()) {
    write(join(folder, place, 'go.mod'), roots[index] ?? '');
    write(join(folder, place, 'go.sum'), sums.join(''));
  }
  // Relative to whatever file names them.
  for (const place of new Set(['.', ...places])) {
    for (const [path, text] of Object.entries(folders)) write(join(folder, place, path, 'go.mod'), text);
  }
}

async function go(
  folder: string,
  proxy: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GOENV: 'off',
    GOFLAGS: '-modcacherw',
    GOMODCACHE: join(folder, 'cache'),
    GOPROXY: proxy,
    GOSUMDB: 'off',
    GOTOOLCHAIN: 'local',
    // One of its threads is enough, so that several of it can run.
    GOMAXPROCS: '1',
  };
  try {
    const { stdout, stderr } = await promisify(execFile)('go', [...args], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    return { stdout, stderr, failed: false };
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'stderr' in error) {
      return { stdout: String(error.stdout), stderr: String(error.stderr), failed: true };
    }
    throw error;
  }
}

/** The module versions whose go.mod lies in a module cache. */
function filesRead(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .flatMap((path) => parseModuleFilePath(path) ?? [])
    .filter(({ file }) => file === 'mod')
    .map(({ mv }) => formatModuleVersion(mv))
    .sort();
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
