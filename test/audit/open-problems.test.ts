/** What status says of the last run's problems, until they are gone. */
import { expect, test } from 'vitest';
import { makeWorld } from '../support/sync-fixture.ts';

test('a file that could not be had stays a problem until a run brings it, and no longer', async () => {
  await using world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  world.upstream.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
  const { json: run } = await world.sync();

  const { json } = await world.status();
  expect(json.problems).toEqual(run.problems);
  expect(json.problems).toMatchObject([{ module: 'example.com/b', file: 'zip', code: 'NOT_FOUND' }]);
  expect(json.lastRun).toMatchObject({ outcome: 'incomplete', error: null });
  expect((await world.run('status')).stdout).toContain(`NOT_FOUND: ${run.problems[0]?.message}`);

  world.upstream.heal();
  await world.sync();
  expect((await world.status()).json).toMatchObject({ problems: [], lastRun: { outcome: 'published' } });
});

test('what the seeds no longer want is no problem any more, before any run', async () => {
  await using world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  world.upstream.fault(/example.com\/b\//, { status: 404 });
  await world.sync();
  expect((await world.status()).json.problems).toHaveLength(3);
  world.writeSum('x/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
  expect((await world.status()).json.problems).toEqual([]);
});

test('an accepted gap is told with its reason and its last day, and is no problem', async () => {
  await using world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  world.upstream.fault(/\.zip$/, { status: 404 });
  const accept = [{ module: 'example.com/a', version: 'v1.0.0', reason: 'withdrawn', until: '2999-06-30' }];
  world.configure({ accept });
  expect((await world.sync()).exit).toBe(0);
  const { json } = await world.status();
  expect(json.problems).toEqual([]);
  expect(json.acceptedGaps).toMatchObject([{ file: 'zip', reason: 'withdrawn', until: '2999-06-30' }]);
  expect((await world.run('status')).stdout).toMatch(/accepted until 2999-06-30: .*404.* \(withdrawn\)/);
});

test('a run that ended early is told with what ended it, and the history has them all, the newest first', async () => {
  await using world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  await world.sync();
  await world.sync();
  world.writeSum('x/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
  expect((await world.sync('--prune')).exit).toBe(5);
  const { json } = await world.status();
  expect(json.history.map(({ outcome }) => outcome)).toEqual(['refused', 'unchanged', 'published']);
  expect(json.lastRun?.error).toMatchObject({ code: 'WIPE_REFUSED' });
  expect((await world.run('status')).stdout).toMatch(
    /^last run: refused, started \S+: snapshot \S+: refusing to prune/m,
  );
});
