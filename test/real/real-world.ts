/** Helpers of the end-to-end tests: programs run as a person would run them, and real projects as seeds. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SyncReport } from '../../src/sync/report.ts';

export const REPO = fileURLToPath(new URL('../../', import.meta.url));

export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; what it prints is kept. */
export function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (error) throw error;
  return { exit: status, stdout, stderr };
}

/** One sync with the configuration of a folder, as a process of its own. */
export function sync(
  folder: string,
  ...flags: string[]
): { exit: number | null; report: SyncReport; stderr: string } {
  const ran = run(process.execPath, [join(REPO, 'src/cli/main.ts'), 'sync', '--json', ...flags], folder);
  return { exit: ran.exit, report: JSON.parse(ran.stdout) as SyncReport, stderr: ran.stderr };
}

export function modferry(folder: string, ...args: string[]): Ran {
  return run(process.execPath, [join(REPO, 'src/cli/main.ts'), ...args], folder);
}

/** A folder below the system's temporary one, removed by `remove`. */
export function temporaryFolder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `modferry-${name}-`));
  // A file server that is another user must find its way to the mirror.
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface RealProject {
  readonly module: string;
  readonly version: string;
  readonly builds: boolean;
  readonly buildPackage: string;
}

export function realProjects(): RealProject[] {
  return JSON.parse(readFileSync(join(REPO, 'test/testdata/real-projects.json'), 'utf8')) as RealProject[];
}

/** Puts a project's source, out of its own module zip, into `folder`. */
export function checkOut(project: RealProject, folder: string, goCache: string): void {
  const name = `${project.module}@${project.version}`;
  const env = { ...process.env, GOMODCACHE: goCache, GOFLAGS: '-modcacherw', GOSUMDB: 'off' };
  const out = execFileSync('go', ['mod', 'download', '-json', name], {
    cwd: tmpdir(),
    env,
    encoding: 'utf8',
  });
  const { Dir } = JSON.parse(out) as { Dir: string };
  mkdirSync(folder, { recursive: true });
  cpSync(Dir, folder, { recursive: true });
}

export function writeConfig(folder: string, config: object): void {
  writeFileSync(join(folder, 'mirror.config.json'), JSON.stringify(config, null, 2));
}

export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Skipping must be seen: a suite that tests nothing looks like one that passes. */
export function sayWhatIsSkipped(condition: boolean, what: string): boolean {
  if (condition) process.stderr.write(`\n*** SKIPPED: ${what}\n\n`);
  return condition;
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
