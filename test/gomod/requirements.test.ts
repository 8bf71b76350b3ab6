import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseGoMod } from '../../src/gomod/go-mod.ts';
import { formatModuleVersion } from '../../src/gomod/module-version.ts';
import { requiredModules } from '../../src/gomod/requirements.ts';
import { startUpstream } from '../support/upstream-server.ts';

/** `line path@version` of each, line 1 being the first of `lines`. */
function required(...lines: string[]): string[] {
  const goMod = parseGoMod(lines.join('\n'), 'go.mod', { lax: false });
  return requiredModules(goMod).map(({ mv, line }) => `${line} ${formatModuleVersion(mv)}`);
}

describe('requiredModules', () => {
  it('are the requirements in the order of the file, direct or not, with their lines', () => {
    expect(
      required(
        'module example.com/main',
        'require example.com/b v1.0.0',
        'require (',
        '  example.com/a/v2 v2.1.0 // indirect',
        '  gopkg.in/c.v1 v1.0.0',
        ')',
      ),
    ).toEqual(['2 example.com/b@v1.0.0', '4 example.com/a/v2@v2.1.0', '5 gopkg.in/c.v1@v1.0.0']);
  });

  it('are none where there is no requirement, whatever else the file says', () => {
    const lines = [
      'module example.com/main',
      'go 1.21',
      'exclude a.example/x v1.0.0',
      'tool a.example/x/cmd',
    ];
    expect(required(...lines, 'replace a.example/x => a.example/y v1.0.0')).toEqual([]);
  });

  it('stay where they are excluded: the go command wants such a file changed first', () => {
    expect(required('require example.com/a v1.0.0', 'exclude example.com/a v1.0.0')).toEqual([
      '1 example.com/a@v1.0.0',
    ]);
  });

  it.each([
    [
      'one version by another path',
      'example.com/a v1.0.0 => example.com/fork v1.5.0',
      'example.com/fork@v1.5.0',
    ],
    ['all versions by another path', 'example.com/a => example.com/fork v1.5.0', 'example.com/fork@v1.5.0'],
    [
      'one version by another version',
      'example.com/a v1.0.0 => example.com/a v1.0.1',
      'example.com/a@v1.0.1',
    ],
    ['a short version', 'example.com/a v1.0 => example.com/a v1.1', 'example.com/a@v1.1.0'],
    [
      'another version, which is another matter',
      'example.com/a v1.9.0 => example.com/x v1.0.0',
      'example.com/a@v1.0.0',
    ],
    [
      'another path, which is another matter',
      'example.com/a/b => example.com/x v1.0.0',
      'example.com/a@v1.0.0',
    ],
  ])('are named as what replaces them: %s', (_, replace, expected) => {
    expect(required('require example.com/a v1.0.0', `replace ${replace}`)).toEqual([`1 ${expected}`]);
  });

  it.each([
    ['one version', 'example.com/a v1.0.0 => ./a'],
    ['all versions', 'example.com/a => ../a'],
    ['all versions, by an absolute path', 'example.com/a => /src/a'],
  ])('are left out where a folder replaces them: %s', (_, replace) => {
    const lines = ['require example.com/a v1.0.0', 'require example.com/b v1.0.0', `replace ${replace}`];
    expect(required(...lines)).toEqual(['2 example.com/b@v1.0.0']);
  });

  it('are replaced by what names their version before what names all, in either order', () => {
    const all = 'replace example.com/a => example.com/all v1.0.0';
    const one = 'replace example.com/a v1.0.0 => example.com/one v1.0.0';
    for (const [first, second] of [
      [all, one],
      [one, all],
    ] as const) {
      const lines = ['require example.com/a v1.0.0', first, second];
      expect(required(...lines)).toEqual(['1 example.com/one@v1.0.0']);
    }
    const folder = 'replace example.com/a v1.0.0 => ./a';
    expect(required('require example.com/a v1.0.0', all, folder)).toEqual([]);
  });

  it('are replaced once: what replaces one is not replaced again', () => {
    const lines = [
      'replace example.com/a => example.com/b v1.0.0',
      'replace example.com/b => example.com/c v1.0.0',
    ];
    expect(required('require example.com/a v1.0.0', ...lines)).toEqual(['1 example.com/b@v1.0.0']);
  });

  it('may have a path that no proxy serves, where what replaces it has one', () => {
    const lines = [
      'require corp/lib v1.0.0',
      'require corp/tool v1.0.0',
      'replace corp/lib => corp.example/lib v1.2.0',
    ];
    expect(required(...lines)).toEqual(['1 corp.example/lib@v1.2.0']);
  });

  it('are left out where what replaces them has a path that no proxy serves', () => {
    expect(required('require example.com/a v1.0.0', 'replace example.com/a => fork v1.0.0')).toEqual([]);
  });
});

const noGo = spawnSync('go', ['version']).status !== 0;
if (noGo) process.stderr.write('\n*** SKIPPED: what the go command downloads: there is no go command\n\n');

const LINES = [
  'module example.com/main',
  'go 1.21',
  'require (',
  '  example.com/plain v1.0.0',
  '  example.com/indirect/v2 v2.1.0 // indirect',
  '  example.com/all v1.0.0',
  '  example.com/one v1.0.0',
  '  example.com/both v1.0.0',
  '  example.com/elsewhere v1.0.0',
  '  example.com/folder v1.0.0',
  '  corp/lib v1.0.0',
  ')',
  'replace example.com/all => example.com/fork v1.5.0',
  'replace example.com/fork => example.com/never v1.0.0',
  'replace example.com/one v1.0.0 => example.com/one v1.0.1',
  'replace example.com/both => example.com/never v1.0.0',
  'replace example.com/both v1.0.0 => example.com/exact v1.0.0',
  'replace example.com/elsewhere v1.9.0 => example.com/never v1.0.0',
  'replace example.com/folder => ./folder',
  'replace corp/lib => corp.example/lib v1.2.0',
];

describe.skipIf(noGo)('the go command', () => {
  it('downloads the same', async () => {
    const up = await startUpstream();
    const folder = mkdtempSync(join(tmpdir(), 'modferry-requirements-'));
    try {
      const expected = required(...LINES).map((line) => line.replace(/^\d+ /, ''));
      for (const name of expected) {
        const [path = '', version = ''] = name.split('@');
        up.add({ path, version, files: { 'm.go': 'package m\n' } });
      }
      mkdirSync(join(folder, 'folder'));
      writeFileSync(join(folder, 'folder/go.mod'), 'module example.com/folder\n');
      writeFileSync(join(folder, 'go.mod'), LINES.join('\n'));
      await download(folder, up.url);
      const zips = up.requests.map(({ path }) => path).filter((path) => path.endsWith('.zip'));
      expect(zips.map((path) => path.replace('/@v/', '@').replace('.zip', '')).sort()).toEqual(
        expected.sort(),
      );
    } finally {
      await up.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function download(folder: string, proxy: string): Promise<void> {
  // Otherwise a process of the go command outlives it, and writes into the folder while it is removed.
  mkdirSync(join(folder, '.config/go/telemetry'), { recursive: true });
  writeFileSync(join(folder, '.config/go/telemetry/mode'), 'off');
  const { PATH } = process.env;
  const settings = {
    GOENV: 'off',
    GOWORK: 'off',
    GOSUMDB: 'off',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-modcacherw',
  };
  const env = { PATH, HOME: folder, GOPROXY: proxy, ...settings };
  await promisify(execFile)('go', ['mod', 'download'], { cwd: folder, env });
}
