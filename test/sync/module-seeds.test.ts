/** Seeds by module and toolchain: judged by the log alone, with all that the go.sum in a module's own zip names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { moduleFiles } from '../support/sync-fixture.ts';
import { LOG, type LogWorld, makeLogWorld } from './log-world.ts';

const TOOL = { module: 'example.com/tool', version: 'latest' } as const;

/** A tool whose own go.sum names one module whole and another by its go.mod, and whose go.mod requires both. */
function addTool(world: LogWorld, version: string): void {
  world.add('example.com/used', 'v1.0.0');
  world.add('example.com/required', 'v1.2.0');
  const sum = [
    ...world.upstream.goSumLines('example.com/used@v1.0.0'),
    ...world.modLines('example.com/required@v1.2.0'),
  ];
  world.add('example.com/tool', version, {
    ...moduleFiles('example.com/tool'),
    'go.mod':
      'module example.com/tool\n\nrequire example.com/used v1.0.0\n\nrequire example.com/required v1.2.0\n',
    'go.sum': sum.map((line) => `${line}\n`).join(''),
  });
}

const manifestOf = (world: LogWorld) =>
  JSON.parse(readFileSync(join(world.current, '_mirror/snapshot.json'), 'utf8'));

test('a module seed brings the module and all that its own go.sum and go.mod name; the version is pinned', async () => {
  await using world = await makeLogWorld();
  addTool(world, 'v1.1.0');
  world.add('example.com/tool', 'v1.2.0-rc.1');
  world.configure({ seeds: [TOOL] });

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(json.modules).toMatchObject({ wanted: 3, fetched: 3 });
  expect(json.seeds).toEqual([
    { source: 'example.com/tool@latest', wanted: 3, missing: 0, accepted: 0, complete: true },
  ]);
  const zips = world.files().filter((path) => path.endsWith('.zip'));
  expect(zips).toEqual([
    'example.com/required/@v/v1.2.0.zip',
    'example.com/tool/@v/v1.1.0.zip',
    'example.com/used/@v/v1.0.0.zip',
  ]);
  expect(manifestOf(world).pins).toEqual([{ seed: 'example.com/tool@latest', version: 'v1.1.0' }]);
  expect(world.unsound()).toEqual([]);
  const { json: why } = await world.why('example.com/used');
  expect(why.versions[0]?.wantedBy).toMatchObject([
    { source: 'example.com/tool@v1.1.0/go.mod', line: 3, h1: null },
    { source: 'example.com/tool@v1.1.0/go.sum', line: 1 },
    { source: 'example.com/tool@v1.1.0/go.sum', line: 2 },
  ]);
  expect((await world.status()).json.seeds).toMatchObject([
    {
      source: 'example.com/tool@latest',
      wanted: 3,
      complete: true,
      builds: true,
      lacking: [],
      downloadLacks: [],
    },
  ]);
  expect((await world.plan()).json).toMatchObject({ wanted: 3, present: 3, toFetch: 0 });
});

test('a second run asks once for the latest and for nothing else; a new release is taken in, the old one stays', async () => {
  await using world = await makeLogWorld();
  addTool(world, 'v1.1.0');
  world.configure({ seeds: [TOOL] });
  await world.sync();
  world.upstream.forget();

  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 1 } });
  expect(world.upstream.paths).toEqual(['example.com/tool/@v/list']);

  addTool(world, 'v1.3.0');
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published' } });
  expect(world.read('example.com/tool/@v/list')).toBe('v1.1.0\nv1.3.0\n');
  expect(manifestOf(world).pins).toEqual([{ seed: 'example.com/tool@latest', version: 'v1.3.0' }]);
});

test('the latest is what @latest says where the list has no release, and the list where there is no @latest', async () => {
  await using world = await makeLogWorld();
  const pseudo = 'v0.0.0-20240102030405-abcdefabcdef';
  world.add('example.com/tool', pseudo);
  world.add('example.com/early', 'v0.1.0-beta.1');
  world.upstream.remove('example.com/early/@latest');
  world.configure({ seeds: [TOOL, { module: 'example.com/early', version: 'latest' }] });

  expect((await world.sync()).exit).toBe(0);

  expect(manifestOf(world).pins).toEqual([
    { seed: 'example.com/early@latest', version: 'v0.1.0-beta.1' },
    { seed: 'example.com/tool@latest', version: pseudo },
  ]);
  expect(JSON.parse(world.read('example.com/tool/@latest'))).toMatchObject({ Version: pseudo });
});

