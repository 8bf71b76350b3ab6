import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPO } from '../house/sources.ts';
import type { LoadAnswer, LoadRequest } from './print-config.ts';

const PRINT = join(REPO, 'test/config/print-config.ts');
const SRC_LOADER = join(REPO, 'src/config/load.ts');

// No folder above it has a node_modules, so what is found is found by the loader itself.
const root = mkdtempSync(join(realpathSync(tmpdir()), 'modferry-config-'));

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Writes files into a folder of its own. */
function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name);
  for (const [file, text] of Object.entries({ '.keep': '', ...files })) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return path;
}

/** Loads all of them in one process with plain Node. */
function load(
  requests: readonly LoadRequest[],
  loader = SRC_LOADER,
  env: Record<string, string> = {},
): LoadAnswer[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PRINT, loader], {
    input: JSON.stringify(requests),
    encoding: 'utf8',
    cwd: root,
    env,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as LoadAnswer[];
}

function loadOne(request: LoadRequest, loader?: string, env?: Record<string, string>): LoadAnswer {
  return load([request], loader, env)[0] ?? {};
}

/** Says by its mirror's name what it got from 'modferry'. */
const TELLING = `import { defineConfig } from 'modferry';
import * as modferry from 'modferry';
export default defineConfig({ mirror: Object.keys(modferry).sort().join('-'), seeds: ['go.sum'] });
`;
const PUBLIC = 'ConfigError-MirrorError-defineConfig-env';

describe("`import { defineConfig } from 'modferry'` works", () => {
  it('in a checkout without a build', () => {
    const checkout = folder('checkout', { 'mirror.config.ts': TELLING });
    cpSync(join(REPO, 'src'), join(checkout, 'src'), { recursive: true });
    cpSync(join(REPO, 'package.json'), join(checkout, 'package.json'));
    symlinkSync(join(REPO, 'node_modules'), join(checkout, 'node_modules'));
    expect(existsSync(join(checkout, 'dist'))).toBe(false);
    const { config } = loadOne({ cwd: checkout }, join(checkout, 'src/config/load.ts'));
    expect(config).toMatchObject({ mirror: join(checkout, PUBLIC), seeds: ['go.sum'] });
  });

  it('beside the installed package', () => {
    const app = folder('installed', { 'package.json': '{ "private": true }', 'mirror.config.ts': TELLING });
    const installed = installBuild(app);
    const { config } = loadOne({ cwd: app }, join(installed, 'dist/config/load.js'));
    expect(config).toMatchObject({ mirror: join(app, PUBLIC), seeds: ['go.sum'] });
  });

  it('in a folder whose package.json says commonjs, in .ts as in .js', () => {
    const commonjs = { 'package.json': '{ "type": "commonjs" }' };
    const ts = folder('commonjs-ts', { ...commonjs, 'mirror.config.ts': TELLING });
    const js = folder('commonjs-js', { ...commonjs, 'mirror.config.js': TELLING });
    const answers = load([{ cwd: ts }, { cwd: js }]);
    expect(answers).toMatchObject([
      { config: { mirror: join(ts, PUBLIC) } },
      { config: { mirror: join(js, PUBLIC) } },
    ]);
  });

  it('in a folder with no node_modules above it at all', () => {
    const bare = folder('bare/deep/down', { 'mirror.config.ts': TELLING });
    for (let at = bare; ; at = dirname(at)) {
      expect(existsSync(join(at, 'node_modules'))).toBe(false);
      if (dirname(at) === at) break;
    }
    expect(loadOne({ cwd: bare })).toMatchObject({ config: { mirror: join(bare, PUBLIC) } });
  });

  it('where another package of that name is installed: it means the program that runs', () => {
    const other = folder('other', {
      'mirror.config.ts': TELLING,
      'node_modules/modferry/package.json':
        '{ "name": "modferry", "exports": "./index.js", "type": "module" }',
      'node_modules/modferry/index.js': 'export const defineConfig = () => ({ seeds: [] });',
    });
    expect(loadOne({ cwd: other })).toMatchObject({ config: { mirror: join(other, PUBLIC) } });
  });
});

