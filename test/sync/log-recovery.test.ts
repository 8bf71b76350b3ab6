/** The published log after a crash, a lost ledger, a damaged file: it mends itself, and asks for nothing it has. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walk } from '../../src/site/walk.ts';
import { openForWriting } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { flipBit } from '../support/test-log.ts';
import { LOG, type LogWorld, makeLogWorld } from './log-world.ts';

async function synced(): Promise<LogWorld> {
  const world = await makeLogWorld();
  world.add('example.com/Upper', 'v1.0.0');
  world.log.fill(66_000);
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  expect((await world.sync()).exit).toBe(0);
  world.log.fill(500);
  world.add('example.com/n', 'v1.0.0');
  world.sumAll();
  expect((await world.sync()).exit).toBe(0);
  world.upstream.forget();
  return world;
}

function loseLedger(world: LogWorld): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
}

/** What the ledger knows of the log. */
function known(world: LogWorld) {
  const store = new Store(openForWriting(join(world.mirror, 'state.db'), () => new Date()));
  try {
    const records = store.log.all(LOG).map(({ mv, record }) => [mv.path, record.id, record.publishedSize]);
    return { records, tiles: store.log.tiles(LOG), heads: store.log.heads(LOG).map(({ size }) => size) };
  } finally {
    store.close();
  }
}

test('a lost ledger is filled from the published lookups and tiles, and nobody is asked', async () => {
  await using world = await synced();
  const before = known(world);
  const files = world.logFiles();
  loseLedger(world);

  expect(await world.sync()).toMatchObject({
    exit: 0,
    json: { outcome: 'unchanged', requests: 0, sumdb: LOG },
  });

  expect(known(world)).toEqual(before);
  expect(world.logFiles()).toEqual(files);
  expect((await world.verify()).json.problems).toEqual([]);
  expect(world.upstream.requests).toEqual([]);
});

test('a crash after the snapshots were taken in, before the log was: the next run goes on there', async () => {
  await using world = await synced();
  const before = known(world);
  const db = openForWriting(join(world.mirror, 'state.db'), () => new Date());
  db.exec('DELETE FROM log_head; DELETE FROM log_record; DELETE FROM log_tile');
  db.close();

  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });

  expect(known(world)).toEqual(before);
  expect(world.upstream.requests).toEqual([]);
});

test('a lost ledger beside a damaged lookup: that one is asked for again', async () => {
  await using world = await synced();
  const lookup = join(world.mirror, 'public/sumdb', LOG, 'lookup/example.com/m@v1.0.0');
  const right = readFileSync(lookup);
  writeFileSync(lookup, right.toString().replace('h1:', 'h1:A'));
  loseLedger(world);

  const { exit, stderr } = await world.sync();

  expect(exit).toBe(0);
  expect(stderr).toContain('part of the published log is left out: example.com/m@v1.0.0');
  expect(world.asked.filter((path) => path.startsWith('lookup/'))).toEqual(['lookup/example.com/m@v1.0.0']);
  expect((await world.verify()).json.problems).toEqual([]);
});

test.each(['gone', 'damaged'])(
  'a lost ledger beside a tile that is %s: it is published again',
  async (how) => {
    await using world = await synced();
    const tile = join(world.mirror, 'public/sumdb', LOG, 'tile/8/0/001');
    const right = readFileSync(tile);
    if (how === 'gone') rmSync(tile);
    else {
      // The published tile and the kept one may be one file.
      rmSync(tile);
      writeFileSync(tile, flipBit(right));
    }
    loseLedger(world);
    await world.sync();

    world.add('example.com/o', 'v1.0.0');
    world.sumAll();
    expect((await world.sync()).exit).toBe(0);

    expect(readFileSync(tile)).toEqual(right);
    expect((await world.verify()).json.problems).toEqual([]);
  },
);

test('damaged kept tiles are fetched again and do not stop the log', async () => {
  await using world = await synced();
  const kept = join(world.mirror, 'pool/sumdb', LOG);
  const paths = Array.from(walk(kept), ({ path }) => join(kept, path));
  expect(paths.length).toBeGreaterThan(5);
  for (const path of paths) {
    const right = readFileSync(path);
    // The published tile and the kept one may be one file.
    rmSync(path);
    writeFileSync(path, flipBit(right));
  }
  world.add('example.com/o', 'v1.0.0');
  world.sumAll();

  expect((await world.sync()).exit).toBe(0);
  expect(world.asked.filter((path) => path.startsWith('tile/')).length).toBeGreaterThan(0);
  expect((await world.verify()).json.problems).toEqual([]);
});

test('records that were proved and not published, as after a kill, are published by the next run', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  // strict publishes nothing while something is missing.
  world.writeSum('b/go.sum', [
    'example.com/gone v1.0.0/go.mod h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=',
  ]);
  expect((await world.sync('--strict')).exit).toBe(3);
  expect(known(world).records).toEqual([['example.com/m', 300, null]]);
  expect(world.logFiles()).toEqual({});
  rmSync(join(world.home, 'b'), { recursive: true });
  world.upstream.forget();

  expect((await world.sync()).exit).toBe(0);

  expect(world.asked.filter((path) => path.startsWith('lookup/'))).toEqual([]);
  expect(known(world).records).toEqual([['example.com/m', 300, 301]]);
  expect(world.served('lookup/example.com/m@v1.0.0')).toContain(world.log.head());
});

test('when tiles cannot be had for publishing, what needs them is held back, and the rest stays as it was', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  world.writeSum('b/go.sum', [
    'example.com/gone v1.0.0/go.mod h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=',
  ]);
  await world.sync('--strict');
  rmSync(join(world.home, 'b'), { recursive: true });
  rmSync(join(world.mirror, 'pool/sumdb'), { recursive: true });
  world.upstream.fault(/\/tile\//, { status: 503 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject([{ module: null, file: 'tile', code: 'UNAVAILABLE' }]);
  expect(json.snapshot).toBeNull();
  world.upstream.heal();
  expect((await world.sync()).exit).toBe(0);
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.zip');
});

test('verify without a ledger still finds a false tile and a false lookup', async () => {
  await using world = await synced();
  loseLedger(world);
  expect((await world.verify()).json.problems).toMatchObject([{ path: 'state.db', code: 'DATABASE_LOST' }]);
  const file = (path: string) => join(world.mirror, 'public/sumdb', LOG, path);
  const full = readFileSync(file('tile/8/0/001'));
  renameSync(file('tile/8/0/001'), file('aside'));
  writeFileSync(file('tile/8/0/001'), flipBit(full));

  const { exit, json } = await world.verify();

  expect(exit).toBe(4);
  expect(json.problems.map(({ path }) => path)).toContain(`public/sumdb/${LOG}/tile/8/0/001`);
  expect(json.problems).toContainEqual({
    path: `public/sumdb/${LOG}/aside`,
    code: 'UNLISTED',
    message: 'is no file of a checksum database',
  });
});

test('verify says whose key it lacks when the configuration names another log', async () => {
  await using world = await synced();
  world.configure({ sumdb: 'off' });

  const { exit, json } = await world.verify();

  expect(exit).toBe(4);
  expect(json.problems).toEqual([
    {
      path: `public/sumdb/${LOG}`,
      code: 'LOG_INVALID',
      message: `the key of ${LOG} is not known: name it in the configuration's sumdb`,
    },
  ]);
});
