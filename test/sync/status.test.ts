/** `status` and `why` after a sync: what works inside the gap and whence it came. They send no request. */
import { afterEach, expect, test, vi } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { makeWorld, OTHER_H1 } from '../support/sync-fixture.ts';

const M = parseModuleVersion('example.com/m', 'v1.0.0');

afterEach(() => void vi.useRealTimers());

test('status says for each go.sum whether a build from it works offline, and what is not served', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
  world.writeSum('b/go.sum', world.modLines());
  world.upstream.fault('example.com/n/@v/v1.0.0.mod', { status: 404 });
  const { json: sync } = await world.sync();
  const asked = world.upstream.requests.length;

  const { exit, json } = await world.status();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    current: sync.snapshot?.id,
    modules: 2,
    seeds: [
      { source: 'a/go.sum', wanted: 1, missing: 0, complete: true, builds: true, lacking: [] },
      {
        source: 'b/go.sum',
        wanted: 2,
        missing: 1,
        complete: false,
        builds: false,
        lacking: ['example.com/n@v1.0.0 mod'],
      },
    ],
    lastRun: { outcome: 'incomplete' },
    stale: false,
  });
  expect(world.upstream.requests).toHaveLength(asked);
});

test('status of a build that lacks an .info only: it builds', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.upstream.fault('example.com/m/@v/v1.0.0.info', { status: 404 });
  await world.sync();

  const { json } = await world.status();

  expect(json.seeds).toMatchObject([
    { builds: true, complete: false, lacking: ['example.com/m@v1.0.0 info'] },
  ]);
});

test('status believes the go.sum whose hashes are those of what is served, whoever else disagrees', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  world.writeSum('b/go.sum', [`example.com/m v1.0.0/go.mod ${OTHER_H1}`]);

  const { json } = await world.status();

  expect(json.seeds).toMatchObject([
    { source: 'a/go.sum', builds: true, lacking: [] },
    { source: 'b/go.sum', builds: false, lacking: ['example.com/m@v1.0.0 mod'] },
  ]);
});

test('status names what go mod download would miss: required by go.mod, with no zip line in go.sum', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  await world.sync();
  world.write(
    'a/go.mod',
    'module example.com/app\n\nrequire (\n\texample.com/m v1.0.0\n\texample.com/leaf v1.2.3\n)\n',
  );

  const { json } = await world.status();

  expect(json.seeds).toMatchObject([
    { source: 'a/go.sum', builds: true, downloadLacks: ['example.com/leaf@v1.2.3'] },
  ]);
});

test('status --max-age is exit 8 before the first sync, and when the last one is too long ago', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T00:00:00Z') });

  expect(await world.status('--max-age', '26h')).toMatchObject({ exit: 8, json: { stale: true, age: null } });
  await world.sync();
  vi.setSystemTime(Date.parse('2026-03-02T02:00:00Z'));
  expect(await world.status('--max-age', '26h')).toMatchObject({
    exit: 0,
    json: { stale: false, age: 93_600 },
  });
  vi.setSystemTime(Date.parse('2026-03-02T02:00:01Z'));
  expect(await world.status('--max-age', '26h')).toMatchObject({
    exit: 8,
    json: { stale: true, age: 93_601 },
  });
});

test('why shows the lines, the files with hash and origin, and the state of each version', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/m', 'v1.1.0');
  world.writeSum('a/go.sum', world.modLines());
  world.writeSum('b/go.sum', world.modLines('example.com/m@v1.0.0'));
  world.upstream.fault(/v1\.1\.0/, { status: 404 });
  await world.sync();

  const { exit, json } = await world.why('example.com/m');

  const h1 = world.h1(M, 'mod');
  expect(exit).toBe(0);
  expect(json).toMatchObject({
    module: 'example.com/m',
    versions: [
      {
        version: 'v1.0.0',
        state: 'published',
        gaps: [],
        wantedBy: [
          { source: 'a/go.sum', line: 1, file: 'mod', h1 },
          { source: 'b/go.sum', line: 1, file: 'mod', h1 },
        ],
      },
      { version: 'v1.1.0', state: 'missing', files: [], wantedBy: [{ source: 'a/go.sum', line: 2 }] },
    ],
  });
  expect(json.versions[0]?.files).toMatchObject([
    { file: 'info', h1: null, upstream: world.upstream.url, published: true },
    { file: 'mod', h1, upstream: world.upstream.url, published: true },
  ]);
  expect(json.versions[1]?.gaps.map(({ file, code }) => `${file} ${code}`).toSorted()).toEqual([
    'info NOT_FOUND',
    'mod NOT_FOUND',
  ]);
});

test('why of a module that nobody wants says so, and one that is no module path is exit 2', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();

  expect(await world.why('example.com/other')).toMatchObject({ exit: 0, json: { versions: [] } });
  expect(await world.refused('why', 'Example')).toMatchObject({
    exit: 2,
    json: {
      error: { code: 'PATH_INVALID', message: 'Example: invalid module path: the first element has no dot' },
    },
  });
});
