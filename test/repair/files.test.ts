/** `verify --repair` of module files and what is made of them: the bytes that were published come back, or nothing changes. */
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { expectMended, flip, flipOwn, makeGrown, snapshotFile, still } from './world.ts';

afterEach(() => void vi.useRealTimers());

const ZIP = 'example.com/a/@v/v1.0.0.zip';
const MOD = 'example.com/a/@v/v1.0.0.mod';
const INFO = 'example.com/a/@v/v1.0.0.info';
const UPPER_ZIP = 'example.com/!upper/@v/v1.0.0.zip';

test.each([
  ['a zip', ZIP, [ZIP]],
  ['an .info, of which @latest has the bytes,', INFO.replace('v1.0.0', 'v1.1.0'), []],
])(
  '%s damaged in all snapshots that share it comes back in all of them, and in the pool',
  async (_, path, asked) => {
    const grown = await makeGrown();
    await using world = grown.world;
    flip(snapshotFile(world, grown.ids[2], path));

    const { json } = await expectMended(grown);

    expect(world.upstream.paths).toEqual(asked);
    const inodes = [join(world.mirror, 'pool', path), snapshotFile(world, grown.ids[2], path)].map(
      (file) => statSync(file).ino,
    );
    expect(new Set(inodes).size).toBe(1);
    expect(json.repaired).toBe(json.problems.length);
    expect(json.problems.map((problem) => problem.path)).toContain(`pool/${path}`);
    expect(world.quarantine().filter((name) => name.startsWith(path))).toHaveLength(2);
  },
);

test('what is damaged in one snapshot alone comes from the pool, and nobody is asked', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  flipOwn(snapshotFile(world, grown.ids[2], ZIP));
  rmSync(snapshotFile(world, grown.ids[2], UPPER_ZIP));

  const { json } = await expectMended(grown);

  expect(world.upstream.requests).toEqual([]);
  expect(json.repaired).toBe(2);
  expect(json.problems).toContainEqual({
    path: `public/snapshots/${grown.ids[2]}/${UPPER_ZIP}`,
    code: 'MISSING',
    message: 'is not there',
    repaired: true,
    done: `restored from pool/${UPPER_ZIP}`,
  });
});

test('what is damaged in the pool alone comes from a snapshot', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  for (const path of [ZIP, MOD, INFO]) flipOwn(join(world.mirror, 'pool', path));
  rmSync(join(world.mirror, 'pool', UPPER_ZIP));

  expect((await world.verify('--repair')).json).toMatchObject({ bad: 0, problems: [] });
  await expectMended(grown, '--full');

  expect(world.upstream.requests).toEqual([]);
});

test.each([
  ['is taken from its zip', UPPER_ZIP.replace(/zip$/, 'mod'), 'taken from its zip'],
  ['that Go would make up is written anew', MOD, 'written anew'],
])('a go.mod %s', async (_, path, done) => {
  const grown = await makeGrown();
  await using world = grown.world;
  flip(snapshotFile(world, grown.ids[2], path));

  const { json } = await expectMended(grown);

  expect(world.upstream.requests).toEqual([]);
  expect(new Set(json.problems.map((problem) => problem.done))).toEqual(new Set([done]));
});

test('a damaged oldest snapshot is mended with --full, and only with it', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const [oldest] = grown.ids;
  for (const path of ['example.com/a/@v/list', 'example.com/a/@latest', ZIP])
    flipOwn(snapshotFile(world, oldest, path));
  rmSync(snapshotFile(world, oldest, MOD));
  rmSync(snapshotFile(world, oldest, '_mirror'), { recursive: true });

  expect((await world.verify('--repair')).json).toMatchObject({ bad: 0, repaired: 0, problems: [] });
  const { json } = await expectMended(grown, '--full');

  expect(world.upstream.requests).toEqual([]);
  expect(json.repaired).toBeGreaterThanOrEqual(5);
});

test('list and @latest are written anew, each snapshot its own', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  for (const path of ['example.com/a/@v/list', 'example.com/a/@latest'])
    flip(snapshotFile(world, newest, path));

  const { json } = await expectMended(grown);

  expect(world.upstream.requests).toEqual([]);
  expect(json.problems.map(({ done }) => done).sort()).toEqual([
    'restored from v1.1.0.info, which has the same bytes',
    'written anew from the manifest',
  ]);
  expect(statSync(snapshotFile(world, newest, 'example.com/a/@latest')).nlink).toBe(1);
});

test('the whole pool lost comes back from the snapshots', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  rmSync(join(world.mirror, 'pool/example.com'), { recursive: true });
  await expectMended(grown, '--full');
  expect(world.upstream.requests).toEqual([]);
});

