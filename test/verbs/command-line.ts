/** Runs command lines in this process, with everything that they say caught, in a folder with a configuration. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import type { Io } from '../../src/verbs/context.ts';
import { main } from '../../src/verbs/main.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FakeIo extends Io {
  readonly said: { stdout: string; stderr: string };
  /** Sends a signal to whoever listens. */
  readonly signal: (signal: 'SIGINT' | 'SIGTERM') => void;
}

/** A process that writes into strings; no terminal, and an environment of its own, unless the test says otherwise. */
export function fakeIo(cwd: string, given: Partial<Pick<Io, 'env' | 'terminal'>> = {}): FakeIo {
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  return {
    cwd,
    env: given.env ?? { HOME: cwd },
    terminal: given.terminal ?? { stdout: false, stderr: false, columns: 80 },
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (text) => {
      said.stderr += text;
    },
    onSignal: (handle) => {
      listeners.add(handle);
      return () => void listeners.delete(handle);
    },
    said,
    signal: (signal) => {
      for (const listener of [...listeners]) listener(signal);
    },
  };
}

/** Every JSON document that stands in a text, one after the other. */
export function documentsIn(text: string): unknown[] {
  const found: unknown[] = [];
  let from = 0;
  for (let to = text.indexOf('\n', from); to !== -1; to = text.indexOf('\n', to + 1)) {
    const value = parseOrNothing(text.slice(from, to + 1));
    if (value === undefined) continue;
    found.push(value);
    from = to + 1;
  }
  if (text.slice(from).trim() !== '') throw new Error(`not JSON: ${JSON.stringify(text.slice(from))}`);
  return found;
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A folder with go.sum files, a mirror.config.json and a mirror; gone after `remove`. */
export class Project {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'modferry-project-'));
  readonly layout: Layout = layoutOf(join(this.folder, 'mirror'));

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  configure(config: Readonly<Record<string, unknown>>): void {
    this.write('mirror.config.json', JSON.stringify(config));
  }

  /** Runs `modferry <argv>` in the folder. */
  async run(...argv: string[]): Promise<Ran> {
    const io = fakeIo(this.folder);
    const exit = await main(argv, io);
    return { exit, ...io.said };
  }

  /** Runs `modferry <argv> --json`; the one document that it printed. */
  async json<T>(
    ...argv: string[]
  ): Promise<{ readonly exit: number; readonly document: T; readonly stderr: string }> {
    const { exit, stdout, stderr } = await this.run(...argv, '--json');
    const [document, ...more] = documentsIn(stdout);
    if (document === undefined || more.length > 0) throw new Error(`not one document: ${stdout}\n${stderr}`);
    // The test says which document its verb prints.
    return { exit, document: document as T, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
