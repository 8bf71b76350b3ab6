/**
 * A world for one test of the whole product: a temporary folder with a configuration, go.sum files and a mirror, and
 * real upstreams on 127.0.0.1. Verbs run in this process through the command line's own entry, so that the exit code,
 * the one JSON document on stdout and the log on stderr are what an operator sees.
 *
 *   await using world = await makeWorld();
 *   world.add('example.com/m', 'v1.0.0');
 *   world.writeSum('a/go.sum', world.upstream.goSumLines());
 *   const { exit, json, stderr } = await world.sync();
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PlanReport } from '../../src/audit/plan-report.ts';
import type { StatusReport } from '../../src/audit/status.ts';
import type { VerifyReport } from '../../src/audit/verify.ts';
import type { WhyReport } from '../../src/audit/why.ts';
import type { UserConfig } from '../../src/config/schema.ts';
import { hashFileList } from '../../src/gomod/h1.ts';
import type { ModuleVersion } from '../../src/gomod/module-version.ts';
import type { Problem } from '../../src/sync/problem.ts';
import type { SyncReport } from '../../src/sync/report.ts';
import type { Io } from '../../src/verbs/context.ts';
import { main } from '../../src/verbs/main.ts';
import { falseFiles, hashTree } from '../sync/tree.ts';
import { type Fault, startUpstream, type UpstreamServer } from './upstream-server.ts';

export type Signal = 'SIGINT' | 'SIGTERM';
export type Files = Readonly<Record<string, string | Buffer>>;

/** How a verb ended. */
export interface Ended {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stderr without their times. */
  readonly log: readonly string[];
}

/** The same with `--json`, and the one document on stdout. */
export interface Answered<T> extends Ended {
  readonly json: T;
}

export interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** A verb that is under way, in the foreground of a terminal that may send it signals. */
export interface Running {
  readonly ended: Promise<Ended>;
  send(signal: Signal): void;
  stderrSoFar(): string;
}

export class World {
  readonly root: string;
  /** The working folder: configuration and go.sum files. */
  readonly home: string;
  readonly configFile: string;
  readonly mirror: string;
  /** The honest one, whatever its faults: what it holds is the truth. */
  readonly upstream: UpstreamServer;
  /** Environment of the verbs. */
  readonly env: Record<string, string> = {};
  readonly #servers: UpstreamServer[];

  constructor(root: string, upstream: UpstreamServer) {
    this.root = root;
    this.home = join(root, 'home');
    this.configFile = join(this.home, 'mirror.config.json');
    this.mirror = join(root, 'mirror');
    this.upstream = upstream;
    this.#servers = [upstream];
    this.configure();
  }

  /** Writes the configuration: one try a file, all go.sum files of the folder, the one upstream, unless said otherwise. */
  configure(fields: Partial<UserConfig> = {}): void {
    const defaults = {
      mirror: '../mirror',
      seeds: ['.'],
      upstream: this.upstream.url,
      retries: 1,
      sumdb: 'off',
    } as const;
    this.write('mirror.config.json', JSON.stringify({ ...defaults, ...fields }));
  }

  /** Writes a file below the working folder. */
  write(path: string, text: string | Buffer): void {
    const to = join(this.home, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text);
  }

  writeSum(path: string, lines: readonly string[]): void {
    this.write(path, lines.map((line) => `${line}\n`).join(''));
  }

  /** Serves a module version; by default one with a go.mod and a line of code. */
  add(path: string, version: string, files: Files = moduleFiles(path)): ModuleVersion {
    return this.upstream.add({ path, version, files });
  }

  /** The hash that go.sum gives a file of a module version the upstream serves. */
  h1(mv: ModuleVersion, file: 'zip' | 'mod'): string {
    const begin = `${mv.path} ${mv.version}${file === 'mod' ? '/go.mod' : ''} `;
    const line = this.upstream.goSumLines().find((other) => other.startsWith(begin));
    if (line === undefined) throw new Error(`the upstream has no ${begin}`);
    return line.slice(begin.length);
  }

  /** The go.mod lines alone, of all or of these module versions: no zip is wanted, and none has to be hashed. */
  modLines(...wanted: string[]): string[] {
    return this.upstream.goSumLines(...wanted).filter((line) => line.includes('/go.mod h1:'));
  }

  async anotherUpstream(): Promise<UpstreamServer> {
    const server = await startUpstream();
    this.#servers.push(server);
    return server;
  }

