/** The checksum database in a sync: every module version is looked up, and the log is published with the snapshot. */
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import type { Manifest } from '../../src/site/manifest.ts';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { tilePath } from '../../src/sumdb/tile.ts';
import { OTHER_H1, THIRD_H1 } from '../support/sync-fixture.ts';
import type { Fault } from '../support/upstream-server.ts';
import { LOG, type LogWorld, makeLogWorld } from './log-world.ts';

const manifestOf = (world: LogWorld) =>
  JSON.parse(readFileSync(join(world.current, '_mirror/snapshot.json'), 'utf8')) as Manifest;

test('lookups of all versions, the computed tiles and the head are published, all under the newest head', async () => {
  await using world = await makeLogWorld();
  const ids = [world.log.size];
  world.add('example.com/Upper', 'v1.0.0');
  world.log.fill(70_000);
  ids.push(world.log.size);
  world.add('example.com/m', 'v1.1.0');
  world.log.answerLookupsUnder(world.log.size - 1);
  world.log.fill(10);
  world.log.answerLookupsUnder(world.log.size - 3);
  world.sumAll();

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  const tiles = tilesFor({ size: world.log.size }, ids, [{ size: world.log.size - 3 }]).map(tilePath);
  expect(Object.keys(world.logFiles()).toSorted()).toEqual(
    [
      'latest',
      'lookup/example.com/!upper@v1.0.0',
      'lookup/example.com/m@v1.1.0',
      'supported',
      ...tilesFor({ size: world.log.size }, ids, []).map(tilePath),
    ].toSorted(),
  );
  expect(tiles.length).toBeGreaterThan(0);
  expect(world.served('latest')).toBe(world.log.head());
  expect(world.served('lookup/example.com/!upper@v1.0.0')).toContain(`\n\n${world.log.head()}`);
  expect(readlinkSync(join(world.current, 'sumdb'))).toBe('../../sumdb');
  expect(manifestOf(world).sumdb).toBe(LOG);
  expect(world.unsound()).toEqual([]);
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0, problems: [] });
  expect((await world.status()).json.sumdb).toEqual({ name: LOG, size: world.log.size });
});

test('a second run sends no request; a new line asks for its own lookup and for tiles that are new', async () => {
  await using world = await makeLogWorld();
  world.log.fill(70_000);
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  expect((await world.sync()).exit).toBe(0);
  const before = world.logFiles();
  world.upstream.forget();

  expect((await world.sync()).json).toMatchObject({ outcome: 'unchanged', requests: 0 });
  expect(world.upstream.requests).toEqual([]);

  world.log.fill(600);
  world.add('example.com/m', 'v1.1.0');
  world.sumAll();
  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  const asked = world.asked.filter((path) => !path.startsWith('tile/'));
  expect(asked.toSorted()).toEqual(['latest', 'lookup/example.com/m@v1.1.0', 'supported']);
  const tiles = world.asked.filter((path) => path.startsWith('tile/'));
  expect(tiles.length).toBe(new Set(tiles).size);
  const after = world.logFiles();
  for (const [path, sha256] of Object.entries(before)) {
    if (path !== 'latest') expect(after[path], path).toBe(sha256);
  }
  expect(world.served('lookup/example.com/m@v1.0.0')).not.toContain(world.log.head());
  expect(world.served('lookup/example.com/m@v1.1.0')).toContain(world.log.head());
  expect((await world.verify()).json.problems).toEqual([]);
});

test('a private module is never named to the log, and does not keep the log from the snapshot', async () => {
  await using world = await makeLogWorld();
  world.add('corp.example/secret', 'v1.0.0');
  world.add('example.com/m', 'v1.0.0');
  const inside = { url: world.upstream.url, only: ['corp.example/*'] };
  world.configure({ private: ['corp.example/*'], upstream: [inside, world.upstream.url] });
  world.sumAll();

  const { exit } = await world.sync();

  expect(exit).toBe(0);
  expect(world.asked.join(' ')).not.toContain('corp.example');
  expect(world.log.requests.join(' ')).not.toContain('secret');
  expect(world.served('supported')).toBe('');
  expect(world.served('lookup/corp.example/secret@v1.0.0')).toBeUndefined();
});

