import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGoMod } from '../../src/gomod/go-mod.ts';
import { formatModuleVersion, parseModuleVersion } from '../../src/gomod/module-version.ts';
import {
  isToolchainName,
  parseToolchainModule,
  REFERENCE_PLATFORM,
  TOOLCHAIN_MODULE,
  toolchainModule,
  toolchainOf,
} from '../../src/gomod/toolchain.ts';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';

describe('the name of a toolchain', () => {
  it.each(['go1.21.0', 'go1.21rc2', 'go1.22.0', 'go1.27.3', 'go1.27rc1', 'go1.100.10', 'go1.30.0'])(
    'is %s',
    (name) => {
      expect(isToolchainName(name)).toBe(true);
    },
  );

  it.each([
    ['a language version', 'go1.27'],
    ['one that cannot switch', 'go1.20.14'],
    ['one that cannot switch, though its number is long', 'go1.9.7'],
    ['a version without go', '1.27.3'],
    ['a beta, of which none is a module', 'go1.27beta1'],
    ["a company's own", 'go1.27.3-corp'],
    ['a name with a platform', 'go1.27.3.linux-amd64'],
    ['a pre-release of a patch', 'go1.27.3rc1'],
    ['another major version', 'go2.0.0'],
    ['a zero too many in the patch', 'go1.27.03'],
    ['a zero too many in the minor', 'go1.027.3'],
    ['a zero too many in the candidate', 'go1.27rc01'],
    ['a word of GOTOOLCHAIN', 'local'],
    ['default', 'default'],
    ['nothing', ''],
    ['two lines', 'go1.27.3\n'],
  ])('is not %s', (_, name) => {
    expect(isToolchainName(name)).toBe(false);
  });
});

describe('a toolchain as a module', () => {
  it.each([
    ['go1.27.3', 'linux-amd64', 'golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64'],
    ['go1.21rc2', 'windows-arm64', 'golang.org/toolchain@v0.0.1-go1.21rc2.windows-arm64'],
    ['go1.22.0', 'js-wasm', 'golang.org/toolchain@v0.0.1-go1.22.0.js-wasm'],
  ])('of %s for %s is %s, and is read back', (name, platform, expected) => {
    const mv = toolchainModule(name, platform);
    expect(formatModuleVersion(mv)).toBe(expected);
    expect(parseToolchainModule(mv)).toEqual({ name, platform });
  });

  it('is read back as it was made, whatever the release and the platform', () => {
    const number = fc.nat(200);
    const name = fc
      .tuple(number, fc.constantFrom('.', 'rc'), number)
      .map(([minor, kind, last]) => `go1.${minor}${kind}${last}`);
    const platform = fc
      .tuple(
        fc.constantFrom('linux', 'darwin', 'plan9', 'freebsd'),
        fc.constantFrom('386', 'mips64le', 'arm64'),
      )
      .map((parts) => parts.join('-'));
    fc.assert(
      fc.property(name, platform, (name, platform) => {
        expect(parseToolchainModule(toolchainModule(name, platform))).toEqual({ name, platform });
      }),
    );
  });

  it('can be made of every name that is one', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^go1\.[0-9]{1,3}(\.|rc)[0-9]{1,3}$/), (name) => {
        fc.pre(isToolchainName(name));
        expect(toolchainModule(name, REFERENCE_PLATFORM).path).toBe(TOOLCHAIN_MODULE);
      }),
    );
  });

  it('may be one of before there was switching, which proxies list too', () => {
    const version = (text: string) => parseModuleVersion('golang.org/toolchain', text);
    expect(parseToolchainModule(version('v0.0.1-go1.20.linux-386'))).toEqual({
      name: 'go1.20',
      platform: 'linux-386',
    });
  });

  it.each([
    ['another module of such a version', 'example.com/m', 'v0.0.1-go1.27.3.linux-amd64'],
    ['a module below it', 'golang.org/toolchain/m', 'v0.0.1-go1.27.3.linux-amd64'],
    ['another packaging', 'golang.org/toolchain', 'v0.0.2-go1.27.3.linux-amd64'],
    ['one without a platform', 'golang.org/toolchain', 'v0.0.1-go1.27.3'],
    ['one with half a platform', 'golang.org/toolchain', 'v0.0.1-go1.27.3.linux'],
    ["a company's own", 'golang.org/toolchain', 'v0.0.1-go1.27.3-corp.linux-amd64'],
    ['a pseudo-version', 'golang.org/toolchain', 'v0.0.1-0.20240102030405-abcdefabcdef'],
  ])('is not %s', (_, path, version) => {
    expect(parseToolchainModule(parseModuleVersion(path, version))).toBeUndefined();
  });
});

