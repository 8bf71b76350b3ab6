/** What a crash leaves behind around publishing: the next run converges, with no manual step and no request. */
import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeWorld, type World } from '../support/sync-fixture.ts';

afterEach(() => void vi.useRealTimers());

test('a snapshot whose row was written before a crash, but not its folder, is taken back', async () => {
  await using world = await makeWorld();
  const { first, second } = await publishTwo(world);
  rmSync(join(world.mirror, 'public/snapshots', second), { recursive: true });
  pointCurrentAt(world, first);
  world.upstream.forget();

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(log).toEqual([`warn: snapshot ${second} was never published: its row is taken back`]);
  expect(json).toMatchObject({ outcome: 'published', snapshot: { previous: first }, requests: 0 });
  expect(world.files()).toContain('example.com/n/@v/v1.0.0.mod');
  expect(world.unsound()).toEqual([]);
});

test('a snapshot that was named before a crash, but is not current, is published anew', async () => {
  await using world = await makeWorld();
  const { first } = await publishTwo(world);
  pointCurrentAt(world, first);
  world.upstream.forget();

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', snapshot: { previous: first }, requests: 0 });
  expect(world.files()).toContain('example.com/n/@v/v1.0.0.mod');
  expect(world.unsound()).toEqual([]);
});

test('the same contents can be published twice in one second', async () => {
  await using world = await makeWorld();
  vi.useFakeTimers({ toFake: ['Date'] });
  const { first } = await publishTwo(world);
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));

  const { exit, json } = await world.sync('--prune', '--force');

  expect(json.error).toBeUndefined();
  expect(exit).toBe(0);
  expect(json.outcome).toBe('published');
  expect(json.snapshot?.id).not.toBe(first);
  expect(world.files()).not.toContain('example.com/n/@v/v1.0.0.mod');
});

test('what a crash left in staging is gone after the next run', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  mkdirSync(join(world.mirror, 'staging/snapshot-x/example.com'), { recursive: true });
  writeFileSync(join(world.mirror, 'staging/snapshot-x/example.com/file'), 'half');
  writeFileSync(join(world.mirror, 'staging/4711-0'), 'half');

  expect((await world.sync()).exit).toBe(0);
  expect(world.unsound()).toEqual([]);
});

async function publishTwo(world: World): Promise<{ first: string; second: string }> {
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
  await world.sync();
  const first = basename(readlinkSync(world.current));
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  return { first, second: basename(readlinkSync(world.current)) };
}

function pointCurrentAt(world: World, id: string): void {
  symlinkSync(join('snapshots', id), `${world.current}.new`);
  renameSync(`${world.current}.new`, world.current);
}