test.each(['GONOSUMDB', 'GOPRIVATE'])(
  '%s is the private pattern where the configuration has none',
  async (name) => {
    await using world = await makeLogWorld();
    world.add('corp.example/secret', 'v1.0.0');
    world.add('example.com/m', 'v1.0.0');
    const inside = { url: world.upstream.url, only: ['corp.example/*'] };
    world.configure({ upstream: [inside, world.upstream.url] });
    world.env[name] = 'corp.example';
    world.sumAll();

    expect((await world.sync()).exit).toBe(0);
    expect(world.log.requests.join(' ')).not.toContain('secret');
  },
);

test('the log decides between two go.sum files: the right file is carried, the wrong line is named', async () => {
  await using world = await makeLogWorld();
  const mv = world.add('example.com/m', 'v1.0.0');
  world.sumAll('a/go.sum');
  world.writeSum('b/go.sum', [`example.com/m v1.0.0 ${OTHER_H1}`]);

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.problems).toEqual([
    {
      module: 'example.com/m',
      version: 'v1.0.0',
      file: 'zip',
      code: 'GOSUM_CONFLICT',
      message: `example.com/m@v1.0.0: zip: go.sum files disagree: ${OTHER_H1} in b/go.sum:1; log.example says ${world.h1(mv, 'zip')}, as a/go.sum:1`,
      hint: 'b/go.sum:1: wrong, run go mod verify there; the file that the log vouches for is carried',
      sources: ['b/go.sum:1'],
    },
  ]);
  expect(json.seeds).toMatchObject([
    { source: 'a/go.sum', missing: 0, complete: true },
    { source: 'b/go.sum', missing: 1, complete: false },
  ]);
  expect(json.modules).toMatchObject({ wanted: 1, mismatched: 1 });
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.zip');
  expect(world.served('lookup/example.com/m@v1.0.0')).toBeDefined();
  expect(world.unsound()).toEqual([]);
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 4, json: { requests: 0, problems: json.problems } });
});

test.each(['zip', 'mod'] as const)(
  'a sole %s line that the log contradicts holds that file back',
  async (file) => {
    await using world = await makeLogWorld();
    const mv = world.add('example.com/m', 'v1.0.0');
    const truth = world.h1(mv, file);
    world.writeSum(
      'a/go.sum',
      world.upstream.goSumLines().map((line) => line.replace(truth, OTHER_H1)),
    );

    const { exit, json } = await world.sync();

    expect(exit).toBe(4);
    expect(json.problems).toMatchObject([
      {
        file,
        code: 'SUMDB_MISMATCH',
        message: `example.com/m@v1.0.0: ${file}: go.sum contradicts the log: ${OTHER_H1} in a/go.sum:${file === 'zip' ? 1 : 2}; log.example says ${truth}`,
        sources: [`a/go.sum:${file === 'zip' ? 1 : 2}`],
      },
    ]);
    expect(world.files()).not.toContain(`example.com/m/@v/v1.0.0.${file}`);
    expect(world.files()).toContain(`example.com/m/@v/v1.0.0.${file === 'zip' ? 'mod' : 'zip'}`);
    expect(world.unsound()).toEqual([]);
  },
);

test('bytes that go.sum and the log agree against are refused as ever', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  world.upstream.fault('example.com/m/@v/v1.0.0.mod', { body: 'module example.com/other\n' });

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([{ file: 'mod', code: 'HASH_MISMATCH' }]);
  expect(json.problems[0]?.message).toContain('hash mismatch: log.example says');
});

test('three go.sum files with three hashes: both wrong lines are named at once', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll('a/go.sum');
  world.writeSum('b/go.sum', [`example.com/m v1.0.0 ${OTHER_H1}`]);
  world.writeSum('c/go.sum', [`example.com/m v1.0.0 ${THIRD_H1}`]);

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([{ sources: ['b/go.sum:1', 'c/go.sum:1'] }]);
});

test('the .mod of a zip-only line is judged by the log', async () => {
  await using world = await makeLogWorld();
  const mv = world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', [`example.com/m v1.0.0 ${world.h1(mv, 'zip')}`]);
  world.upstream.fault('example.com/m/@v/v1.0.0.mod', { body: 'module example.com/m\n\n' });

  expect(await world.sync()).toMatchObject({
    exit: 4,
    json: { problems: [{ file: 'mod', code: 'HASH_MISMATCH' }] },
  });

  world.upstream.heal();
  expect((await world.sync()).exit).toBe(0);
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.mod');
});