/** What `npm install` of the packed build leaves, without a registry: dist/, migrations/, package.json, dependencies. */
function installBuild(app: string): string {
  const installed = join(app, 'node_modules/modferry');
  mkdirSync(installed, { recursive: true });
  const tsc = join(REPO, 'node_modules/.bin/tsc');
  spawnSync(
    process.execPath,
    [realpathSync(tsc), '-p', 'src/tsconfig.build.json', '--outDir', join(installed, 'dist')],
    {
      cwd: REPO,
    },
  );
  cpSync(join(REPO, 'migrations'), join(installed, 'migrations'), { recursive: true });
  cpSync(join(REPO, 'package.json'), join(installed, 'package.json'));
  for (const name of readdirSync(join(REPO, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(REPO, 'node_modules', name), join(app, 'node_modules', name));
  }
  return installed;
}

describe('loadConfig', () => {
  const SEEDS = "{ seeds: ['go.sum'] }";
  const MODULE = `export default ${SEEDS};\n`;
  const TYPED = `interface Place { readonly seeds: string[] }
const place: Place = ${SEEDS};
export default place satisfies object;
`;
  const named = (name: string) => `export default { mirror: '${name}', seeds: ['go.sum'] };\n`;
  const json = '{ "mirror": "json", "seeds": ["go.sum"] }\n';

  interface Case {
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
    readonly file?: string;
    readonly environment?: string;
    /** What comes of it; ROOT stands for the folder. */
    readonly expected: LoadAnswer;
  }

  const invalid = (message: string, hint?: string): LoadAnswer => ({
    error: { name: 'ConfigError', code: 'CONFIG_INVALID', message, ...(hint === undefined ? {} : { hint }) },
  });
  const absent = (message: string): LoadAnswer => ({
    error: {
      name: 'ConfigError',
      code: 'CONFIG_NOT_FOUND',
      message,
      hint: 'write one with `modferry init`, or name another with --config',
    },
  });
  const loaded = (file: string, mirror = 'ROOT/mirror', base = 'ROOT'): LoadAnswer => ({
    config: { file, base, mirror },
  });

  const CASES: readonly Case[] = [
    {
      name: 'reads .ts with types in it',
      files: { 'mirror.config.ts': TYPED },
      expected: loaded('ROOT/mirror.config.ts'),
    },
    {
      name: 'reads .mts with types in it',
      files: { 'mirror.config.mts': TYPED },
      expected: loaded('ROOT/mirror.config.mts'),
    },
    { name: 'reads .js', files: { 'mirror.config.js': MODULE }, expected: loaded('ROOT/mirror.config.js') },
    {
      name: 'reads .mjs',
      files: { 'mirror.config.mjs': MODULE },
      expected: loaded('ROOT/mirror.config.mjs'),
    },
    {
      name: 'reads .json',
      files: { 'mirror.config.json': json },
      expected: loaded('ROOT/mirror.config.json', 'ROOT/json'),
    },
    {
      name: 'takes .ts before all others',
      files: Object.fromEntries(
        ['ts', 'mts', 'js', 'mjs'].map((end) => [`mirror.config.${end}`, named(end)]),
      ),
      expected: loaded('ROOT/mirror.config.ts', 'ROOT/ts'),
    },
    {
      name: 'takes .mts before .js',
      files: Object.fromEntries(['mts', 'js', 'mjs'].map((end) => [`mirror.config.${end}`, named(end)])),
      expected: loaded('ROOT/mirror.config.mts', 'ROOT/mts'),
    },
    {
      name: 'takes .js before .mjs',
      files: {
        'mirror.config.js': named('js'),
        'mirror.config.mjs': named('mjs'),
        'mirror.config.json': json,
      },
      expected: loaded('ROOT/mirror.config.js', 'ROOT/js'),
    },
    {
      name: 'takes .mjs before .json',
      files: { 'mirror.config.mjs': named('mjs'), 'mirror.config.json': json },
      expected: loaded('ROOT/mirror.config.mjs', 'ROOT/mjs'),
    },
    {
      name: 'takes the file that is named, before any default',
      files: { 'mirror.config.ts': named('default'), 'other.ts': named('other') },
      file: 'other.ts',
      expected: loaded('ROOT/other.ts', 'ROOT/other'),
    },
    {
      name: 'takes relative paths from where the file lies, not from where it is run',
      files: { 'etc/deep/my.json': json },
      file: 'etc/deep/my.json',
      expected: loaded('ROOT/etc/deep/my.json', 'ROOT/etc/deep/json', 'ROOT/etc/deep'),
    },
    {
      name: 'leads a relative mirror out of the folder where it says so',
      files: { 'etc/my.ts': named('../mirrors/./one/') },
      file: 'etc/my.ts',
      expected: loaded('ROOT/etc/my.ts', 'ROOT/mirrors/one', 'ROOT/etc'),
    },
    {
      name: 'leaves an absolute mirror as it is',
      files: { 'mirror.config.ts': named('/srv/mirror') },
      expected: loaded('ROOT/mirror.config.ts', '/srv/mirror'),
    },
    {
      name: 'lays an environment over it, and takes its mirror from the same folder',
      files: {
        'mirror.config.ts': `export default { seeds: ['go.sum'], environments: { staging: { mirror: 'staged' } } };`,
      },
      environment: 'staging',
      expected: loaded('ROOT/mirror.config.ts', 'ROOT/staged'),
    },
    {
      name: 'reads a name with spaces, a percent sign and letters beyond ASCII',
      files: { 'a b/%41 é#?.ts': named('m') },
      file: 'a b/%41 é#?.ts',
      expected: loaded('ROOT/a b/%41 é#?.ts', 'ROOT/a b/m', 'ROOT/a b'),
    },
    {
      name: 'lets a configuration import a file of its own',
      files: {
        'mirror.config.ts': "import { seeds } from './seeds.ts';\nexport default { seeds };\n",
        'seeds.ts': "export const seeds: string[] = ['go.sum'];\n",
      },
      expected: loaded('ROOT/mirror.config.ts'),
    },
    {
      name: 'misses every default name',
      files: {},
      expected: absent('ROOT/mirror.config.ts: there is no such configuration file'),
    },
    {
      name: 'misses a file that is named',
      files: { 'mirror.config.ts': MODULE },
      file: 'etc/other.ts',
      expected: absent('etc/other.ts: there is no such configuration file'),
    },
    {
      name: 'refuses another ending',
      files: { 'mirror.yaml': 'seeds: [go.sum]\n' },
      file: 'mirror.yaml',
      expected: invalid('ROOT/mirror.yaml: a configuration ends in .ts, .mts, .js, .mjs, .json'),
    },
    {
      name: 'refuses a folder',
      files: { 'etc/a': '' },
      file: 'etc',
      expected: invalid('ROOT/etc: a configuration ends in .ts, .mts, .js, .mjs, .json'),
    },
    {
      name: 'refuses a file without a default export',
      files: { 'mirror.config.ts': `export const config = ${SEEDS};\n` },
      expected: invalid(
        'ROOT/mirror.config.ts: has no default export',
        "write `export default defineConfig({ … })` with `import { defineConfig } from 'modferry'`",
      ),
    },
    {
      name: 'refuses an empty file',
      files: { 'mirror.config.js': '' },
      expected: invalid(
        'ROOT/mirror.config.js: has no default export',
        "write `export default defineConfig({ … })` with `import { defineConfig } from 'modferry'`",
      ),
    },
    {
      name: 'refuses a function in place of the object',
      files: { 'mirror.config.ts': `export default () => (${SEEDS});\n` },
      expected: invalid('ROOT/mirror.config.ts: expected object, received function'),
    },
    {
      name: 'names a file with a syntax error',
      files: { 'mirror.config.js': `export default { seeds: ['go.sum' };\n` },
      expected: invalid("ROOT/mirror.config.js: cannot be loaded: Unexpected token '}'"),
    },
    {
      name: 'names a file that throws',
      files: { 'mirror.config.ts': "throw new Error('no vault today');\n" },
      expected: invalid('ROOT/mirror.config.ts: cannot be loaded: no vault today'),
    },
    {
      name: 'names a file that throws what is no error',
      files: { 'mirror.config.ts': "throw 'no vault today';\n" },
      expected: invalid('ROOT/mirror.config.ts: cannot be loaded: no vault today'),
    },
    {
      name: 'names a file that imports what is not there',
      files: { 'mirror.config.ts': "import './lost.ts';\nexport default {};\n" },
      expected: invalid(
        "ROOT/mirror.config.ts: cannot be loaded: Cannot find module 'ROOT/lost.ts' imported from ROOT/mirror.config.ts",
      ),
    },
    {
      name: 'names a .json that is none',
      files: { 'mirror.config.json': '{ "seeds": [\n' },
      expected: invalid('ROOT/mirror.config.json: is no JSON: Unexpected end of JSON input'),
    },
    {
      name: 'names the field of a file that is wrong',
      files: { 'mirror.config.ts': "export default { seeds: ['go.sum'], miror: 'x' };\n" },
      expected: invalid('ROOT/mirror.config.ts: miror: unknown field', "did you mean 'mirror'?"),
    },
    {
      name: 'names a variable that env() misses',
      files: {
        'mirror.config.ts':
          "import { env } from 'modferry';\nexport default { mirror: env('MODFERRY_TEST_MIRROR'), seeds: ['go.sum'] };\n",
      },
      expected: invalid(
        'the configuration needs the environment variable MODFERRY_TEST_MIRROR',
        "set MODFERRY_TEST_MIRROR, or give a fallback: env('MODFERRY_TEST_MIRROR', '…')",
      ),
    },
    {
      name: 'takes the fallback of env()',
      files: {
        'mirror.config.ts':
          "import { env } from 'modferry';\nexport default { mirror: env('MODFERRY_TEST_MIRROR', 'fallen-back'), seeds: ['go.sum'] };\n",
      },
      expected: loaded('ROOT/mirror.config.ts', 'ROOT/fallen-back'),
    },
    {
      name: 'takes the variable of env() before its fallback',
      files: {
        'mirror.config.ts':
          "import { env } from 'modferry';\nexport default { mirror: env('MODFERRY_TEST_SET', 'fallen-back'), seeds: ['go.sum'] };\n",
      },
      expected: loaded('ROOT/mirror.config.ts', 'ROOT/from-the-variable'),
    },
  ];

  let answers: readonly LoadAnswer[] = [];
  beforeAll(() => {
    const requests = CASES.map(
      ({ files, file, environment }, index): LoadRequest => ({
        cwd: folder(`case-${index}`, files),
        ...(file === undefined ? {} : { file }),
        ...(environment === undefined ? {} : { environment }),
      }),
    );
    answers = load(requests, SRC_LOADER, { MODFERRY_TEST_SET: 'from-the-variable' });
  });

  it.each(CASES.map(({ name, expected }, index) => [name, expected, index] as const))(
    '%s',
    (_, expected, index) => {
      const text = JSON.stringify(expected).replaceAll('ROOT', join(root, `case-${index}`));
      const want = JSON.parse(text) as LoadAnswer;
      if (want.error) expect(answers[index]).toEqual(want);
      else expect(answers[index]).toMatchObject({ config: { ...want.config, seeds: ['go.sum'] } });
    },
  );

  it('leaves no trace in the process: what is imported later finds its own packages', () => {
    const after = `
      const { loadConfig } = await import(${JSON.stringify(SRC_LOADER)});
      await loadConfig(${JSON.stringify(join(root, 'case-0'))});
      await import('modferry');`;
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', after], {
        cwd: root,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    expect(run).toThrow(/Cannot find package 'modferry'/);
  });
});
