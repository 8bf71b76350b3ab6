/**
 * Builds and asks the Go program beside this file, which answers with the real golang.org/x/mod. Building needs a Go
 * toolchain, and the first time a GOPROXY; where either is missing, the reason is handed back and tests are skipped.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Question {
  readonly Ask: string;
  readonly Args: readonly string[];
}

export interface Verdict {
  readonly OK: boolean;
  readonly Value?: unknown;
  readonly Error?: string;
}

export interface Oracle {
  /** One verdict a question, in order. */
  readonly ask: (questions: readonly Question[]) => Verdict[];
  readonly close: () => void;
}

const SOURCES = ['go.mod', 'go.sum', 'main.go'];
const BUILD_MILLISECONDS = 180_000;
const LONGEST_ANSWER = 1 << 30;

export function buildOracle(): Oracle | { readonly missing: string } {
  const folder = mkdtempSync(join(tmpdir(), 'modferry-oracle-'));
  const close = () => rmSync(folder, { recursive: true, force: true });
  for (const source of SOURCES) cpSync(join(import.meta.dirname, source), join(folder, source));
  const binary = join(folder, 'oracle');
  try {
    execFileSync('go', ['build', '-o', binary, '.'], {
      cwd: folder,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' },
      stdio: 'pipe',
      timeout: BUILD_MILLISECONDS,
    });
  } catch (error) {
    close();
    return { missing: error instanceof Error ? error.message : String(error) };
  }
  return { ask: (questions) => ask(binary, questions), close };
}

function ask(binary: string, questions: readonly Question[]): Verdict[] {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const result = spawnSync(binary, { input, maxBuffer: LONGEST_ANSWER, encoding: 'utf8' });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`the oracle failed: ${result.stderr}`);
  const verdicts: Verdict[] = result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  if (verdicts.length !== questions.length) {
    throw new Error(`${verdicts.length} answers to ${questions.length} questions`);
  }
  return verdicts;
}