test('a release that retracts itself is not the latest', async () => {
  await using world = await makeLogWorld();
  addTool(world, 'v1.1.0');
  const goMod = 'module example.com/tool\n\nretract [v1.2.0, v1.3.0] // published by accident\n';
  for (const version of ['v1.2.0', 'v1.3.0'])
    world.add('example.com/tool', version, { ...moduleFiles('example.com/tool'), 'go.mod': goMod });
  world.configure({ seeds: [TOOL] });

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(manifestOf(world).pins).toEqual([{ seed: 'example.com/tool@latest', version: 'v1.1.0' }]);
  expect(world.read('example.com/tool/@v/list')).toBe('v1.1.0\n');
});

test('an upstream that does not answer for the latest leaves the version that was pinned before', async () => {
  await using world = await makeLogWorld();
  addTool(world, 'v1.1.0');
  world.configure({ seeds: [TOOL] });
  world.upstream.fault(/@(v\/list|latest)$/, { status: 503 });
  expect(await world.sync()).toMatchObject({
    exit: 3,
    json: { snapshot: null, problems: [{ module: 'example.com/tool', version: null, code: 'UNAVAILABLE' }] },
  });
  world.upstream.heal();
  await world.sync();
  world.upstream.fault(/@(v\/list|latest)$/, { status: 503 });

  const { exit, json, stderr } = await world.sync();

  expect([exit, json.outcome]).toEqual([0, 'unchanged']);
  expect(stderr).toContain('example.com/tool@latest: using v1.1.0 as before');
});

test('a module that the log does not know brings nothing, and does not let a prune go on', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  await world.sync();
  world.addUnlogged('example.com/tool', 'v1.0.0');
  world.configure({ seeds: [{ module: 'example.com/tool', version: 'v1.0.0' }] });

  const { exit, json, stderr } = await world.sync('--prune', '--force');

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject([
    { file: 'mod', code: 'NO_HASH', sources: ['example.com/tool@v1.0.0'] },
    { file: 'zip', code: 'NO_HASH', sources: ['example.com/tool@v1.0.0'] },
    { file: 'lookup', code: 'NOT_FOUND' },
  ]);
  expect(stderr).toContain('not pruning');
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.zip');
});

