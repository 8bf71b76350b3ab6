import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoMod, type Retraction } from '../../src/gomod/go-mod.ts';
import { isRetracted } from '../../src/gomod/retraction.ts';
import { compareSemver } from '../../src/gomod/semver.ts';
import { parseVersion, sortVersions, type Version } from '../../src/gomod/version.ts';
import { startUpstream } from '../support/upstream-server.ts';
import { versions as texts } from './inputs.ts';
import { accepted } from './refusal.ts';

/** What there is of the module; its highest version carries the directives. */
const VERSIONS = ['v0.9.0', 'v1.0.0-rc.1', 'v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.10.0', 'v1.99.0'].map(
  parseVersion,
);

const CASES: readonly [what: string, lines: string, retracted: readonly string[]][] = [
  ['nothing without a directive', '', []],
  ['one version', 'retract v1.1.0', ['v1.1.0']],
  ['one version in its short form', 'retract v1.1', ['v1.1.0']],
  [
    'both ends of an interval and what lies between',
    'retract [v1.0.0, v1.2.0]',
    ['v1.0.0', 'v1.1.0', 'v1.2.0'],
  ],
  ['by number, not by text', 'retract [v1.2.0, v1.10.0]', ['v1.2.0', 'v1.10.0']],
  ['pre-releases before their release', 'retract [v1.0.0-0, v1.0.0]', ['v1.0.0-rc.1', 'v1.0.0']],
  ['no pre-release of the lower end', 'retract [v1.0.0, v1.0.1]', ['v1.0.0']],
  ['the pre-release of the upper end', 'retract [v0.10.0, v1.0.0]', ['v1.0.0-rc.1', 'v1.0.0']],
  ['itself', 'retract v1.99.0', ['v1.99.0']],
  ['what any of several intervals holds', 'retract (\nv0.9.0\n[v1.2.0, v1.3.0]\n)', ['v0.9.0', 'v1.2.0']],
  ['nothing by an interval from high to low', 'retract [v1.2.0, v1.0.0]', []],
  ['nothing by a version that is not there', 'retract v1.5.0', []],
  ['nothing by what is no version', 'retract main', []],
  ['nothing up to what is no version', 'retract [v1.0.0, main]', []],
  [
    'all up to the upper end from what is no version',
    'retract [main, v1.0.0]',
    ['v0.9.0', 'v1.0.0-rc.1', 'v1.0.0'],
  ],
  ['nothing by an interval that is cut short', 'retract [v1.0.0, v1.2.0', []],
];

function retractionsIn(lines: string): readonly Retraction[] {
  return parseGoMod(`module example.com/m\n${lines}\n`, 'go.mod', { lax: true }).retract;
}

describe('isRetracted', () => {
  it.each(CASES)('retracts %s', (_, lines, retracted) => {
    const retractions = retractionsIn(lines);
    expect(VERSIONS.filter((version) => isRetracted(version, retractions))).toEqual(retracted);
  });

  it('takes no heed of +incompatible', () => {
    const retractions = retractionsIn('retract [v2.0.0, v2.1.0+incompatible]');
    const versions = ['v2.0.0+incompatible', 'v2.1.0', 'v2.1.1+incompatible'].map(parseVersion);
    expect(versions.map((version) => isRetracted(version, retractions))).toEqual([true, true, false]);
  });

  const version = texts
    .filter((text) => accepted(() => parseVersion(text)) !== undefined)
    .map((text): Version => parseVersion(text));
  const interval = (low: string, high: string): Retraction => ({ low, high, rationale: '', line: 1 });

  it('holds a version exactly where sorting puts it between the two ends', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [low = a, , high = a] = sortVersions([a, b, c]);
        expect([a, b, c].map((one) => isRetracted(one, [interval(low, high)]))).toEqual([true, true, true]);
        expect(isRetracted(a, [interval(b, b)])).toBe(compareSemver(a, b) === 0);
      }),
    );
  });

  it('holds of several intervals what each of them holds', () => {
    fc.assert(
      fc.property(version, fc.array(fc.tuple(version, version), { maxLength: 4 }), (one, ends) => {
        const intervals = ends.map(([low, high]) => interval(low, high));
        const alone = intervals.map((each) => isRetracted(one, [each]));
        expect(isRetracted(one, intervals)).toBe(alone.includes(true));
      }),
    );
  });
});

const noGo = spawnSync('go', ['version']).status !== 0;
if (noGo)
  process.stderr.write('\n*** SKIPPED: what the go command takes for retracted: there is no go command\n\n');

describe.skipIf(noGo)('the go command', () => {
  it('takes the same versions for retracted', async () => {
    const up = await startUpstream();
    const folder = mkdtempSync(join(tmpdir(), 'modferry-retraction-'));
    try {
      const highest = sortVersions(VERSIONS).at(-1);
      for (const [index, [, lines]] of CASES.entries()) {
        const path = `example.com/m${index}`;
        for (const version of VERSIONS) {
          const goMod = `module ${path}\n${version === highest ? lines : ''}\n`;
          up.add({ path, version, files: {}, goMod });
        }
      }
      const paths = CASES.map((_, index) => `example.com/m${index}`);
      const left = await versionsListed(folder, up.url, paths);
      const retracted = left.map((listed) => VERSIONS.filter((version) => !listed.includes(version)));
      const named = CASES.map(([what], index) => [what, retracted[index]]);
      expect(named).toEqual(CASES.map(([what, , expected]) => [what, expected]));
    } finally {
      await up.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** What `go list -m -versions` names of each module: what is not retracted. */
async function versionsListed(folder: string, proxy: string, paths: readonly string[]): Promise<string[][]> {
  // Otherwise a process of the go command outlives it, and writes into the folder while it is removed.
  mkdirSync(join(folder, '.config/go/telemetry'), { recursive: true });
  writeFileSync(join(folder, '.config/go/telemetry/mode'), 'off');
  writeFileSync(join(folder, 'go.mod'), 'module example.com/main\n');
  const { PATH } = process.env;
  const settings = { GOENV: 'off', GOWORK: 'off', GOSUMDB: 'off', GOTOOLCHAIN: 'local' };
  const env = { PATH, HOME: folder, GOPROXY: proxy, GOFLAGS: '-mod=mod -modcacherw', ...settings };
  const format = '{{range .Versions}}{{.}} {{end}}';
  const { stdout } = await promisify(execFile)('go', ['list', '-m', '-versions', '-f', format, ...paths], {
    cwd: folder,
    env,
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(' '));
}
