/** Clients that have met the log elsewhere, and environments that share one published log. */
import { existsSync, lstatSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { tilePath } from '../../src/sumdb/tile.ts';
import { LOG, type LogWorld, makeLogWorld } from './log-world.ts';
import { hashTree } from './tree.ts';

async function grown(): Promise<{ world: LogWorld; met: { size: number; note: string } }> {
  const world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.log.fill(40_000);
  const met = { size: world.log.size, note: world.log.head() };
  world.log.fill(30_000);
  world.sumAll();
  expect((await world.sync()).exit).toBe(0);
  return { world, met };
}

test.each(['a file', 'the note itself'])(
  'a head that clients met elsewhere, given as %s, gets its tiles',
  async (how) => {
    const { world: made, met } = await grown();
    await using world = made;
    const before = Object.keys(world.logFiles());
    writeFileSync(join(world.home, 'latest'), met.note);
    const heads = [how === 'a file' ? 'latest' : met.note];
    world.configure({ sumdb: { name: world.log.key, heads } });

    const { exit, json } = await world.sync();

    expect(json.problems).toEqual([]);
    expect(exit).toBe(0);
    const ids = [300];
    const needed = tilesFor({ size: world.log.size }, ids, [met]).map((tile) => join(tilePath(tile)));
    const files = Object.keys(world.logFiles());
    expect(needed.filter((path) => !files.includes(path))).toEqual([]);
    expect(needed.filter((path) => !before.includes(path)).length).toBeGreaterThan(0);
    expect((await world.verify()).json.problems).toEqual([]);
    world.upstream.forget();
    expect(await world.sync()).toMatchObject({ exit: 0, json: { requests: 0 } });
  },
);

test('a head that is not of this log stops everything, exit 4', async () => {
  const { world: made } = await grown();
  await using world = made;
  const other = world.log.fork(100);
  other.fill(500);
  world.configure({ sumdb: { name: world.log.key, heads: [other.head()] } });
  const before = world.everything('public');

  expect(await world.sync()).toMatchObject({ exit: 4, json: { error: { code: 'TREE_FORK' } } });
  expect(world.everything('public')).toEqual(before);
});

test.each([
  ['no such file', 'gone/latest', 'HOME/gone/latest: no such file'],
  [
    'what is no note',
    'go.sum database tree\n7\n',
    'invalid signed note: no empty line before the signatures',
  ],
] as const)('%s is refused with its field, exit 2', async (_, head, message) => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  world.configure({ sumdb: { name: world.log.key, heads: [head] } });
  const { exit, json } = await world.refused('sync');
  expect(exit).toBe(2);
  expect(json.error.message).toContain(`${world.configFile}: sumdb.heads[0]: `);
  expect(json.error.message).toContain(message.replace('HOME', world.home));
});

/** Two environments of one configuration, with one log. */
function share(world: LogWorld): void {
  world.configure({
    sumdb: { name: world.log.key, folder: '../shared' },
    environments: { other: { mirror: '../other', seeds: ['b'] } },
    seeds: ['a'],
  });
}

test('environments share one log folder: each takes in what the other has published', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/one', 'v1.0.0');
  world.log.fill(70_000);
  world.add('example.com/two', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/one@v1.0.0'));
  world.writeSum('b/go.sum', world.upstream.goSumLines('example.com/two@v1.0.0'));
  share(world);
  expect((await world.sync()).exit).toBe(0);
  world.log.fill(600);
  expect((await world.sync('--env', 'other')).exit).toBe(0);

  const folder = join(world.root, 'shared');
  const files = Object.keys(hashTree(join(folder, LOG)));
  const ids = [300, 70_301];
  const needed = tilesFor({ size: world.log.size }, ids, []).map(tilePath);
  expect(needed.filter((path) => !files.includes(path))).toEqual([]);
  for (const mirror of ['mirror', 'other']) {
    const link = join(world.root, mirror, 'public/sumdb');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readlinkSync(link)).toBe('../../shared');
    expect(existsSync(join(world.root, mirror, 'public/current/sumdb', LOG, 'supported'))).toBe(true);
  }
  expect(existsSync(join(folder, '.staging'))).toBe(false);
  for (const flags of [[], ['--env', 'other']]) {
    expect((await world.verify(...flags)).json.problems).toEqual([]);
    world.upstream.forget();
    expect(await world.sync(...flags)).toMatchObject({
      exit: 0,
      json: { requests: 0, outcome: 'unchanged' },
    });
  }
});

test('a log of its own that is in the way of a shared one is not lost', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/one', 'v1.0.0');
  world.sumAll();
  await world.sync();
  const before = world.everything('public');
  share(world);

  const { exit, json } = await world.refused('sync');

  expect(exit).toBe(7);
  expect(json.error.message).toContain('public/sumdb: is in the way of the shared log in');
  expect(world.everything('public')).toEqual(before);
});
