/** Verbs as processes of their own: with a limit on open files, with a filesystem that fails, or to be stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Answered, answerOf, type Ended, endedWith, type World } from './sync-fixture.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const BROKEN_FS = fileURLToPath(new URL('./broken-fs.ts', import.meta.url));

/** A call of node:fs that fails for paths that match. */
export interface Break {
  /** As `linkSync`, `fsyncSync`. */
  readonly call: string;
  /** As `EIO`. */
  readonly code: string;
  /** Pattern; default: every path. Of a file that is open, the one that it was opened by. */
  readonly path?: string;
  /** Only so many calls, after so many that go well. */
  readonly times?: number;
  readonly after?: number;
}

export interface ChildOptions {
  readonly breaks?: readonly Break[];
  /** `ulimit -n`. */
  readonly openFiles?: number;
}

export interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended & { readonly signal: NodeJS.Signals | null }>;
}

export function startChild(world: World, argv: readonly string[], options: ChildOptions = {}): Child {
  const { breaks = [], openFiles } = options;
  const preload = breaks.length === 0 ? [] : ['--import', BROKEN_FS];
  const limit = openFiles === undefined ? 'exec "$@"' : `ulimit -n ${openFiles} && exec "$@"`;
  const child = spawn('sh', ['-c', limit, 'sh', process.execPath, ...preload, MAIN, ...argv], {
    cwd: world.home,
    env: { HOME: world.home, PATH: process.env.PATH, ...world.env, BROKEN_FS: JSON.stringify(breaks) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { process: child, ended: read(child) };
}

async function read(child: ChildProcess): Promise<Ended & { signal: NodeJS.Signals | null }> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [exit, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { ...endedWith(exit ?? -1, stdout, stderr), signal };
}

/** Runs a verb with `--json` to its end. */
export async function askChild<T>(
  world: World,
  argv: readonly string[],
  options?: ChildOptions,
): Promise<Answered<T>> {
  return answerOf(await startChild(world, [...argv, '--json'], options).ended);
}