/** Of Go versions that no go command has yet. */
const LINES: readonly [what: string, lines: string, toolchain: string | undefined][] = [
  ['a language version means its first release', 'go 1.99', 'go1.99.0'],
  ['a release is meant exactly', 'go 1.99.2', 'go1.99.2'],
  ['a candidate is meant exactly', 'go 1.99rc1', 'go1.99rc1'],
  ['the toolchain line is later', 'go 1.98\ntoolchain go1.99.3', 'go1.99.3'],
  ['the go line is later', 'go 1.99.3\ntoolchain go1.99.2', 'go1.99.3'],
  ['the go line, a language version, is later', 'go 1.98\ntoolchain go1.97.5', 'go1.98.0'],
  ['both say the same', 'go 1.99.0\ntoolchain go1.99.0', 'go1.99.0'],
  ['a candidate is later than its language version', 'go 1.99\ntoolchain go1.99rc1', 'go1.99rc1'],
  ['a candidate is before its release', 'go 1.99.0\ntoolchain go1.99rc2', 'go1.99.0'],
  ['a language version is before its candidate', 'go 1.99rc1\ntoolchain go1.99', 'go1.99rc1'],
  ['a toolchain line alone', 'toolchain go1.99.1', 'go1.99.1'],
];

/** No module can hold what these ask for, or they ask for nothing. */
const IN_VAIN: readonly [what: string, lines: string][] = [
  ['neither line', ''],
  ['toolchain default: it never switches', 'go 1.99.1\ntoolchain default'],
  ['a toolchain line with a language version', 'go 1.98\ntoolchain go1.99'],
  ['the same language version in both lines', 'go 1.99\ntoolchain go1.99'],
  ["a company's own toolchain", 'go 1.98.0\ntoolchain go1.99.3-corp'],
];

const goModOf = (lines: string) => parseGoMod(`module example.com/m\n${lines}\n`, 'go.mod', { lax: false });

describe('toolchainOf', () => {
  it.each(LINES)('%s', (_, lines, toolchain) => {
    expect(toolchainOf(goModOf(lines))).toBe(toolchain);
  });

  it.each(IN_VAIN)('is undefined for %s', (_, lines) => {
    expect(toolchainOf(goModOf(lines))).toBeUndefined();
  });

  it.each([
    ['go 1.20', undefined],
    ['go 1.20.5', undefined],
    ['go 1.21', 'go1.21.0'],
    ['go 1.21rc2', 'go1.21rc2'],
    ['go 1.20\ntoolchain go1.21.0', 'go1.21.0'],
    ['go 1.16\ntoolchain go1.20.14', undefined],
  ])('of %j, where switching begins, is %s', (lines, toolchain) => {
    expect(toolchainOf(goModOf(lines))).toBe(toolchain);
  });
});

const noGo = spawnSync('go', ['version']).status !== 0;
if (noGo)
  process.stderr.write('\n*** SKIPPED: which toolchain the go command asks for: there is no go command\n\n');

describe.skipIf(noGo)('the go command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modferry-toolchain-'));
  let up: UpstreamServer;

  beforeAll(async () => {
    up = await startUpstream();
    // Otherwise a process of the go command outlives it, and writes into the folder while it is removed.
    mkdirSync(join(folder, '.config/go/telemetry'), { recursive: true });
    writeFileSync(join(folder, '.config/go/telemetry/mode'), 'off');
  });

  afterAll(async () => {
    await up.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The toolchain modules that a client asks for, for whatever platform it is. */
  async function askedFor(lines: string): Promise<(string | undefined)[]> {
    writeFileSync(join(folder, 'go.mod'), `module example.com/m\n${lines}\n`);
    up.forget();
    const { PATH } = process.env;
    const env = { PATH, HOME: folder, GOENV: 'off', GOPROXY: up.url, GOTOOLCHAIN: 'auto', GOWORK: 'off' };
    // It ends with an error, since nobody has such a toolchain.
    await promisify(execFile)('go', ['list', '-m'], { cwd: folder, env }).catch(() => {});
    return up.requests.map(({ path }) => {
      const [, version = ''] = /^golang\.org\/toolchain\/@v\/(.*)\.zip$/.exec(path) ?? [];
      return parseToolchainModule(parseModuleVersion('golang.org/toolchain', version))?.name;
    });
  }

  it.each(LINES)('asks for the same where %s', async (_, lines, toolchain) => {
    expect(await askedFor(lines)).toEqual([toolchain]);
  });

  it.each(IN_VAIN)('asks for nothing that is a toolchain for %s', async (_, lines) => {
    expect((await askedFor(lines)).filter((name) => name !== undefined && isToolchainName(name))).toEqual([]);
  });
});