test('a zip that the go.mod beside a go.sum requires is carried, judged by the log; without the log it is not', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/used', 'v1.0.0');
  world.add('example.com/unused', 'v1.0.0');
  world.writeSum('a/go.sum', [
    ...world.upstream.goSumLines('example.com/used@v1.0.0'),
    ...world.modLines('example.com/unused@v1.0.0'),
  ]);
  world.write(
    'a/go.mod',
    'module example.com/main\n\nrequire example.com/used v1.0.0\n\nrequire example.com/unused v1.0.0\n',
  );
  world.configure({ sumdb: 'off' });
  expect((await world.sync()).exit).toBe(0);
  expect(world.files()).not.toContain('example.com/unused/@v/v1.0.0.zip');

  world.configure();
  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(world.files()).toContain('example.com/unused/@v/v1.0.0.zip');
  const { json: why } = await world.why('example.com/unused');
  expect(why.versions[0]?.wantedBy).toMatchObject([
    { source: 'a/go.mod', line: 5, file: 'zip', h1: null },
    { source: 'a/go.sum', line: 3, file: 'mod' },
  ]);
  expect(why.versions[0]?.record).toMatchObject({ log: LOG, id: 301, provedUnder: world.log.size });
});

test('a requirement that is private, or replaced by a folder, is not asked for', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/used', 'v1.0.0');
  world.sumAll();
  world.write(
    'a/go.mod',
    'module example.com/main\n\nrequire (\n\texample.com/used v1.0.0\n\tcorp.example/x v1.0.0\n\texample.com/here v1.0.0\n)\n\nreplace example.com/here => ./here\n',
  );
  world.configure({ private: ['corp.example/*'] });

  expect(await world.sync()).toMatchObject({ exit: 0, json: { modules: { wanted: 1 } } });
  expect(world.upstream.paths.join(' ')).not.toMatch(/corp\.example|here/);
});

const missing = {
  name: 'example.com/unknown@v1.0.0',
  problem: { module: 'example.com/unknown', version: 'v1.0.0', file: 'lookup', code: 'NOT_FOUND' },
};

test('a version that the log does not know is held back, reported, and asked for again; its files are kept', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.addUnlogged('example.com/unknown', 'v1.0.0');
  world.sumAll();

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    modules: { wanted: 2, fetched: 1, missing: 1 },
    problems: [missing.problem],
  });
  expect(world.files().filter((path) => path.includes('unknown'))).toEqual([]);
  expect(world.served('supported')).toBe('');
  world.upstream.forget();
  const second = await world.sync();
  expect(second).toMatchObject({ exit: 3, json: { problems: [missing.problem] } });
  expect(world.upstream.paths.filter((path) => path.includes('unknown'))).toEqual([
    `sumdb/${LOG}/lookup/example.com/unknown@v1.0.0`,
  ]);

  world.log.add(
    'example.com/unknown',
    'v1.0.0',
    ...(['zip', 'mod'] as const).map((file) =>
      world.h1(parseModuleVersion('example.com/unknown', 'v1.0.0'), file),
    ),
  );
  expect((await world.sync()).exit).toBe(0);
  expect(world.files()).toContain('example.com/unknown/@v/v1.0.0.zip');
  expect((await world.verify()).json.problems).toEqual([]);
});

test('with onMissing: publish it is published, reported, and the snapshot carries no log', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.addUnlogged('example.com/unknown', 'v1.0.0');
  world.configure({ sumdb: { name: world.log.key, onMissing: 'publish' } });
  world.sumAll();

  const { exit, json, stderr } = await world.sync();

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject([missing.problem]);
  expect(world.files()).toContain('example.com/unknown/@v/v1.0.0.zip');
  expect(world.served('supported')).toBeUndefined();
  expect(manifestOf(world).sumdb).toBeUndefined();
  expect(stderr).toContain(
    'the snapshot carries no checksum database: 1 of its module versions, as example.com/unknown@v1.0.0, have no lookup in log.example',
  );
});

