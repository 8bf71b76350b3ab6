/** `verify --repair` of the state database: it is built anew from what is published, and nothing is downloaded. */
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { openForWriting } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { LOG, type LogWorld } from '../sync/log-world.ts';
import {
  expectMended,
  flip,
  flipOwn,
  loseDatabase,
  makeGrown,
  poolOf,
  snapshotFile,
  still,
} from './world.ts';

afterEach(() => void vi.useRealTimers());

const ZIP = 'example.com/a/@v/v1.0.0.zip';
const REBUILT = { snapshots: 3, files: 9, records: 3 };

/** What the database knows of what is published; row numbers, times of fetching and upstreams are its own affair. */
function known(world: LogWorld) {
  const store = new Store(openForWriting(join(world.mirror, 'state.db'), () => new Date()));
  try {
    return {
      snapshots: store.snapshots
        .all()
        .map((row) => ({ ...row, members: [...store.snapshots.members(row.seq)] })),
      files: [...store.ledger.all()].map(({ fetchedAt: _, upstream: __, ...file }) => file),
      records: store.log.all(LOG).map(({ mv, record }) => ({ mv, ...record, provedSize: 0 })),
      tiles: store.log.tiles(LOG),
    };
  } finally {
    store.close();
  }
}

/** Folds what SQLite keeps beside the file into it. */
function fold(world: LogWorld): string {
  const file = join(world.mirror, 'state.db');
  const db = openForWriting(file, () => new Date());
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  return file;
}

test.each([
  ['is gone', (file: string) => rmSync(file)],
  [
    'is no SQLite file',
    (file: string) => writeFileSync(file, 'this is text, and more of it than a header has\n'.repeat(99)),
  ],
  ['has no byte', (file: string) => truncateSync(file, 0)],
  ['is cut short', (file: string) => truncateSync(file, statSync(file).size >> 1)],
  [
    'has pages that hold something else',
    (file: string) => {
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0x5a, 4096 * 3, 4096 * 12));
    },
  ],
])('a database that %s is built anew: all snapshots, files and records', async (_, damage) => {
  const grown = await makeGrown();
  await using world = grown.world;
  const before = known(world);
  damage(fold(world));

  const { json, log } = await expectMended(grown);

  expect(json.rebuilt).toEqual(REBUILT);
  expect(known(world)).toEqual(before);
  expect(world.upstream.requests).toEqual([]);
  expect(json).toMatchObject({
    repaired: 1,
    problems: [{ path: 'state.db', code: 'DATABASE_LOST', repaired: true }],
  });
  expect(json.problems[0]?.done).toMatch(
    /^moved to quarantine\/state\.db\.\d{8}T\d{6}Z; the new one knows 3 snapshots, 9 files and 3 records of the log again$/,
  );
  expect(log).toEqual([]);
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
});

test('it says so in a line, and keeps what was left of the old one', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  writeFileSync(join(world.mirror, 'state.db-wal'), 'w');
  writeFileSync(join(world.mirror, 'state.db'), 'damaged');

  const { exit, stdout } = await world.run('verify', '--repair');

  expect(exit).toBe(0);
  expect(stdout).toContain('state database: knows 3 snapshots, 9 files, 3 records again\n');
  expect(stdout).toContain('repaired: moved to quarantine/state.db.');
  const [old = ''] = world.quarantine();
  expect(old).toMatch(/^state\.db\.\d{8}T\d{6}Z$/);
  expect(readFileSync(join(world.mirror, 'quarantine', old), 'utf8')).toBe('damaged');
  expect(readFileSync(join(world.mirror, 'quarantine', `${old}-wal`), 'utf8')).toBe('w');
});

test('the database and the pool lost together come back from the snapshots', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  loseDatabase(world);
  rmSync(join(world.mirror, 'pool/example.com'), { recursive: true });
  const { json } = await expectMended(grown);
  expect(json.rebuilt).toEqual(REBUILT);
  expect(world.upstream.requests).toEqual([]);
});

test('with the database lost and the pool damaged, the snapshots say what is right', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  loseDatabase(world);
  flipOwn(join(world.mirror, 'pool', ZIP));
  await expectMended(grown);
  expect(world.upstream.requests).toEqual([]);
});

test('with the database lost a file that is damaged everywhere is fetched, by what the manifest says', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  loseDatabase(world);
  flip(snapshotFile(world, grown.ids[2], ZIP));
  const { json } = await expectMended(grown);
  expect(json.rebuilt).toEqual(REBUILT);
  expect(world.upstream.paths).toEqual([ZIP]);
});

test('a snapshot that cannot be mended is left out, with what it lacks; the next repair takes it in', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  loseDatabase(world);
  const zip = 'example.com/a/@v/v1.1.0.zip';
  flip(snapshotFile(world, grown.ids[2], zip));
  world.upstream.fault(zip, { status: 404 });

  const { exit, json } = await world.verify('--repair');

  expect(exit).toBe(4);
  expect(json.rebuilt).toMatchObject({ snapshots: 2 });
  expect(
    still(json)
      .map(([path]) => path)
      .sort(),
  ).toEqual([`public/snapshots/${grown.ids[2]}/${zip}`, 'state.db']);
  world.upstream.heal();
  world.upstream.forget();
  const again = await expectMended(grown);
  expect(again.json.rebuilt).toMatchObject({ snapshots: 1 });
  expect(world.upstream.paths).toEqual([zip]);
});

test('a database from before the newest snapshot learns of it', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const file = fold(world);
  copyFileSync(file, join(world.root, 'older.db'));
  world.add('example.com/later', 'v1.0.0');
  world.sumAll();
  const { json: synced } = await world.sync();
  const before = world.everything('public');
  loseDatabase(world);
  copyFileSync(join(world.root, 'older.db'), file);
  world.upstream.forget();

  expect((await world.verify()).json.problems).toMatchObject([
    {
      path: 'state.db',
      code: 'UNKNOWN_SNAPSHOT',
      message: `does not know the snapshot ${synced.snapshot?.id}`,
    },
  ]);
  const { json } = await expectMended({ ...grown, before, pool: poolOf(world) });

  expect(json.rebuilt).toEqual({ snapshots: 1, files: 3, records: 1 });
  expect(world.upstream.requests).toEqual([]);
});
