/** Whoever only reads is not fooled by a writer that is at work beside it. */
import { expect, test } from 'vitest';
import type { VerifyReport } from '../../src/audit/verify.ts';
import { answerOf, makeWorld, type World } from '../support/sync-fixture.ts';

/** Many small snapshots, each with modules of its own. */
async function makeMany(count: number): Promise<World> {
  const world = await makeWorld();
  for (let index = 0; index < count; index++) {
    const names = Array.from({ length: 12 }, (_, file) => `example.com/s${index}m${file}`);
    for (const name of names) world.add(name, 'v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines(...names.map((name) => `${name}@v1.0.0`)));
    expect((await world.sync('--prune', '--force')).exit).toBe(0);
  }
  return world;
}

const report = async (ended: ReturnType<World['run']>) => answerOf<VerifyReport>(await ended);

test('a verify that runs while snapshots are pruned and the pool is cleared finds nothing bad', async () => {
  await using world = await makeMany(5);
  const verifying = Array.from({ length: 4 }, () => world.run('verify', '--full', '--json'));
  const pruned = await world.run('snapshots', 'prune', '--keep', '1', '--json');
  const gc = await world.run('gc', '--json');
  const more = world.run('verify', '--full', '--json');

  expect(pruned.exit).toBe(0);
  expect((JSON.parse(pruned.stdout) as { removed: unknown[] }).removed).toHaveLength(4);
  expect((JSON.parse(gc.stdout) as { count: number }).count).toBe(4 * 12 * 3);
  for (const one of [...verifying, more]) {
    const { exit, json } = await report(one);
    expect(json.problems).toEqual([]);
    expect(exit).toBe(0);
  }
});

test('a verify that runs while a sync publishes finds nothing bad', async () => {
  await using world = await makeMany(2);
  for (let index = 0; index < 40; index++) world.add(`example.com/n${index}`, 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  const syncing = world.sync();
  const verified: Awaited<ReturnType<typeof report>>[] = [];
  let isRunning = true;
  void syncing.finally(() => {
    isRunning = false;
  });
  do verified.push(await report(world.run('verify', '--full', '--json')));
  while (isRunning);

  expect((await syncing).exit).toBe(0);
  for (const { exit, json } of verified)
    expect({ exit, problems: json.problems }).toEqual({ exit: 0, problems: [] });
});