test('an accepted gap in the log is counted accepted, held back all the same, and asked for once', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.addUnlogged('example.com/unknown', 'v1.0.0');
  const accept = [{ module: 'example.com/unknown', version: 'v1.0.0', reason: 'never public' }];
  world.configure({ accept });
  world.sumAll();

  expect(await world.sync()).toMatchObject({ exit: 0, json: { modules: { fetched: 1, accepted: 1 } } });
  expect(world.files().filter((path) => path.includes('unknown'))).toEqual([]);
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
});

test('with the log out of reach everything is held back, nothing is lost, and the next run publishes it', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  world.upstream.fault(/^sumdb\//, { status: 503 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({ snapshot: null, problems: [{ file: 'lookup', code: 'UNAVAILABLE' }] });
  world.upstream.heal();
  world.upstream.forget();
  expect((await world.sync()).exit).toBe(0);
  expect(world.upstream.paths.filter((path) => !path.startsWith('sumdb/'))).toEqual([]);
  expect(world.unsound()).toEqual([]);
});

test.each<{ name: string; fault: Fault; code: string }>([
  { name: 'a tile out of reach', fault: { status: 503 }, code: 'UNAVAILABLE' },
  {
    name: 'a page in place of a tile, as a captive portal sends it',
    fault: { page: true },
    code: 'BAD_CONTENT',
  },
])('$name is told as such, and is no lie of the log', async ({ fault, code }) => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  world.upstream.fault(/^sumdb\/.*\/tile\//, fault);

  expect(await world.sync()).toMatchObject({
    exit: 3,
    json: { problems: [{ module: 'example.com/m', file: 'tile', code }] },
  });
});

test('switching the log on looks up what is carried over too, and gives the snapshot its log', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/old', 'v1.0.0');
  world.sumAll();
  world.configure({ sumdb: 'off' });
  await world.sync();
  expect(world.served('supported')).toBeUndefined();
  world.add('example.com/new', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/new@v1.0.0'));

  world.configure();
  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json.modules).toMatchObject({ wanted: 1, fetched: 1 });
  expect(world.served('lookup/example.com/old@v1.0.0')).toBeDefined();
  expect(world.served('supported')).toBe('');
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
});

test('switching the log on with nothing new makes one snapshot more, which carries the log', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  world.configure({ sumdb: 'off' });
  const first = await world.sync();

  world.configure();
  const second = await world.sync();

  expect(second).toMatchObject({ exit: 0, json: { outcome: 'published', modules: { fetched: 1 } } });
  expect(second.json.snapshot?.id).not.toBe(first.json.snapshot?.id);
  expect(world.served('supported')).toBe('');
});

test('what is carried over and the log does not know stays, is reported, and keeps the log away', async () => {
  await using world = await makeLogWorld();
  world.addUnlogged('example.com/old', 'v1.0.0');
  world.sumAll();
  world.configure({ sumdb: 'off' });
  await world.sync();
  world.add('example.com/new', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/new@v1.0.0'));

  world.configure();
  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject([
    { module: 'example.com/old', file: 'lookup', code: 'NOT_FOUND', sources: [] },
  ]);
  expect(world.files()).toContain('example.com/old/@v/v1.0.0.zip');
  expect(world.served('supported')).toBeUndefined();

  world.configure({ private: ['example.com/old'] });
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published' } });
  expect(world.served('supported')).toBe('');
});

test.each(['zip', 'mod'] as const)(
  'a version whose published %s the log contradicts leaves the next snapshot, exit 4',
  async (file) => {
    await using world = await makeLogWorld();
    const mv = world.addUnlogged('example.com/bad', 'v1.0.0');
    world.sumAll();
    world.configure({ sumdb: 'off' });
    await world.sync();
    const truth = { zip: world.h1(mv, 'zip'), mod: world.h1(mv, 'mod'), [file]: OTHER_H1 };
    world.log.add('example.com/bad', 'v1.0.0', truth.zip, truth.mod);
    world.add('example.com/good', 'v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/good@v1.0.0'));

    world.configure();
    const { exit, json } = await world.sync();

    expect(exit).toBe(4);
    expect(json.problems).toMatchObject([{ module: 'example.com/bad', file, code: 'SUMDB_MISMATCH' }]);
    expect(world.files().filter((path) => path.includes('bad'))).toEqual([]);
    expect(world.served('supported')).toBe('');
    expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged' } });
  },
);
