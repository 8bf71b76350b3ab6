/** One snapshot after another: each is immutable, and names the one before it. */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, type World } from '../support/sync-fixture.ts';

/** A published module version, and a go.sum that wants one more. */
async function makeGrowingWorld(): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.2.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  await world.sync();
  world.add('example.com/m', 'v1.12.0');
  world.writeSum('b/go.sum', world.upstream.goSumLines('example.com/m@v1.12.0'));
  return world;
}

test('a second snapshot leaves the first as it was, byte for byte, and names it as its predecessor', async () => {
  await using world = await makeGrowingWorld();
  const first = join('public', readlinkSync(world.current));
  const before = world.everything(first);

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json.snapshot).toEqual({
    id: basename(readlinkSync(world.current)),
    path: join(world.mirror, 'public', readlinkSync(world.current)),
    previous: basename(first),
  });
  expect(JSON.parse(world.read('_mirror/snapshot.json')).previous).toBe(basename(first));
  expect(world.everything(first)).toEqual(before);
  expect(world.read('example.com/m/@v/list')).toBe('v1.2.0\nv1.12.0\n');
  expect(world.unsound()).toEqual([]);
});

test('what @latest was in one snapshot and is in the next have times of their own', async () => {
  await using world = await makeGrowingWorld();
  const first = readlinkSync(world.current);
  await world.sync();

  const latest = (snapshot: string) =>
    lstatSync(join(world.mirror, 'public', snapshot, 'example.com/m/@latest'));
  const pooled = statSync(join(world.mirror, 'pool/example.com/m/@v/v1.12.0.info'));
  expect(latest(readlinkSync(world.current)).ino).not.toBe(pooled.ino);
  expect(latest(readlinkSync(world.current)).mtimeMs).toBeGreaterThan(latest(first).mtimeMs);
});

test('an .info is our own text: known fields in order, nothing that could be a secret', async () => {
  await using world = await makeWorld();
  const info = {
    Origin: { VCS: 'git', URL: 'https://bob:hunter2@git.corp.example/m?token=1', Hash: 'abc', Extra: 'x' },
    Time: '2024-01-02T03:04:05Z',
    Version: 'v1.0.0',
    Name: 'x',
  };
  world.upstream.add({
    path: 'example.com/m',
    version: 'v1.0.0',
    files: {},
    info: JSON.stringify(info, null, 2),
  });
  world.writeSum('a/go.sum', world.modLines());

  await world.sync();

  expect(world.read('example.com/m/@v/v1.0.0.info')).toBe(
    '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z","Origin":{"VCS":"git","URL":"https://git.corp.example/m","Hash":"abc"}}',
  );
});
