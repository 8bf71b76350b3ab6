/**
 * SIGKILL at every barrier. Afterwards what is published is whole, by the judgement of other tools; the next run
 * converges without a hand, asks for no file again that was finished, and leaves nothing behind.
 */
import { describe, expect, test } from 'vitest';
import { BARRIERS, type Barrier } from '../../src/barrier.ts';
import type { World } from '../support/sync-fixture.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';
import { barriersOf, killAt } from './kill.ts';
import { checkGo, checkSums } from './outside.ts';

const LINE = 'x'.repeat(300_000);
const files = (path: string) => ({
  'go.mod': `module ${path}\n`,
  'm.go': `package m // ${Math.random()}${LINE}\n`,
});

/** Two modules are to be mirrored; with `published`, two others are already. */
async function makeWorldBefore(published: boolean): Promise<LogWorld> {
  const world = await makeLogWorld();
  if (published) {
    for (const name of ['a', 'b']) world.add(`example.com/${name}`, 'v1.0.0', files(`example.com/${name}`));
    world.sumAll();
    expect((await world.sync()).exit).toBe(0);
  }
  for (const name of ['c', 'd']) world.add(`example.com/${name}`, 'v1.1.0', files(`example.com/${name}`));
  world.sumAll();
  // A list by URL has a copy in the mirror, which is replaced as a whole.
  world.upstream.put('list/go.sum', world.upstream.goSumLines().join('\n').concat('\n'));
  world.configure({ seeds: ['.', { url: `${world.upstream.url}/list/go.sum` }] });
  world.upstream.forget();
  return world;
}

/** Module files that lie in the pool under their names: finished work. */
const finished = (world: World) =>
  Object.keys(world.everything('pool')).filter((path) => /\.(info|mod|zip)$/.test(path));

async function expectConvergence(world: LogWorld): Promise<void> {
  checkSums(world);
  checkGo(world);
  const done = finished(world);
  world.upstream.forget();
  const { exit, json } = await world.sync();
  expect(json.error).toBeUndefined();
  expect(exit).toBe(0);
  expect(json).toMatchObject({ modules: { missing: 0, mismatched: 0 }, problems: [] });
  expect(world.upstream.paths.filter((path) => done.includes(path))).toEqual([]);
  expect(finished(world).length).toBe(3 * json.modules.wanted);
  checkSums(world);
  expect(world.unsound()).toEqual([]);
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0, problems: [] });
  expect((await world.sync()).json).toMatchObject({ outcome: 'unchanged', requests: 0 });
}

const OTHERS: readonly Barrier[] = [
  'prune moved the folder',
  'prune dropped the row',
  'gc forgot the files',
  'gc removed a file',
];
const OF_SYNC = BARRIERS.filter((barrier) => !OTHERS.includes(barrier));

test('a sync comes to every barrier that is one of a sync', async () => {
  await using world = await makeWorldBefore(true);
  const seen = await barriersOf(world, 'sync', '--quiet');
  expect(OF_SYNC.filter((barrier) => !seen.has(barrier))).toEqual([]);
  expect([...seen.keys()].filter((barrier) => !(OF_SYNC as readonly string[]).includes(barrier))).toEqual([]);
});

describe.each([
  ['a mirror that has published before', true],
  ['a first sync', false],
])('in %s', (_, published) => {
  test.each(OF_SYNC)('a sync that is killed at: %s', async (barrier) => {
    await using world = await makeWorldBefore(published);
    await killAt(world, barrier, 1, 'sync', '--quiet');
    await expectConvergence(world);
  });
});

test.each<[Barrier, number]>([
  ['download half written', 2],
  ['pool file staged', 3],
  ['pool file renamed', 3],
  ['snapshot half linked', 5],
  ['log lookup published', 2],
])('a sync that is killed the later time at: %s (%i)', async (barrier, count) => {
  await using world = await makeWorldBefore(true);
  await killAt(world, barrier, count, 'sync', '--quiet');
  await expectConvergence(world);
});

/** The first of two snapshots holds what no seed wants any more. */
async function makePrunable(): Promise<LogWorld> {
  const world = await makeLogWorld();
  for (const name of ['a', 'b', 'c', 'd']) world.add(`example.com/${name}`, 'v1.0.0');
  world.sumAll();
  await world.sync();
  world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/c@v1.0.0', 'example.com/d@v1.0.0'));
  expect((await world.sync('--prune', '--force')).exit).toBe(0);
  return world;
}

async function expectPruned(world: LogWorld): Promise<void> {
  checkSums(world);
  checkGo(world);
  expect((await world.run('snapshots', 'prune', '--keep', '1')).exit).toBe(0);
  expect((await world.run('gc')).exit).toBe(0);
  expect(finished(world).filter((path) => /example.com\/[ab]\//.test(path))).toEqual([]);
  expect(JSON.parse((await world.run('snapshots', 'list', '--json')).stdout)).toHaveLength(1);
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
  expect((await world.sync()).json).toMatchObject({ outcome: 'unchanged', requests: 0 });
  expect(world.unsound()).toEqual([]);
}

test.each(OTHERS.slice(0, 2))('a prune that is killed at: %s', async (barrier) => {
  await using world = await makePrunable();
  await killAt(world, barrier, 1, 'snapshots', 'prune', '--keep', '1');
  await expectPruned(world);
});

test.each<[Barrier, number]>([
  ['gc forgot the files', 1],
  ['gc removed a file', 1],
  ['gc removed a file', 3],
])('a gc that is killed at: %s (%i)', async (barrier, count) => {
  await using world = await makePrunable();
  await world.run('snapshots', 'prune', '--keep', '1');
  await killAt(world, barrier, count, 'gc');
  await expectPruned(world);
});

test.each<Barrier>(['link not swapped', 'link swapped'])(
  'a rollback that is killed at: %s',
  async (barrier) => {
    await using world = await makePrunable();
    const [first = ''] = (
      JSON.parse((await world.run('snapshots', 'list', '--json')).stdout) as { id: string }[]
    ).map(({ id }) => id);
    await killAt(world, barrier, 1, 'snapshots', 'rollback', first);
    checkSums(world);
    checkGo(world);
    expect((await world.run('snapshots', 'rollback', first)).exit).toBe(0);
    expect((await world.status()).json.current).toBe(first);
    expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
    expect(world.unsound()).toEqual([]);
  },
);
