/** A lost or damaged database, pool or snapshot: the next run takes in what proves good and asks for nothing else. */
import { readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openForWriting } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { hold, makeWorld, type World } from '../support/sync-fixture.ts';

afterEach(() => void vi.useRealTimers());

test('files that reached the pool but not the database are taken in, not fetched again', async () => {
  await using world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.configure({ connections: 1 });
  const held = hold();
  world.upstream.fault('example.com/a/@v/v1.0.0.zip', held.fault);
  const running = world.start('sync');
  await held.reached;
  running.send('SIGINT');
  held.release();
  await running.ended;
  const asked = world.upstream.paths;
  loseDatabase(world);
  world.upstream.forget();

  const { exit, json } = await world.sync();

  expect(asked).toContain('example.com/a/@v/v1.0.0.zip');
  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 2, fetched: 2 }, problems: [] });
  expect(world.upstream.paths.filter((path) => asked.includes(path))).toEqual([]);
  expect(world.files()).toContain('example.com/a/@v/v1.0.0.zip');
  expect(world.unsound()).toEqual([]);
});

test.each(['info', 'mod', 'zip'])(
  'a %s in the pool that a crash cut short is not believed: it is fetched',
  async (file) => {
    await using world = await makeWorld();
    world.add('example.com/m', 'v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines());
    await world.sync('--strict');
    const path = `example.com/m/@v/v1.0.0.${file}`;
    rmSync(join(world.mirror, 'public'), { recursive: true });
    loseDatabase(world);
    truncateSync(join(world.mirror, 'pool', path), 7);
    world.upstream.forget();

    const { exit, json } = await world.sync();

    expect(exit).toBe(0);
    expect(json).toMatchObject({ outcome: 'published', problems: [] });
    expect(world.upstream.paths).toEqual([path]);
    expect(world.unsound()).toEqual([]);
  },
);

test('after the database was lost the next sync knows what is published again, with no request', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/Upper', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  const { json: first } = await world.sync();
  const before = world.everything('public');
  loseDatabase(world);
  world.upstream.forget();

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'unchanged',
    snapshot: first.snapshot,
    modules: { wanted: 2, present: 2, fetched: 0 },
    requests: 0,
  });
  expect(log).toEqual([
    `warn: the state database does not know the current snapshot ${first.snapshot?.id}: hashing it again, nothing is downloaded`,
  ]);
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything('public')).toEqual(before);
  expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
});

test('with the database and the pool lost, the snapshot alone is enough', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  await world.sync();
  const before = world.everything('pool');
  loseDatabase(world);
  rmSync(join(world.mirror, 'pool'), { recursive: true });
  world.upstream.forget();

  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
  expect(world.everything('pool')).toEqual(before);
});

test('after the database was lost the next sync knows older snapshots too, but for one that is damaged', async () => {
  await using world = await makeWorld();
  vi.useFakeTimers({ toFake: ['Date'] });
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    world.add(`example.com/${name}`, 'v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines());
    ids.push((await world.sync()).json.snapshot?.id ?? '');
    // Ids sort by age, and two in one second by chance.
    vi.advanceTimersByTime(1000);
  }
  const [oldest = '', second = '', newest = ''] = ids;
  const before = known(world);
  loseDatabase(world);
  rmSync(join(world.mirror, 'public/snapshots', second, '_mirror/snapshot.json'));
  world.upstream.forget();

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'unchanged', requests: 0 });
  expect(log).toEqual([
    expect.stringContaining(`does not know the current snapshot ${newest}`),
    `warn: snapshot ${second} is left out: _mirror/snapshot.json: is not what the manifest of snapshot ${second} says`,
  ]);
  expect(before.map(({ id }) => id)).toEqual(ids);
  expect(known(world)).toEqual(before.filter(({ id }) => id !== second));
  expect(known(world).map(({ id }) => id)).toEqual([oldest, newest]);
});

/** What the database knows of snapshots, and of the members of each. */
function known(world: World) {
  const store = new Store(openForWriting(join(world.mirror, 'state.db'), () => new Date()));
  try {
    return store.snapshots
      .all()
      .map(({ seq, ...row }) => ({ ...row, members: [...store.snapshots.members(seq)] }));
  } finally {
    store.close();
  }
}

test('a damaged snapshot is not taken into a new database', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  const { json: first } = await world.sync();
  loseDatabase(world);
  writeFileSync(join(world.current, 'example.com/m/@v/v1.0.0.mod'), 'module example.com/evil\n');

  const { exit, json } = await world.sync();

  expect(exit).toBe(7);
  expect(json).toMatchObject({
    outcome: 'failed',
    error: {
      code: 'CORRUPT',
      message: `example.com/m/@v/v1.0.0.mod: is not what the manifest of snapshot ${first.snapshot?.id} says`,
    },
    requests: 0,
  });
  expect(readlinkSync(world.current)).toBe(`snapshots/${first.snapshot?.id}`);
});

test('a database that is no database is exit 7 with what to do, and nothing else changes', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  const before = world.everything('public');
  writeFileSync(
    join(world.mirror, 'state.db'),
    'this is text, and more of it than a header has\n'.repeat(20),
  );

  const { exit, json } = await world.sync();

  expect(exit).toBe(7);
  expect(json).toMatchObject({
    outcome: 'failed',
    // What was not compared is not complete.
    seeds: [{ source: 'a/go.sum', complete: false }],
    error: {
      code: 'CORRUPT',
      message: `${world.mirror}/state.db: is damaged or no SQLite database`,
      hint: 'run `modferry verify --repair`: it moves the file to quarantine and builds it anew from what is published; nothing is downloaded',
    },
  });
  expect(world.everything('public')).toEqual(before);
});

test('a file that the pool has lost ends the run with exit 7 rather than in a snapshot without it', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
  const { json: first } = await world.sync();
  rmSync(join(world.mirror, 'pool/example.com/m/@v/v1.0.0.mod'));
  world.writeSum('a/go.sum', world.modLines());

  const { exit, json } = await world.sync();

  expect(exit).toBe(7);
  expect(json).toMatchObject({
    outcome: 'failed',
    snapshot: first.snapshot,
    error: {
      code: 'CORRUPT',
      message: 'pool/example.com/m/@v/v1.0.0.mod: the ledger holds it, the pool has lost it',
    },
  });
  expect(world.unsound()).toEqual([]);
});

function loseDatabase(world: World): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
}
