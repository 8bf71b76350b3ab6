import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { partOf, REPO, readSources, type Source, withoutComments } from './sources.ts';

const sources = readSources();

/** The files whose code, comments left out, matches. */
function filesWith(pattern: RegExp, among: readonly Source[] = sources): string[] {
  return among.filter(({ text }) => pattern.test(withoutComments(text))).map(({ path }) => path);
}

describe('the sources', () => {
  it('claim that an artifact is verified in one place only', () => {
    expect(filesWith(/\bas\s+(unknown\s+as\s+)?VerifiedArtifact\b/)).toEqual(['sync/verify.ts']);
  });

  it('never end the process', () => {
    expect(filesWith(/\bprocess\s*\.\s*(exit|abort|kill|reallyExit)\s*\(/)).toEqual([]);
  });

  it('set the exit status at the two entries only', () => {
    expect(filesWith(/\bprocess\s*\.\s*exitCode\b/)).toEqual(['cli/main.ts', 'verbs/main.ts']);
  });

  it('write an exit code as a number in verbs/exit.ts only', () => {
    const verbs = sources.filter(({ path }) => partOf(path) === 'verbs' && path !== 'verbs/exit.ts');
    expect(filesWith(/\breturn\s+\d+\s*;|\?\s*\d+\s*:\s*\d+\s*;|EXIT\s*=/, verbs)).toEqual([]);
    const above = new Set(['verbs', 'cli']);
    const below = sources.filter(({ path }) => !above.has(partOf(path)));
    expect(filesWith(/\bEXIT\b|\bexitCode\b|exit code \d/, below)).toEqual([]);
  });

  it('print through Io only', () => {
    expect(filesWith(/\bconsole\s*\./)).toEqual([]);
    expect(filesWith(/\bprocess\s*\.\s*std(out|err)\s*\.\s*write\b/)).toEqual([
      'cli/main.ts',
      'verbs/process-io.ts',
    ]);
  });

  it('have no default export', () => {
    // In a template it is text that is written for somebody else.
    const code = sources.map((source) => ({ ...source, text: source.text.replace(/`[^`]*`/g, '``') }));
    expect(filesWith(/^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m, code)).toEqual([]);
  });

  it('have no `any` and silence no check of types', () => {
    expect(filesWith(/:\s*any\b|\bas\s+any\b|<any\b/)).toEqual([]);
    const silenced = sources.filter(({ text }) => /@ts-(ignore|nocheck|expect-error)/.test(text));
    expect(silenced.map(({ path }) => path)).toEqual([]);
  });

  it('say at the top of each file what it is', () => {
    const silent = sources.filter(({ path, text }) => path !== 'cli/main.ts' && !text.startsWith('/**'));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('have no file of more than 300 lines', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > 301);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('leave no note of work to do', () => {
    expect(
      sources.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('the top level of the repository', () => {
  const ALLOWED = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'docs',
    'migrations',
    'mirror.config.ts',
    'package-lock.json',
    'package.json',
    'src',
    'test',
    'tsconfig.json',
  ];

  it('holds exactly what the architecture names, and dotfiles', () => {
    expect(topLevel().filter((name) => !name.startsWith('.'))).toEqual(ALLOWED);
  });
});

/** What is under version control; where there is no git (a plain copy), what lies there and is not made by a command. */
function topLevel(): string[] {
  try {
    const files = execFileSync('git', ['ls-files', '-z'], {
      cwd: REPO,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [...new Set(files.split('\0').map((path) => path.split('/')[0] ?? ''))]
      .filter((name) => name !== '')
      .sort();
  } catch {
    const made = /^(node_modules|dist|mirror|mirror-.*|coverage|.*\.tgz)$/;
    return readdirSync(REPO)
      .filter((name) => !made.test(name))
      .sort();
  }
}