test('a whole snapshot folder lost comes back as it was; until then a sync does nothing', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  rmSync(join(world.mirror, 'public/snapshots', grown.ids[2]), { recursive: true });
  expect(await world.sync()).toMatchObject({
    exit: 7,
    json: {
      error: {
        code: 'CORRUPT',
        message: `${world.current}: leads to the snapshot ${grown.ids[2]}, which is not there`,
        hint: 'run `modferry verify --repair`: it makes the snapshot again from what the mirror holds',
      },
    },
  });
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('gc takes nothing of a current snapshot whose folder is lost, so that it can come back', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
  expect((await world.sync()).json.outcome).toBe('unchanged');
  rmSync(join(world.mirror, 'public/snapshots', grown.ids[2]), { recursive: true });
  expect((await world.run('gc')).exit).toBe(0);
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('a file that the upstream no longer has stays bad, with the reason, and the rest is mended', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  flip(snapshotFile(world, newest, ZIP));
  flip(snapshotFile(world, newest, UPPER_ZIP));
  const damaged = readFileSync(snapshotFile(world, newest, ZIP));
  world.upstream.fault(ZIP, { status: 404 });

  const { exit, json } = await world.verify('--repair');

  expect(exit).toBe(4);
  expect(json.bad).toBe(1);
  expect(still(json)).toEqual([
    [
      `public/snapshots/${newest}/${ZIP}`,
      expect.stringMatching(/^example\.com\/a@v1\.0\.0: zip from .*: not found: 404$/),
    ],
  ]);
  expect(readFileSync(snapshotFile(world, newest, ZIP))).toEqual(damaged);
  expect(world.upstream.paths.toSorted()).toEqual([UPPER_ZIP, ZIP].sort());
  world.upstream.heal();
  world.upstream.forget();
  await expectMended(grown);
  expect(world.upstream.paths).toEqual([ZIP]);
});

test('an upstream that now has other bytes is not believed', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  flip(snapshotFile(world, newest, ZIP));
  world.addUnlogged('example.com/a', 'v1.0.0', {
    'go.mod': 'module example.com/a\n',
    'm.go': 'package evil\n',
  });

  const { exit, json } = await world.verify('--repair');

  expect(exit).toBe(4);
  expect(still(json)).toEqual([
    [
      `public/snapshots/${newest}/${ZIP}`,
      expect.stringMatching(/hash mismatch: the manifest says h1:.*sent h1:/),
    ],
  ]);
  expect(world.quarantine().some((name) => name.startsWith(ZIP))).toBe(true);
});

test('an .info that says something else now is not put in the place of the one that was published', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  const info = 'example.com/!upper/@v/v1.0.0.info';
  flip(snapshotFile(world, newest, info));
  for (const id of grown.ids.slice(1)) flip(snapshotFile(world, id, 'example.com/!upper/@latest'));
  world.upstream.put(info, JSON.stringify({ Version: 'v1.0.0', Time: '2030-01-01T00:00:00Z' }));

  const { exit, json } = await world.verify('--repair', '--full');

  expect(exit).toBe(4);
  expect(still(json).map(([, why]) => why)).toContainEqual(
    expect.stringContaining('info: is another file than the one that was published'),
  );
  world.upstream.put(info, JSON.stringify({ Version: 'v1.0.0', Time: '2024-01-02T03:04:05Z' }));
  await expectMended(grown, '--full');
});

test('what nobody lists is moved to quarantine', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  writeFileSync(snapshotFile(world, newest, 'example.com/a/@v/v9.9.9.mod'), 'module example.com/evil\n');
  symlinkSync('/etc/passwd', snapshotFile(world, newest, 'passwd'));
  writeFileSync(snapshotFile(world, newest, '_mirror/more.json'), '{}');

  const { json } = await expectMended(grown);

  expect(json.repaired).toBe(3);
  const kept = world.quarantine().filter((name) => !name.endsWith('.json') || name.includes('more.json.'));
  expect(kept).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^snapshots\/.+\/example\.com\/a\/@v\/v9\.9\.9\.mod\.[0-9a-f]{16}$/),
      expect.stringMatching(/^snapshots\/.+\/passwd\.[0-9a-f]{16}$/),
    ]),
  );
});

test('a folder in place of a file is moved away, and the file comes back', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const path = snapshotFile(world, grown.ids[2], ZIP);
  rmSync(path);
  mkdirSync(path);
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('a file of the pool that no snapshot needs is forgotten, and the next sync fetches it', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  world.add('example.com/later', 'v1.0.0');
  world.sumAll();
  world.upstream.fault('example.com/later/@v/v1.0.0.info', { status: 503 });
  expect((await world.sync('--strict')).exit).toBe(3);
  world.upstream.heal();
  world.upstream.forget();
  const path = 'pool/example.com/later/@v/v1.0.0.zip';
  truncateSync(join(world.mirror, path), 30);

  // The row says that it is here: only its size tells, and nothing is published.
  expect(await world.sync()).toMatchObject({
    exit: 7,
    json: {
      snapshot: { id: grown.ids[2] },
      error: { code: 'CORRUPT', message: expect.stringContaining(path) },
    },
  });
  world.upstream.forget();
  expect((await world.verify('--full')).json).toMatchObject({ bad: 1, problems: [{ path }] });
  const { exit, json } = await world.verify('--full', '--repair');

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    bad: 0,
    repaired: 1,
    problems: [
      { path, repaired: true, done: 'no snapshot needs it: the next sync that wants it fetches it again' },
    ],
  });
  expect(world.upstream.requests).toEqual([]);
  expect((await world.sync()).exit).toBe(0);
  expect(world.upstream.paths).toContain('example.com/later/@v/v1.0.0.zip');
  expect(world.unsound()).toEqual([]);
});

test('a pool file cut short after it was recorded is never published, and mended', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  truncateSync(join(world.mirror, 'pool', ZIP), 50);
  world.add('example.com/later', 'v1.0.0');
  world.sumAll();

  const { exit, json } = await world.sync();

  expect(exit).toBe(7);
  expect(json).toMatchObject({
    snapshot: { id: grown.ids[2] },
    error: {
      code: 'CORRUPT',
      message: expect.stringMatching(
        /^pool\/example\.com\/a\/@v\/v1\.0\.0\.zip: is damaged: has 50 bytes, the ledger says \d+$/,
      ),
      hint: 'run `modferry verify --full --repair`: it finds all that is bad and brings it back',
    },
  });
  expect((await world.verify('--repair')).exit).toBe(0);
  expect((await world.sync()).exit).toBe(0);
  expect(world.unsound()).toEqual([]);
});
