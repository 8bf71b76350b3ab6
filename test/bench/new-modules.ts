/**
 * `npm run bench:get -- <mirror>/public/current`: how many of the mirrored module versions can be taken into a new
 * module that starts from `_mirror/go.mod`, by an unmodified go command that reaches nothing but the mirror. Prints the
 * share, and the last line of what the others failed with; `--plain` starts from an empty go.mod instead, `--again
 * <file>` tries what failed in an earlier output.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { moduleFilePath } from '../../src/gomod/artifact.ts';
import {
  formatModuleVersion,
  type ModuleVersion,
  parseModuleVersion,
} from '../../src/gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../../src/gomod/toolchain.ts';
import type { Manifest } from '../../src/site/manifest.ts';

interface Result {
  readonly name: string;
  /** Undefined where it worked. */
  readonly failure: string | undefined;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    plain: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
    again: { type: 'string' },
  },
});
const root = resolve(positionals[0] ?? 'mirror/public/current');
const failedBefore = values.again === undefined ? undefined : namesIn(readFileSync(values.again, 'utf8'));
const chosen = wholeVersions(root).filter((mv) => failedBefore?.has(formatModuleVersion(mv)) !== false);
const results = await measure(chosen.filter((_, index) => index % Number(values.every) === 0));
print(results);

/** What `print` named. */
function namesIn(output: string): ReadonlySet<string> {
  return new Set(output.split('\n').map((line) => line.replace(/: .*/, '')));
}

function wholeVersions(folder: string): ModuleVersion[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, '_mirror/snapshot.json'), 'utf8'));
  return manifest.modules
    .map(({ module, version }) => parseModuleVersion(module, version))
    .filter((mv) => mv.path !== TOOLCHAIN_MODULE && existsSync(join(folder, moduleFilePath(mv, 'zip'))));
}

/** A few at once, with one module cache: what is there is fetched once. */
async function measure(mvs: readonly ModuleVersion[]): Promise<Result[]> {
  const work = mkdtempSync(join(tmpdir(), 'modferry-get-'));
  const waiting = mvs.entries();
  const done: Result[] = [];
  const next = async () => {
    for (const [index, mv] of waiting) {
      done.push(await goGet(mv, join(work, `m${index}`), work));
      if (done.length % 100 === 0) process.stderr.write(`bench: ${done.length} of ${mvs.length}\n`);
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() + 1 }, next));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return done;
}

async function goGet(mv: ModuleVersion, folder: string, work: string): Promise<Result> {
  const name = formatModuleVersion(mv);
  mkdirSync(folder);
  if (values.plain) writeFileSync(join(folder, 'go.mod'), 'module example.com/start\n\ngo 1.25\n');
  else copyFileSync(join(root, '_mirror/go.mod'), join(folder, 'go.mod'));
  const env = {
    PATH: process.env.PATH,
    HOME: work,
    GOENV: 'off',
    GOFLAGS: '-modcacherw',
    GOPATH: join(work, 'gopath'),
    GOPROXY: `file://${root}`,
    GOTOOLCHAIN: 'auto',
    GOTELEMETRY: 'off',
  };
  try {
    await promisify(execFile)('go', ['get', name], { cwd: folder, env, maxBuffer: 1 << 26 });
    return { name, failure: undefined };
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    const lines = text
      .split('\n')
      .filter((line) => line !== '' && !/^go: (downloading|added|upgraded)/.test(line));
    return { name, failure: lines.slice(-1).join('').trim() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(all: readonly Result[]): void {
  const failed = all.filter(({ failure }) => failure !== undefined);
  const share = ((100 * (all.length - failed.length)) / all.length).toFixed(1);
  for (const { name, failure } of failed) process.stdout.write(`${name}: ${failure}\n`);
  process.stdout.write(`${all.length - failed.length} of ${all.length} module versions: ${share} %\n`);
}
