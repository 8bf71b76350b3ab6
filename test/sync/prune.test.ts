/** A mirror only grows, unless it is told to prune; and a prune that would drop much is refused. */
import { expect, test } from 'vitest';
import { makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'].map((letter) => `example.com/${letter}`);

/** Five module versions are published, of which the go.sum goes on to want some. */
async function makeGrownWorld(stillWanted: number): Promise<World> {
  const world = await makeWorld();
  for (const name of NAMES) world.add(name, 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  world.writeSum('a/go.sum', world.modLines().slice(0, stillWanted));
  world.upstream.forget();
  return world;
}

test('what no seed wants any longer stays, and is no longer counted', async () => {
  await using world = await makeGrownWorld(1);
  const before = world.everything('public');

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'unchanged', modules: { wanted: 1, present: 1 }, requests: 0 });
  expect(world.everything('public')).toEqual(before);
});

test('a seed that is removed keeps its modules in the snapshots that follow', async () => {
  await using world = await makeGrownWorld(1);
  world.add('example.com/new', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines('example.com/new@v1.0.0'));

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 1, fetched: 1 } });
  expect(modulesOf(world)).toEqual([...NAMES, 'example.com/new']);
  expect(world.unsound()).toEqual([]);
});

test('--prune publishes exactly what the seeds want, up to 40 % less, with no request', async () => {
  await using world = await makeGrownWorld(3);

  const { exit, json } = await world.sync('--prune');

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'published',
    modules: { wanted: 3, present: 3, fetched: 0 },
    requests: 0,
  });
  expect(modulesOf(world)).toEqual(NAMES.slice(0, 3));
  expect(world.unsound()).toEqual([]);
  expect(await world.sync('--prune')).toMatchObject({ exit: 0, json: { outcome: 'unchanged' } });
});

test('--prune that would drop over 40 % is refused with exit 5, before any request, and changes nothing', async () => {
  await using world = await makeGrownWorld(2);
  const before = world.everything('public');
  world.add('example.com/new', 'v1.0.0');
  const kept = [...world.modLines().slice(0, 2), ...world.modLines('example.com/new@v1.0.0')];
  world.writeSum('a/go.sum', kept);

  const { exit, json } = await world.sync('--prune');

  expect(exit).toBe(5);
  expect(json).toMatchObject({
    outcome: 'refused',
    error: {
      code: 'WIPE_REFUSED',
      message: `snapshot ${json.snapshot?.id}: refusing to prune 3 of its 5 module versions, over 40 %`,
      hint: 'look at `modferry plan` first; if the seeds are right, pass --force',
    },
    requests: 0,
  });
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything('public')).toEqual(before);
  expect(world.unsound()).toEqual([]);
});

test('--force passes the guard', async () => {
  await using world = await makeGrownWorld(1);

  const { exit, json } = await world.sync('--prune', '--force');

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 1, present: 1 } });
  expect(modulesOf(world)).toEqual(NAMES.slice(0, 1));
});

test('--force does not make a false file pass', async () => {
  await using world = await makeGrownWorld(3);
  world.add('example.com/new', 'v1.0.0');
  world.writeSum('a/go.sum', [...world.modLines().slice(0, 3), `example.com/new v1.0.0/go.mod ${OTHER_H1}`]);

  const { exit, json } = await world.sync('--prune', '--force');

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([{ code: 'HASH_MISMATCH' }]);
  expect(world.files()).not.toContain('example.com/new/@v/v1.0.0.mod');
});

test('--force without --prune prunes nothing', async () => {
  await using world = await makeGrownWorld(1);

  expect(await world.sync('--force')).toMatchObject({ exit: 0, json: { outcome: 'unchanged' } });
  expect(modulesOf(world)).toEqual(NAMES);
});

test('a file that is wanted and missing does not make a prune drop what is held', async () => {
  await using world = await makeGrownWorld(3);
  world.add('example.com/a', 'v1.1.0');
  world.upstream.fault(/v1\.1\.0/, { status: 404 });
  world.writeSum('a/go.sum', [...world.modLines().slice(0, 3), ...world.modLines('example.com/a@v1.1.0')]);

  const { exit, json } = await world.sync('--prune');

  expect(exit).toBe(3);
  expect(json).toMatchObject({ outcome: 'incomplete', modules: { wanted: 4, present: 3, missing: 1 } });
  expect(modulesOf(world)).toEqual(NAMES.slice(0, 3));
});

test.each([
  ['that disagrees with another', 'b/go.sum'],
  ['that contradicts what is held', 'a/go.sum'],
])('a go.sum %s does not make a prune drop what is published already', async (_, path) => {
  await using world = await makeGrownWorld(5);
  const wrong = NAMES.map((name) => `${name} v1.0.0/go.mod ${OTHER_H1}`);
  world.writeSum(path, wrong);
  const before = world.files();

  const { exit, json } = await world.sync('--prune');

  expect(exit).toBe(4);
  expect(json).toMatchObject({ outcome: 'incomplete', modules: { wanted: 5, mismatched: 5 }, requests: 0 });
  expect(world.files()).toEqual(before);
  expect(world.unsound()).toEqual([]);
});

test('with a seed that cannot be read nothing is pruned, since what it wants is not known', async () => {
  await using world = await makeGrownWorld(3);
  const url = `${world.upstream.url}/lists/go.sum`;
  world.configure({ seeds: ['.', { url }] });
  const before = world.everything('public');

  const { exit, json, log } = await world.sync('--prune');

  expect(exit).toBe(3);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    problems: [{ code: 'SEED_UNAVAILABLE', sources: [url] }],
  });
  expect(log).toEqual(['warn: not pruning: what a seed wants that cannot be read is not known']);
  expect(world.everything('public')).toEqual(before);
});

test('what was pruned is published again from the pool when a seed wants it again, with no request', async () => {
  await using world = await makeGrownWorld(3);
  await world.sync('--prune');
  world.writeSum('a/go.sum', world.modLines());

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 5, present: 5 }, requests: 0 });
  expect(modulesOf(world)).toEqual(NAMES);
  expect(world.unsound()).toEqual([]);
});

function modulesOf(world: World): string[] {
  return world
    .files()
    .flatMap((path) => (path.endsWith('/@v/list') ? [path.slice(0, -'/@v/list'.length)] : []));
}
