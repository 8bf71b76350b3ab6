/** `verify --repair` of the published checksum database. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { acquireLease } from '../../src/store/lease.ts';
import { LOG, type LogWorld, makeLogWorld } from '../sync/log-world.ts';
import { hashTree } from '../sync/tree.ts';
import { expectMended, flip, flipOwn, loseDatabase, makeGrown, still } from './world.ts';

afterEach(() => void vi.useRealTimers());

const published = (world: LogWorld, path: string) => join(world.mirror, 'public/sumdb', LOG, path);
const kept = (world: LogWorld) => join(world.mirror, 'pool/sumdb', LOG);
/** What was asked for, beside whether the log is at this upstream. */
const askedFor = (world: LogWorld) => world.asked.filter((path) => path !== 'supported');
const LOOKUP = 'lookup/example.com/a@v1.0.0';
const TILE = 'tile/8/0/001';

test.each([
  ['a lookup', LOOKUP],
  ['a tile', TILE],
  ['the head', 'latest'],
])('%s, damaged or gone, comes back from what is here', async (_, path) => {
  const grown = await makeGrown();
  await using world = grown.world;
  flipOwn(published(world, path));
  await expectMended(grown);
  rmSync(published(world, path));
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('supported, which says that the log is here, comes back', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  rmSync(published(world, 'supported'));
  await expectMended(grown);
});

test('the whole published log lost comes back from the database and the kept tiles', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  rmSync(join(world.mirror, 'public/sumdb'), { recursive: true });
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('a tile that is damaged where it is kept as well is asked for, alone, and proved', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  flip(published(world, TILE));
  rmSync(kept(world), { recursive: true });

  const { json } = await expectMended(grown);

  expect(askedFor(world)).toEqual([TILE]);
  expect(json.problems).toMatchObject([{ path: `public/sumdb/${LOG}/${TILE}`, repaired: true }]);
});

test('a tile that cannot be had stays bad, with the reason', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  flip(published(world, TILE));
  rmSync(kept(world), { recursive: true });
  world.upstream.fault(/\/tile\//, { status: 404 });

  const { exit, json } = await world.verify('--repair');

  expect(exit).toBe(4);
  expect(still(json)).toEqual([[`public/sumdb/${LOG}/${TILE}`, expect.stringContaining('not found')]]);
  world.upstream.heal();
  await expectMended(grown);
});

test('what is no file of a log is moved to quarantine', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  writeFileSync(published(world, 'index.html'), 'x');
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('a false tile that nobody lists is made true, and one that no tree has is moved away', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const places = { true: 'tile/8/0/001.p/7', nowhere: 'tile/8/5/000.p/1' };
  for (const path of Object.values(places)) {
    mkdirSync(dirname(published(world, path)), { recursive: true });
    writeFileSync(published(world, path), Buffer.alloc(path.endsWith('7') ? 7 * 32 : 32, 1));
  }

  const { exit, json } = await world.verify('--repair');

  expect({ exit, bad: json.bad, repaired: json.repaired }).toEqual({ exit: 0, bad: 0, repaired: 2 });
  expect(readFileSync(published(world, places.true))).toEqual(
    readFileSync(published(world, TILE)).subarray(0, 7 * 32),
  );
  expect(existsSync(published(world, places.nowhere))).toBe(false);
  expect((await world.verify('--full')).json.problems).toEqual([]);
  expect(world.upstream.requests).toEqual([]);
});

test('a log that environments share is mended under its own lock', async () => {
  await using world = await makeLogWorld();
  world.configure({ sumdb: { name: world.log.key, folder: '../shared' } });
  world.add('example.com/a', 'v1.0.0');
  world.sumAll();
  expect((await world.sync()).exit).toBe(0);
  const shared = join(world.root, 'shared');
  const before = hashTree(join(shared, LOG));
  world.upstream.forget();
  rmSync(join(shared, LOG, LOOKUP));
  writeFileSync(join(shared, LOG, 'index.html'), 'x');
  mkdirSync(join(shared, '.lock'), { recursive: true });
  const lease = acquireLease(join(shared, '.lock'), 'sync', () => new Date());
  expect((await world.refused('verify', '--repair')).exit).toBe(6);
  lease.release();

  const { exit, json } = await world.verify('--repair');

  expect({ exit, still: still(json), repaired: json.repaired }).toEqual({ exit: 0, still: [], repaired: 2 });
  expect(hashTree(join(shared, LOG))).toEqual(before);
  expect(existsSync(join(shared, '.staging'))).toBe(false);
  expect(world.upstream.requests).toEqual([]);
});

test('with the database lost a lost tile comes back, and a lost lookup is looked up again', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  loseDatabase(world);
  rmSync(published(world, TILE));
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);

  loseDatabase(world);
  const right = readFileSync(published(world, LOOKUP), 'utf8');
  writeFileSync(published(world, LOOKUP), right.replace('h1:', 'h1:A'));
  const { exit, json } = await world.verify('--repair');

  expect({ exit, problems: still(json) }).toEqual({ exit: 0, problems: [] });
  expect(askedFor(world)).toEqual([LOOKUP]);
  // Under the head that is published now: the one that it had is known to nobody any more.
  expect(readFileSync(published(world, LOOKUP), 'utf8')).toContain(
    readFileSync(published(world, 'latest'), 'utf8'),
  );
  expect((await world.verify('--full')).json.problems).toEqual([]);
});
