/** A run that is stopped: what is under way finishes, or is cut off by a second signal; nothing is published. */
import { afterEach, expect, test, vi } from 'vitest';
import type { SyncReport } from '../../src/sync/report.ts';
import { answerOf, hold, makeWorld, type Running, type Signal, type World } from '../support/sync-fixture.ts';

const NAMES = ['example.com/a', 'example.com/b', 'example.com/c', 'example.com/d'];
const HELD = 'example.com/a/@v/v1.0.0.mod';

afterEach(() => void vi.useRealTimers());

/** A sync of four module versions, one at a time, whose first .mod is kept back. */
async function startHeldSync(world: World): Promise<{ running: Running; release: () => void }> {
  for (const name of NAMES) world.add(name, 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({ connections: 1 });
  const held = hold();
  world.upstream.fault(HELD, held.fault);
  const running = world.start('sync', '--json');
  await held.reached;
  return { running, release: held.release };
}

function filesOf(...names: string[]): string[] {
  return names.flatMap((name) => [`${name}/@v/v1.0.0.info`, `${name}/@v/v1.0.0.mod`]);
}

test.each<[Signal, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])(
  '%s lets what is under way finish, takes up nothing more, publishes nothing, and is exit %i',
  async (signal, code) => {
    await using world = await makeWorld();
    const { running, release } = await startHeldSync(world);

    running.send(signal);
    release();
    const { exit, json, log } = answerOf<SyncReport>(await running.ended);

    expect(exit).toBe(code);
    expect(json).toMatchObject({
      outcome: 'interrupted',
      snapshot: null,
      modules: { wanted: 4, fetched: 1, missing: 3 },
      problems: [],
    });
    expect(log).toEqual(['warn: stopping after the downloads under way; a second signal ends them']);
    expect(world.upstream.paths.toSorted()).toEqual(filesOf('example.com/a'));
    expect(world.files()).toEqual([]);
    expect(world.unsound()).toEqual([]);
  },
);

test('the run after an interrupted one fetches only what is missing', async () => {
  await using world = await makeWorld();
  const { running, release } = await startHeldSync(world);
  running.send('SIGINT');
  release();
  await running.ended;
  const before = world.upstream.paths;
  world.upstream.forget();

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 4 }, problems: [] });
  const expected = filesOf(...NAMES).filter((path) => !before.includes(path));
  expect(world.upstream.paths.toSorted()).toEqual(expected);
  expect(world.unsound()).toEqual([]);
});

test.each<[Signal, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('a second %s cuts off what is under way', async (signal, code) => {
  await using world = await makeWorld();
  const { running } = await startHeldSync(world);
  vi.useFakeTimers({ toFake: ['Date'] });

  running.send(signal);
  vi.setSystemTime(Date.now() + 1000);
  running.send(signal);
  const { exit, json } = answerOf<SyncReport>(await running.ended);

  expect(exit).toBe(code);
  expect(json).toMatchObject({ outcome: 'interrupted', snapshot: null, modules: { wanted: 4, fetched: 0 } });
  expect(world.files()).toEqual([]);
  expect(world.unsound()).toEqual([]);
});

test('a signal that npm and the terminal both send counts once', async () => {
  await using world = await makeWorld();
  const { running, release } = await startHeldSync(world);
  vi.useFakeTimers({ toFake: ['Date'] });

  running.send('SIGINT');
  running.send('SIGINT');
  release();
  const { exit, json } = answerOf<SyncReport>(await running.ended);

  expect(exit).toBe(130);
  expect(json.modules).toMatchObject({ fetched: 1 });
});

test('a zip that is cut off by a second signal leaves nothing in staging', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  const held = hold();
  world.upstream.fault('example.com/m/@v/v1.0.0.zip', held.fault);
  const running = world.start('sync', '--json');
  await held.reached;
  vi.useFakeTimers({ toFake: ['Date'] });

  running.send('SIGINT');
  vi.setSystemTime(Date.now() + 1000);
  running.send('SIGINT');

  expect((await running.ended).exit).toBe(130);
  expect(world.files()).toEqual([]);
  expect(world.unsound()).toEqual([]);
});

test('an interrupted run leaves what is current as it was', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('b/go.sum', world.modLines());
  await world.sync();
  const before = world.everything('public');
  const { running, release } = await startHeldSync(world);
  running.send('SIGINT');
  release();

  expect((await running.ended).exit).toBe(130);
  expect(world.everything('public')).toEqual(before);
});

test('a run that is stopped while a list is being fetched ends as interrupted', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  const held = hold();
  world.upstream.put('lists/go.sum', world.modLines().join('\n'));
  world.upstream.fault('lists/go.sum', held.fault);
  world.configure({ seeds: [{ url: `${world.upstream.url}/lists/go.sum` }] });
  const running = world.start('sync', '--json');
  await held.reached;
  vi.useFakeTimers({ toFake: ['Date'] });

  running.send('SIGTERM');
  vi.setSystemTime(Date.now() + 1000);
  running.send('SIGTERM');
  const { exit, stdout } = await running.ended;

  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'INTERRUPTED', message: 'stopped by a second signal' },
  });
  expect(exit).toBe(143);
});

test('a plan that is stopped while a list is being fetched is no bug', async () => {
  await using world = await makeWorld();
  const held = hold();
  world.upstream.fault('lists/go.sum', held.fault);
  world.configure({ seeds: [{ url: `${world.upstream.url}/lists/go.sum` }] });
  const running = world.start('plan', '--json');
  await held.reached;

  running.send('SIGINT');
  const { exit, stdout } = await running.ended;

  expect(exit).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'INTERRUPTED' } });
});