  start(...argv: string[]): Running {
    const out: string[] = [];
    const err: string[] = [];
    const handlers = new Set<(signal: Signal) => void>();
    const io: Io = {
      cwd: this.home,
      env: { HOME: this.home, PATH: '', ...this.env },
      stdout: (text) => void out.push(text),
      stderr: (text) => void err.push(text),
      terminal: { stdout: false, stderr: false, columns: 110 },
      onSignal: (handle) => {
        handlers.add(handle);
        return () => void handlers.delete(handle);
      },
    };
    const ended = main(argv, io).then((exit) => endedWith(exit, out.join(''), err.join('')));
    const send = (signal: Signal) => {
      for (const handle of handlers) handle(signal);
    };
    return { ended, send, stderrSoFar: () => err.join('') };
  }

  run(...argv: string[]): Promise<Ended> {
    return this.start(...argv).ended;
  }

  sync(...flags: string[]): Promise<Answered<SyncReport>> {
    return this.#ask('sync', ...flags);
  }

  plan(...flags: string[]): Promise<Answered<PlanReport>> {
    return this.#ask('plan', ...flags);
  }

  status(...flags: string[]): Promise<Answered<StatusReport>> {
    return this.#ask('status', ...flags);
  }

  verify(...flags: string[]): Promise<Answered<VerifyReport>> {
    return this.#ask('verify', ...flags);
  }

  why(...argv: string[]): Promise<Answered<WhyReport>> {
    return this.#ask('why', ...argv);
  }

  /** Runs what must be refused before it begins. */
  refused(...argv: string[]): Promise<Answered<Refusal>> {
    return this.#ask(...argv);
  }

  get current(): string {
    return join(this.mirror, 'public', 'current');
  }

  /** The paths that `current` serves, sorted, without `_mirror/`; none where nothing is published. */
  files(): string[] {
    return Object.keys(hashTree(`${this.current}/`)).filter((path) => !/^(_mirror|sumdb)(\/|$)/.test(path));
  }

  /** A published file by its path below `current`. */
  read(path: string): string {
    return readFileSync(join(this.current, path), 'utf8');
  }

  /**
   * Every file and link of the mirror with what it holds: two mirrors are the same if these are. SQLite's own working
   * files come and go with whoever reads the database.
   */
  everything(folder = ''): Record<string, string> {
    const files = Object.entries(hashTree(join(this.mirror, folder)));
    return Object.fromEntries(files.filter(([path]) => !/^state\.db-(shm|wal)$/.test(path)));
  }

  /** Paths below quarantine, sorted. */
  quarantine(): string[] {
    return Object.keys(this.everything('quarantine'));
  }

  /** What breaks the mirror's promises now: published files that are not the truth, and leftovers in staging. */
  unsound(): string[] {
    const leftovers = Object.keys(this.everything('staging')).map((path) => `left in staging: ${path}`);
    return [...leftovers, ...falseFiles(this.current, this.files(), this.upstream)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  async #ask<T>(...argv: string[]): Promise<Answered<T>> {
    return answerOf(await this.run(...argv, '--json'));
  }
}

/** Each test's own. */
export async function makeWorld(): Promise<World> {
  return new World(mkdtempSync(join(tmpdir(), 'modferry-test-')), await startUpstream());
}

export function endedWith(exit: number, stdout: string, stderr: string): Ended {
  const lines = stderr.split('\n').slice(0, -1);
  return { exit, stdout, stderr, log: lines.map((line) => line.replace(/^\d{4}-\S+Z /, '')) };
}

/** Reads the document of a verb that was run with `--json`; a second one, or text beside it, fails. */
export function answerOf<T>(ended: Ended): Answered<T> {
  if (ended.stdout === '') throw new Error(`exit ${ended.exit} and nothing on stdout: ${ended.stderr}`);
  return { ...ended, json: JSON.parse(ended.stdout) as T };
}

/** Well-formed hashes of nothing that is served here. */
export const OTHER_H1 = 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
export const THIRD_H1 = 'h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=';

export function moduleFiles(path: string): Files {
  return { 'go.mod': `module ${path}\n`, 'm.go': 'package m\n' };
}

/** What is wrong with which file, sorted by file: the files of one module version are fetched side by side. */
export function byFile(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => `${a.file}`.localeCompare(`${b.file}`));
}

/** The hash of a module zip with these files. */
export function zipH1(mv: ModuleVersion, files: Files): string {
  const hashed = Object.entries(files).map(([name, content]) => ({
    name: `${mv.path}@${mv.version}/${name}`,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  return hashFileList(hashed);
}

/** A fault that keeps an answer back: `reached` once the request is there, until `release`. */
export function hold(): {
  readonly fault: Fault;
  readonly reached: Promise<void>;
  readonly release: () => void;
} {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const fault: Fault = {
    get until() {
      reached.resolve();
      return released.promise;
    },
  };
  return { fault, reached: reached.promise, release: released.resolve };
}
