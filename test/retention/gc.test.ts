/** The verb `gc`: what it says is what it does, and nothing that anybody needs goes. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, makeWorld, type World } from '../support/sync-fixture.ts';

interface GcReport {
  readonly dryRun: boolean;
  readonly files: { path: string; size: number }[];
  readonly count: number;
  readonly bytes: number;
}

const A_FILES = ['info', 'mod', 'zip'].map((ending) => `example.com/a/@v/v1.0.0.${ending}`);

/** `a` is in the first snapshot only, which a prune has removed; no seed wants it. */
async function makeShrunk(): Promise<World> {
  const world = await makeWorld();
  for (const name of ['a', 'b', 'c']) world.add(`example.com/${name}`, 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  await world.sync();
  world.writeSum('x/go.sum', world.upstream.goSumLines('example.com/b@v1.0.0', 'example.com/c@v1.0.0'));
  expect((await world.sync('--prune')).exit).toBe(0);
  return world;
}

const gc = async (world: World, ...flags: string[]) =>
  answerOf<GcReport>(await world.run('gc', ...flags, '--json'));
const inPool = (world: World) => Object.keys(world.everything('pool'));

test('what an old snapshot serves stays', async () => {
  await using world = await makeShrunk();
  const before = world.everything();
  expect(await gc(world)).toMatchObject({ exit: 0, json: { files: [], count: 0, bytes: 0 } });
  expect(world.everything()).toEqual(before);
});

test('what no snapshot holds goes: the plan and the act name the same files, and no folder is left empty', async () => {
  await using world = await makeShrunk();
  await world.run('snapshots', 'prune', '--keep', '1');
  const before = world.everything();
  const sizes = A_FILES.map((path) => ({ path, size: statSync(join(world.mirror, 'pool', path)).size }));

  const dry = await gc(world, '--dry-run');
  expect(dry.json.files).toEqual(sizes);
  expect(world.everything()).toEqual(before);
  const { exit, json } = await gc(world);

  expect(exit).toBe(0);
  expect(json).toEqual({ ...dry.json, dryRun: false });
  expect(json.bytes).toBe(sizes.reduce((sum, { size }) => sum + size, 0));
  expect(inPool(world).filter((path) => path.startsWith('example.com/a/'))).toEqual([]);
  expect(existsSync(join(world.mirror, 'pool/example.com/a'))).toBe(false);
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
  expect((await gc(world)).json.count).toBe(0);
});

test('what went is fetched again when a seed wants it', async () => {
  await using world = await makeShrunk();
  await world.run('snapshots', 'prune', '--keep', '1');
  await gc(world);
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({
    exit: 0,
    json: { outcome: 'published', modules: { fetched: 1 } },
  });
  expect(world.upstream.paths.sort()).toEqual(A_FILES);
  expect(world.unsound()).toEqual([]);
});

test('a pinned snapshot keeps its files, also after the prune', async () => {
  await using world = await makeShrunk();
  const [first = ''] = Object.keys(world.everything('public/snapshots')).map((path) => path.split('/')[0]);
  await world.run('snapshots', 'pin', first);
  await world.run('snapshots', 'prune', '--keep', '1');
  expect((await gc(world)).json.count).toBe(0);
});

test('finished work that waits to be published stays: it is not fetched twice', async () => {
  await using world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  world.upstream.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
  expect((await world.sync('--strict')).json).toMatchObject({ outcome: 'incomplete', snapshot: null });

  expect((await gc(world)).json.count).toBe(0);
  world.upstream.heal();
  world.upstream.forget();
  await world.sync('--strict');
  expect(world.upstream.paths).toEqual(['example.com/b/@v/v1.0.0.zip']);
});

test('files that a crash left unknown to the ledger go, and what is no module file is not touched', async () => {
  await using world = await makeShrunk();
  mkdirSync(join(world.mirror, 'pool/example.com/z/@v'), { recursive: true });
  writeFileSync(join(world.mirror, 'pool/example.com/z/@v/v1.0.0.zip'), 'half of something');
  writeFileSync(join(world.mirror, 'pool/example.com/z/@v/notes.txt'), 'of a person');
  writeFileSync(join(world.mirror, 'pool/example.com/z/@v/nonsense.zip'), 'no version');

  const { json } = await gc(world);

  expect(json.files).toEqual([{ path: 'example.com/z/@v/v1.0.0.zip', size: 17 }]);
  expect(inPool(world).filter((path) => path.startsWith('example.com/z/'))).toEqual([
    'example.com/z/@v/nonsense.zip',
    'example.com/z/@v/notes.txt',
  ]);
});

test('with the state database lost, what snapshots hold stays', async () => {
  await using world = await makeShrunk();
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
  const before = world.everything('pool');
  expect((await gc(world)).json.count).toBe(0);
  expect(world.everything('pool')).toEqual(before);
});

test('another writer holds the lock: exit 6, with who and since when', async () => {
  await using world = await makeShrunk();
  const { acquireLease } = await import('../../src/store/lease.ts');
  const lease = acquireLease(world.mirror, 'sync', () => new Date('2026-11-03T00:00:00Z'));
  try {
    const { exit, json } = await world.refused('gc');
    expect(exit).toBe(6);
    expect(json.error.message).toMatch(
      /is locked by sync of process \d+ on .* since 2026-11-03T00:00:00.000Z$/,
    );
  } finally {
    lease.release();
  }
});

test('a database with damaged pages is exit 7 with what to do, not a bug', async () => {
  await using world = await makeShrunk();
  const file = join(world.mirror, 'state.db');
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)]));
  const { exit, json } = await world.refused('gc');
  expect(exit).toBe(7);
  expect(json.error).toMatchObject({
    code: 'CORRUPT',
    hint: expect.stringContaining('modferry verify --repair'),
  });
});
