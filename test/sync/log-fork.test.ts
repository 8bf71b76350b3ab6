/** A log that shows different histories, or goes back in time: nothing is published, and the evidence is kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flipBit, TestLog } from '../support/test-log.ts';
import { LOG, type LogWorld, makeLogWorld } from './log-world.ts';

/** From now on the upstream passes on another history that begins with the first `size` records. */
function forkAt(world: LogWorld, size: number): LogWorld['log'] {
  world.passedOn = world.log.fork(size);
  return world.passedOn;
}

test('a fork since the last sync is exit 4, nothing is published, both notes and the proof are kept', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  expect((await world.sync()).exit).toBe(0);
  const before = world.everything('public');
  const published = world.log.head();
  const mv = world.addUnlogged('example.com/n', 'v1.0.0');
  const other = forkAt(world, world.log.size - 1);
  other.fill(500);
  other.add('example.com/n', 'v1.0.0', world.h1(mv, 'zip'), world.h1(mv, 'mod'));
  world.sumAll();

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json).toMatchObject({ outcome: 'failed', error: { code: 'TREE_FORK' } });
  expect(json.error?.message).toContain('log.example: fork: the signed tree of');
  expect(world.everything('public')).toEqual(before);
  const folder = join(world.mirror, 'quarantine/sumdb', LOG);
  const [file = ''] = readdirSync(folder);
  expect(json.error?.message).toContain(join(folder, file));
  const evidence = readFileSync(join(folder, file), 'utf8');
  expect(evidence).toContain(published);
  expect(evidence).toContain(other.head());
  expect(world.unsound()).toEqual([]);
});

test('a log that is rolled back is passed over: the newest head ever published stays', async () => {
  await using world = await makeLogWorld();
  const earlier = world.log.size;
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  await world.sync();
  const published = world.served('latest');
  world.add('example.com/n', 'v1.0.0');
  world.sumAll();
  // Whoever passes the log on shows an old head, and lookups out of an old cache.
  world.log.lie('latest', () => world.log.head(earlier));
  world.log.answerLookupsUnder(world.log.size);

  expect((await world.sync()).exit).toBe(0);

  expect(world.served('latest')).toBe(world.log.head());
  expect(world.served('latest')).not.toBe(published);
});

test.each([
  ['a tile with a flipped bit', 'tile/8/0/000', 'TILE_INVALID', 'tile'],
  ['a record that the log does not hold', 'lookup/example.com/m@v1.0.0', 'RECORD_INVALID', 'lookup'],
] as const)('%s is exit 4, and that version is held back', async (_, path, code, file) => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.log.fill(300);
  world.sumAll();
  world.log.lie(path, (right) =>
    file === 'tile' ? flipBit(right) : (right ?? Buffer.alloc(0)).toString().replace('300\n', '299\n'),
  );
  if (file === 'tile') world.log.lie('tile/8/0/001', (right) => flipBit(right));

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([{ module: 'example.com/m', file, code }]);
  expect(json.snapshot).toBeNull();
  world.log.heal();
  expect((await world.sync()).exit).toBe(0);
});

test('a lookup signed by another key is exit 4', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  const stranger = new TestLog(LOG);
  stranger.fill(300);
  world.log.lie(
    'lookup/example.com/m@v1.0.0',
    (right) => `${(right ?? '').toString().split('\n\n')[0]}\n\n${stranger.head()}`,
  );

  expect(await world.sync()).toMatchObject({
    exit: 4,
    json: { problems: [{ file: 'lookup', code: 'NOTE_INVALID' }] },
  });
});
