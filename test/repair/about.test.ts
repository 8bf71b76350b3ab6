/** `verify --repair` of what a snapshot says of itself: from the second copy in about/, or from the rest. */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeLogWorld } from '../sync/log-world.ts';
import { expectMended, flip, loseDatabase, makeGrown, namesIn, snapshotFile, still } from './world.ts';

afterEach(() => void vi.useRealTimers());

const FILES = ['_mirror/snapshot.json', '_mirror/SHA256SUMS', '_mirror/bom.cdx.json', '_mirror/go.mod'];

test('publishing keeps a second copy, and what a crash left of one goes', async () => {
  const { world, ids } = await makeGrown();
  await using _ = world;
  expect(namesIn(join(world.mirror, 'about'))).toEqual(ids);
  expect(Object.keys(world.everything(`about/${ids[0]}`))).toEqual([
    '_mirror/bom.cdx.json.zst',
    '_mirror/go.mod.zst',
    '_mirror/snapshot.json.zst',
  ]);
  rmSync(join(world.mirror, 'public/snapshots', ids[2]), { recursive: true });
  await world.verify('--repair');
  writeFileSync(join(world.mirror, 'about', 'never-published'), '');

  await world.sync();

  expect(namesIn(join(world.mirror, 'about'))).toEqual(ids);
});

test('a snapshot that is pruned takes its second copy along', async () => {
  const { world, ids } = await makeGrown();
  await using _ = world;
  expect((await world.run('snapshots', 'prune', '--keep', '2')).exit).toBe(0);
  expect(namesIn(join(world.mirror, 'about'))).toEqual(ids.slice(1));
});

test.each(FILES)('%s, damaged or gone, comes back', async (path) => {
  const grown = await makeGrown();
  await using world = grown.world;
  flip(snapshotFile(world, grown.ids[2], path));
  await expectMended(grown);
  rmSync(snapshotFile(world, grown.ids[2], path));
  const { json } = await expectMended(grown);

  expect(world.upstream.requests).toEqual([]);
  expect(json.problems.map((problem) => problem.path)).toContain(`public/snapshots/${grown.ids[2]}/${path}`);
});

test('all of _mirror gone comes back, with the database and without it', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  rmSync(snapshotFile(world, grown.ids[2], '_mirror'), { recursive: true });
  await expectMended(grown);
  rmSync(snapshotFile(world, grown.ids[2], '_mirror'), { recursive: true });
  loseDatabase(world);
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('a bad manifest and bad files under it come right in one repair', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  appendFileSync(snapshotFile(world, grown.ids[2], '_mirror/snapshot.json'), '\n');
  rmSync(snapshotFile(world, grown.ids[2], 'example.com/a/@v/list'));

  const { json } = await expectMended(grown);

  expect(json.repaired).toBe(2);
});

test('a snapshot older than the copies: what is lost stays so, with what to do; SHA256SUMS follows from the rest', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  const lines = readFileSync(snapshotFile(world, newest, '_mirror/SHA256SUMS'), 'utf8');
  writeFileSync(
    snapshotFile(world, newest, '_mirror/SHA256SUMS'),
    lines.replace(/^[0-9a-f]{64}(?= {2}example)/m, 'f'.repeat(64)),
  );
  rmSync(join(world.mirror, 'about'), { recursive: true });
  await expectMended(grown);

  flip(snapshotFile(world, newest, '_mirror/bom.cdx.json'));
  const { exit, json } = await world.verify('--repair');

  expect(exit).toBe(4);
  expect(still(json)).toEqual([
    [
      `public/snapshots/${newest}/_mirror/bom.cdx.json`,
      expect.stringMatching(/older than such copies.*snapshots prune$/),
    ],
  ]);
});

test.each([
  ['the manifest', '_mirror/snapshot.json'],
  ['the SHA256SUMS', '_mirror/SHA256SUMS'],
])(
  'without a copy and a database, a manifest and sums that disagree are both left alone: %s changed',
  async (_, path) => {
    const grown = await makeGrown();
    await using world = grown.world;
    const newest = grown.ids[2];
    rmSync(join(world.mirror, 'about'), { recursive: true });
    loseDatabase(world);
    const file = snapshotFile(world, newest, path);
    const text = readFileSync(file, 'utf8');
    const changed = path.endsWith('json')
      ? text.replace('a/go.sum', 'b/go.sum')
      : text.replace(/^[0-9a-f]{64}(?= {2}_mirror\/snapshot\.json$)/m, 'f'.repeat(64));
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);

    expect((await world.verify('--repair')).exit).toBe(4);

    expect(readFileSync(file, 'utf8')).toBe(changed);
  },
);

test.each([
  ['has a bit flipped', (file: string) => flip(file)],
  ['is gone', (file: string) => rmSync(file)],
])('verify --full finds a second copy that %s, and the repair makes it again', async (_, damage) => {
  const grown = await makeGrown();
  await using world = grown.world;
  const path = `about/${grown.ids[0]}/_mirror/bom.cdx.json.zst`;
  const before = world.everything('about');
  damage(join(world.mirror, path));
  expect((await world.verify()).json.problems).toEqual([]);

  const { json } = await expectMended(grown, '--full');

  expect(json.problems).toMatchObject([{ path, repaired: true, done: 'copied again from the snapshot' }]);
  expect(world.everything('about')).toEqual(before);
});

test('the list that leaves out a toolchain which is not there for all its platforms comes back as it was', async () => {
  await using world = await makeLogWorld();
  const version = (platform: string) => `v0.0.1-go1.27.1.${platform}`;
  for (const platform of ['linux-amd64', 'darwin-arm64'])
    world.add('golang.org/toolchain', version(platform), { 'bin/go': '#!/bin/sh\n' });
  world.configure({ seeds: [{ toolchain: 'go1.27.1', platforms: ['linux-amd64', 'darwin-arm64'] }] });
  world.upstream.fault(/darwin-arm64\.zip$/, { status: 403 });
  expect((await world.sync()).exit).toBe(3);
  expect(world.files()).toContain(`golang.org/toolchain/@v/${version('linux-amd64')}.zip`);
  expect(world.read('golang.org/toolchain/@v/list')).toBe('');
  const before = world.everything('public');
  world.upstream.forget();
  writeFileSync(join(world.current, 'golang.org/toolchain/@v/list'), `${version('linux-amd64')}\n`);

  expect((await world.verify('--repair')).exit).toBe(0);

  expect(world.everything('public')).toEqual(before);
  expect(world.upstream.requests).toEqual([]);
});

test('a second copy that is damaged itself is not used', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const newest = grown.ids[2];
  flip(join(world.mirror, 'about', newest, '_mirror/go.mod.zst'));
  flip(snapshotFile(world, newest, '_mirror/go.mod'));
  const before = readFileSync(snapshotFile(world, newest, '_mirror/go.mod'));

  expect((await world.verify('--repair')).exit).toBe(4);

  expect(readFileSync(snapshotFile(world, newest, '_mirror/go.mod'))).toEqual(before);
  expect(existsSync(join(world.mirror, 'about', newest))).toBe(true);
});

test('the link to the log comes back, and one that leads elsewhere is put right', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  rmSync(snapshotFile(world, grown.ids[2], 'sumdb'));
  await expectMended(grown);
  rmSync(snapshotFile(world, grown.ids[2], 'sumdb'));
  writeFileSync(snapshotFile(world, grown.ids[2], 'sumdb'), '');
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});
