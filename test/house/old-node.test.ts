import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { sayWhatIsSkipped } from '../real/real-world.ts';
import { REPO } from './sources.ts';

const MAIN = `${REPO}src/cli/main.ts`;

const refusal = (version: string) => `modferry: error: needs Node 22.19 or newer, this is Node ${version}
  hint: in a checkout use \`npm run -s modferry -- <verb>\`, elsewhere \`npm install node@24\` beside it
`;

interface Told {
  readonly stderr: string;
  readonly exitCode: number | undefined;
  /** Whether it went on to load the rest. */
  readonly started: boolean;
}

/** Runs the entry's text in an empty world that claims to be some Node. */
function runAs(version: string): Told {
  const written: string[] = [];
  const starts: true[] = [];
  const process = {
    versions: { node: version },
    exitCode: undefined as number | undefined,
    stderr: { write: (text: string) => written.push(text) },
  };
  const script = readFileSync(MAIN, 'utf8').replace(/^#!.*/, '');
  // What the entry imports first tells that the check let it through; nothing is loaded.
  const entry = script.replace(/async function startModferry\(\) \{/, '$& return started();');
  expect(entry).not.toBe(script);
  vm.runInNewContext(entry, { process, started: () => starts.push(true) });
  return { stderr: written.join(''), exitCode: process.exitCode, started: starts.length > 0 };
}

describe('the entry, on a Node that is too old', () => {
  it.each(['4.9.1', '18.20.8', '20.20.2', '21.7.3', '22.0.0', '22.18.0'])(
    'refuses Node %s in words, with exit status 2',
    (version) => {
      expect(runAs(version)).toEqual({ stderr: refusal(version), exitCode: 2, started: false });
    },
  );

  it.each(['22.19.0', '22.20.1', '23.0.0', '24.21.0', '100.0.0', '26.0.0-nightly'])(
    'starts on Node %s',
    (version) => {
      expect(runAs(version)).toEqual({ stderr: '', exitCode: undefined, started: true });
    },
  );

  it('is plain JavaScript that an old Node can read: stripping its types changes nothing', () => {
    const text = readFileSync(MAIN, 'utf8');
    expect(stripTypeScriptTypes(text)).toBe(text);
    expect(JSON.parse(readFileSync(`${REPO}src/cli/package.json`, 'utf8'))).toEqual({ type: 'commonjs' });
    expect(text).not.toMatch(/^\s*import\s/m);
  });

  const old = findOldNode();
  it.skipIf(sayWhatIsSkipped(old === undefined, 'a real old Node: this machine has none below 22.19'))(
    'is refused by a real one, with the same words',
    () => {
      const { status, stdout, stderr } = spawnSync(old?.path ?? '', [MAIN, 'sync'], {
        encoding: 'utf8',
        env: {},
      });
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: '',
        stderr: refusal(old?.version ?? ''),
      });
    },
  );
});

/** The system's Node, where it is too old for modferry. */
function findOldNode(): { path: string; version: string } | undefined {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node']) {
    try {
      const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
      const [major = 0, minor = 0] = version.split('.').map(Number);
      if (major < 22 || (major === 22 && minor < 19)) return { path, version };
    } catch {
      // No Node stands there.
    }
  }
  return undefined;
}
