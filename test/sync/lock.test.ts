/** One writer at a time: a second sync is refused at once, and says who is at it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SyncReport } from '../../src/sync/report.ts';
import { answerOf, hold, makeWorld } from '../support/sync-fixture.ts';

test('a second sync is exit 6, names the process and since when, asks for nothing and changes nothing', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  const held = hold();
  world.upstream.fault('example.com/m/@v/v1.0.0.mod', held.fault);
  world.upstream.fault('example.com/m/@v/v1.0.0.info', held.fault);
  const first = world.start('sync', '--json');
  await held.reached;
  const { since } = JSON.parse(readFileSync(join(world.mirror, 'lock.json'), 'utf8'));
  const before = world.everything('pool');

  const second = await world.refused('sync');

  expect(second.exit).toBe(6);
  expect(second.json).toEqual({
    error: {
      code: 'LOCKED',
      message: `${world.mirror}: is locked by sync of process ${process.pid} on ${hostname()} since ${since}`,
      hint: 'wait until that run has ended; the lock goes with its process',
    },
  });
  expect(world.everything('pool')).toEqual(before);

  held.release();
  const ended = answerOf<SyncReport>(await first.ended);
  expect(ended).toMatchObject({ exit: 0, json: { outcome: 'published', requests: 2 } });
  expect(world.upstream.requests).toHaveLength(2);
  expect(world.unsound()).toEqual([]);
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged' } });
});

test('verbs that only read work while a sync is under way', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
  await world.sync();
  world.writeSum('a/go.sum', world.modLines());
  const held = hold();
  world.upstream.fault('example.com/n/@v/v1.0.0.mod', held.fault);
  const running = world.start('sync');
  await held.reached;

  expect(await world.status()).toMatchObject({ exit: 0, json: { modules: 1 } });
  expect(await world.verify('--full')).toMatchObject({ exit: 0, json: { bad: 0 } });
  expect(await world.why('example.com/n')).toMatchObject({ exit: 0 });
  expect(await world.plan()).toMatchObject({ exit: 0, json: { wanted: 2, present: 1, toFetch: 1 } });

  held.release();
  expect((await running.ended).exit).toBe(0);
});

test('a note of a process that died is taken over with a warning', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  const note = { pid: 4711, host: 'builder', verb: 'sync', since: '2026-01-02T03:04:05.000Z' };
  writeFileSync(join(world.mirror, 'lock.json'), JSON.stringify(note));

  const { exit, log } = await world.sync();

  expect(exit).toBe(0);
  expect(log).toEqual([
    'warn: sync of process 4711, at it since 2026-01-02T03:04:05.000Z, died: taking over',
  ]);
  expect(world.everything()).not.toHaveProperty(['lock.json']);
});
