/** The verb `snapshots` on a mirror that has published three times. */
import { existsSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, makeWorld, type World } from '../support/sync-fixture.ts';

interface Listed {
  readonly id: string;
  readonly createdAt: string;
  readonly modules: number;
  readonly bytes: number;
  readonly current: boolean;
  readonly pinned: boolean;
}

/** Three snapshots: of a, of a and b, and of a, b and c. */
async function makeThree(): Promise<{ world: World; ids: [string, string, string] }> {
  const world = await makeWorld();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    world.add(`example.com/${name}`, 'v1.0.0');
    world.writeSum('x/go.sum', world.upstream.goSumLines());
    const { exit, json } = await world.sync();
    expect(exit).toBe(0);
    ids.push(json.snapshot?.id ?? '');
  }
  const [first = '', second = '', third = ''] = ids;
  return { world, ids: [first, second, third] };
}

async function ask<T>(world: World, ...argv: string[]): Promise<{ exit: number; json: T }> {
  return answerOf<T>(await world.run(...argv, '--json'));
}

const list = (world: World) => ask<Listed[]>(world, 'snapshots', 'list');
const folder = (world: World, id: string) => join(world.mirror, 'public/snapshots', id);
const currentId = (world: World) => basename(readlinkSync(world.current));

test('list names them oldest first, with what each holds, and which is current', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;

  const { exit, json } = await list(world);

  expect(exit).toBe(0);
  expect(json.map(({ id, modules, current, pinned }) => ({ id, modules, current, pinned }))).toEqual([
    { id: ids[0], modules: 1, current: false, pinned: false },
    { id: ids[1], modules: 2, current: false, pinned: false },
    { id: ids[2], modules: 3, current: true, pinned: false },
  ]);
  for (const { bytes, createdAt } of json) {
    expect(bytes).toBeGreaterThan(0);
    expect(new Date(createdAt).toISOString()).toBe(createdAt);
  }
  expect((await world.run('snapshots', 'list')).stdout.split('\n')[2]).toMatch(
    /3 module versions, .*\(current\)$/,
  );
});

test('list of a mirror that has published nothing is empty', async () => {
  await using world = await makeWorld();
  expect(await list(world)).toMatchObject({ exit: 0, json: [] });
  expect(existsSync(world.mirror)).toBe(false);
});

test('show tells what a snapshot brought', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;

  const { json } = await ask<Record<string, unknown>>(world, 'snapshots', 'show', 'current');

  expect(json).toMatchObject({
    id: ids[2],
    previous: ids[1],
    change: { added: ['example.com/c@v1.0.0'], removed: [] },
    versions: [
      { module: 'example.com/a', version: 'v1.0.0', requiredBy: ['x/go.sum'] },
      { module: 'example.com/b', version: 'v1.0.0', requiredBy: ['x/go.sum'] },
      { module: 'example.com/c', version: 'v1.0.0', requiredBy: ['x/go.sum'] },
    ],
  });
});

test.each([
  [['snapshots'], 'snapshots: say what to do: list, show, pin, unpin, rollback, prune'],
  [['snapshots', 'lst'], "there is no 'snapshots lst'"],
  [['snapshots', 'show', '1999'], "there is no snapshot '1999'"],
  [['snapshots', 'rollback', '2'], "'2' begins 3 snapshots: write more of it"],
  [['snapshots', 'prune'], 'snapshots prune: nothing says what to keep'],
  [['snapshots', 'prune', '--keep', '0'], "--keep: '0' is no count of at least 1"],
  [['snapshots', 'prune', '--keep-days', '1e3'], "--keep-days: '1e3' is no count of at least 1"],
  [['snapshots', 'list', '--dry-run'], 'there is no flag --dry-run'],
])('%j is exit 2 and says what is wrong', async (argv, message) => {
  const { world } = await makeThree();
  await using _ = world;
  const before = world.everything();
  const { exit, json } = await world.refused(...argv);
  expect(exit).toBe(2);
  expect(json.error.message).toBe(message);
  expect(world.everything()).toEqual(before);
});

test('rollback makes an earlier snapshot current, and changes none', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  const before = world.everything('public/snapshots');

  const { exit, json } = await ask(world, 'snapshots', 'rollback', ids[0]);

  expect(exit).toBe(0);
  expect(json).toEqual({ current: ids[0], previous: ids[2] });
  expect(currentId(world)).toBe(ids[0]);
  expect(world.everything('public/snapshots')).toEqual(before);
  expect((await world.status()).json).toMatchObject({ current: ids[0], modules: 1 });
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
});