test('a private module cannot be a seed of its own: nobody can judge it', async () => {
  await using world = await makeLogWorld();
  world.addUnlogged('corp.example/tool', 'v1.0.0');
  const inside = { url: world.upstream.url, only: ['corp.example'] };
  const seeds = [{ module: 'corp.example/tool', version: 'v1.0.0' }];
  world.configure({ seeds, private: ['corp.example'], upstream: [inside, world.upstream.url] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject([
    { file: 'mod', code: 'NO_HASH' },
    { file: 'zip', code: 'NO_HASH' },
  ]);
  expect(world.log.requests).toEqual([]);
});

test("a module's own go.sum that cannot be parsed is that seed's problem, with the place", async () => {
  await using world = await makeLogWorld();
  world.add('example.com/tool', 'v1.0.0', { ...moduleFiles('example.com/tool'), 'go.sum': 'one two\n' });
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/m@v1.0.0'));
  world.configure({ seeds: ['.', { module: 'example.com/tool', version: 'v1.0.0' }] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject([{ module: 'example.com/tool', code: 'GOSUM_MALFORMED' }]);
  expect(json.problems[0]?.message).toContain('example.com/tool@v1.0.0/go.sum:1');
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.zip');
});

const toolchain = (name: string, platform: string) => `v0.0.1-${name}.${platform}`;
const TOOLCHAIN_FILES = { 'bin/go': '#!/bin/sh\n' };

function addToolchain(world: LogWorld, name: string, ...platforms: string[]): void {
  for (const platform of platforms)
    world.add('golang.org/toolchain', toolchain(name, platform), TOOLCHAIN_FILES);
}

test('a toolchain is mirrored for its platforms; of linux-amd64 the .info is always there', async () => {
  await using world = await makeLogWorld();
  addToolchain(world, 'go1.27.1', 'linux-amd64', 'darwin-arm64', 'linux-arm64');
  world.configure({ seeds: [{ toolchain: 'go1.27.1', platforms: ['linux-arm64', 'darwin-arm64'] }] });

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(world.files()).toEqual(
    [
      'golang.org/toolchain/@latest',
      'golang.org/toolchain/@v/list',
      ...['linux-arm64', 'darwin-arm64'].flatMap((platform) =>
        ['info', 'mod', 'zip'].map(
          (ending) => `golang.org/toolchain/@v/${toolchain('go1.27.1', platform)}.${ending}`,
        ),
      ),
      ...['info', 'mod'].map(
        (ending) => `golang.org/toolchain/@v/${toolchain('go1.27.1', 'linux-amd64')}.${ending}`,
      ),
    ].toSorted(),
  );
  expect(world.read('golang.org/toolchain/@v/list').split('\n').toSorted()).toEqual([
    '',
    toolchain('go1.27.1', 'darwin-arm64'),
    toolchain('go1.27.1', 'linux-arm64'),
  ]);
  expect(world.read('_mirror/go.mod')).not.toContain('toolchain');
  expect(world.served(`lookup/golang.org/toolchain@${toolchain('go1.27.1', 'linux-amd64')}`)).toBeDefined();
});

test('a toolchain is listed only when all of its platforms are held', async () => {
  await using world = await makeLogWorld();
  addToolchain(world, 'go1.27.1', 'linux-amd64', 'darwin-arm64');
  addToolchain(world, 'go1.27.3', 'linux-amd64', 'darwin-arm64');
  const platforms = ['linux-amd64', 'darwin-arm64'];
  world.configure({ seeds: ['go1.27.1', 'go1.27.3'].map((name) => ({ toolchain: name, platforms })) });
  world.upstream.fault(/go1\.27\.3\.darwin-arm64\.zip$/, { status: 403 });

  expect((await world.sync()).exit).toBe(3);
  expect(world.files()).toContain(`golang.org/toolchain/@v/${toolchain('go1.27.3', 'linux-amd64')}.zip`);
  expect(world.read('golang.org/toolchain/@v/list')).not.toContain('go1.27.3');
  expect(world.read('golang.org/toolchain/@v/list')).toContain('go1.27.1');

  world.upstream.heal();
  expect((await world.sync()).exit).toBe(0);
  expect(world.read('golang.org/toolchain/@v/list')).toContain('go1.27.3');
});

test('from-seeds takes exactly the toolchain that each go.mod asks for', async () => {
  await using world = await makeLogWorld();
  for (const name of ['go1.27.0', 'go1.26.4', 'go1.25.7']) addToolchain(world, name, 'linux-amd64');
  world.add('example.com/m', 'v1.0.0');
  const sum = world.upstream.goSumLines('example.com/m@v1.0.0');
  for (const [name, lines] of [
    ['a', 'go 1.27\n'],
    ['b', 'go 1.25.0\n\ntoolchain go1.26.4\n'],
    ['c', 'go 1.25.7\n'],
    ['e', 'go 1.24.9\n\ntoolchain default\n'],
    ['d', 'go 1.20\n'],
  ] as const) {
    world.writeSum(`${name}/go.sum`, sum);
    world.write(`${name}/go.mod`, `module example.com/${name}\n\n${lines}`);
  }
  world.configure({ seeds: ['.', { toolchain: 'from-seeds' }] });

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  const zips = world.files().filter((path) => path.startsWith('golang.org/') && path.endsWith('.zip'));
  expect(zips).toEqual(
    ['go1.25.7', 'go1.26.4', 'go1.27.0'].map(
      (name) => `golang.org/toolchain/@v/${toolchain(name, 'linux-amd64')}.zip`,
    ),
  );
  expect(manifestOf(world).sumdb).toBe(LOG);
});