test('after a rollback the next sync builds on what is current plus the seeds, and asks for nothing', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  await world.run('snapshots', 'rollback', ids[0]);
  world.writeSum('x/go.sum', world.upstream.goSumLines('example.com/c@v1.0.0'));

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', snapshot: { previous: ids[0] }, requests: 0 });
  expect(world.files().filter((path) => path.endsWith('.zip'))).toEqual([
    'example.com/a/@v/v1.0.0.zip',
    'example.com/c/@v/v1.0.0.zip',
  ]);
  expect((await list(world)).json.map(({ modules }) => modules)).toEqual([1, 2, 3, 2]);
  expect(world.unsound()).toEqual([]);
});

test('rollback to a snapshot that is not whole is refused with exit 7, and current stays', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  rmSync(join(folder(world, ids[0]), 'example.com/a/@v/v1.0.0.mod'));

  const { exit, json } = await world.refused('snapshots', 'rollback', ids[0]);

  expect(exit).toBe(7);
  expect(json.error).toMatchObject({
    code: 'CORRUPT',
    message: `snapshot ${ids[0]}: example.com/a/@v/v1.0.0.mod is not there, or has another size`,
    hint: 'run `modferry verify --full --repair`; current is as it was',
  });
  expect(currentId(world)).toBe(ids[2]);
});

test('prune keeps the newest so many, what is current and what is pinned', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  await world.run('snapshots', 'pin', ids[0], '--reason', 'release 4.2');
  const kept = world.everything(`public/snapshots/${ids[0]}`);

  const dry = await ask<{ removed: Listed[] }>(world, 'snapshots', 'prune', '--keep', '1', '--dry-run');
  expect(existsSync(folder(world, ids[1]))).toBe(true);
  const { exit, json } = await ask<{ removed: Listed[] }>(world, 'snapshots', 'prune', '--keep', '1');

  expect(exit).toBe(0);
  expect(json.removed).toEqual(dry.json.removed);
  expect(json.removed.map(({ id }) => id)).toEqual([ids[1]]);
  expect(existsSync(folder(world, ids[1]))).toBe(false);
  expect((await list(world)).json.map(({ id, pinned }) => [id, pinned])).toEqual([
    [ids[0], true],
    [ids[2], false],
  ]);
  expect(world.everything(`public/snapshots/${ids[0]}`)).toEqual(kept);
  expect((await world.run('snapshots', 'list')).stdout).toContain('(pinned: release 4.2)');
  expect(world.unsound()).toEqual([]);
});

test('prune after a rollback keeps what is current, however old, and the newest', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  await world.run('snapshots', 'rollback', ids[0]);

  await world.run('snapshots', 'prune', '--keep', '1');

  expect((await list(world)).json.map(({ id, current }) => [id, current])).toEqual([
    [ids[0], true],
    [ids[2], false],
  ]);
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published', requests: 0 } });
});

test('prune by days goes by the time of publishing, and either rule keeps', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  expect((await ask<{ removed: [] }>(world, 'snapshots', 'prune', '--keep-days', '1')).json.removed).toEqual(
    [],
  );
  world.configure({ keep: { snapshots: 2 } });
  const { json } = await ask<{ removed: Listed[] }>(world, 'snapshots', 'prune');
  expect(json.removed.map(({ id }) => id)).toEqual([ids[0]]);
});

test('a pin outlives the state database; unpin takes it away', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  await world.run('snapshots', 'pin', ids[0]);
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });

  expect((await list(world)).json.map(({ id, pinned }) => [id, pinned])).toEqual([
    [ids[0], true],
    [ids[1], false],
    [ids[2], false],
  ]);
  expect((await ask(world, 'snapshots', 'unpin', ids[0])).json).toMatchObject({
    pinned: false,
    wasPinned: true,
  });
  expect((await ask(world, 'snapshots', 'unpin', ids[0])).json).toMatchObject({ wasPinned: false });
});

test('pins that cannot be read stop a prune rather than be taken for none', async () => {
  const { world } = await makeThree();
  await using _ = world;
  writeFileSync(join(world.mirror, 'pins.json'), '{"2026');
  const before = world.everything('public');
  const { exit, json } = await world.refused('snapshots', 'prune', '--keep', '1');
  expect(exit).toBe(7);
  expect(json.error.message).toBe(`${world.mirror}/pins.json: is no list of pinned snapshots`);
  expect(world.everything('public')).toEqual(before);
});

test('a prune that was killed between its steps is finished by the next writer', async () => {
  const { world, ids } = await makeThree();
  await using _ = world;
  // The folder has left, and neither its row nor its files are gone.
  renameSync(folder(world, ids[0]), join(world.mirror, `staging/pruned-${ids[0]}`));

  expect((await list(world)).json.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
  const { exit, log } = await world.sync();
  expect(exit).toBe(0);
  expect(log).toEqual([`warn: snapshot ${ids[0]} is there no more: its row is taken back`]);
  expect((await list(world)).json.map(({ id, modules }) => [id, modules])).toEqual([
    [ids[1], 2],
    [ids[2], 3],
  ]);
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
  expect(world.unsound()).toEqual([]);
});
