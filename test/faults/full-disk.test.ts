/**
 * A disk that fills up in the middle of a sync, at one write after another: the run says so, nothing that is published
 * is touched, and with room the next run goes on where this one ended.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RESERVE_BYTES } from '../../src/site/reserve.ts';
import type { SyncReport } from '../../src/sync/report.ts';
import { canLoop, canMount, KIB, MIB, SmallDisk } from '../support/small-disk.ts';
import type { Answered } from '../support/sync-fixture.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';

const SIZE = 24 * MIB;
const mounts = canMount('a sync on a disk that fills up');
const loops = canLoop('a sync on an ext4 that fills up');

describe.skipIf(!mounts)('a sync that runs out of room', () => {
  test('ends as DISK_FULL wherever that is, and the next one finishes its work', async () => {
    await using world = await makeWorldToGrow();
    const before = await publishFirst(world);
    const failures = new Set<string>();
    const outcomes: string[] = [];
    for (let kib = 0; kib <= 640; kib += 24) {
      using disk = restore(world, before, SmallDisk.tmpfs(world.mirror, SIZE));
      disk.leave(kib * KIB);
      const result = await world.sync();
      outcomes.push(result.json.outcome);
      if (result.exit === 0) break;
      failures.add(placeOf(world, result));
      await expectHeld(world);
      disk.resize(2 * SIZE);
      await expectConverged(world);
    }
    expect(outcomes.at(-1)).toBe('published');
    expect(outcomes.length).toBeGreaterThanOrEqual(20);
    // The ledger before and after the downloads, a download, and what is written of the log and the snapshot.
    expect([...failures].sort()).toEqual(['<mirror>', '<mirror>/state.db', 'zip']);
  }, 120_000);

  test('ends so on the very first run too, whether or not the reserve fits', async () => {
    await using world = await makeWorldToGrow();
    world.sumAll();
    const sizes = [0, 16, 64, 1024].map((kib) => kib * KIB);
    const above = [0, 64, 192, 384].map((kib) => RESERVE_BYTES + kib * KIB);
    for (const bytes of [...sizes, ...above]) {
      using disk = SmallDisk.tmpfs(world.mirror, SIZE);
      disk.leave(bytes);
      world.upstream.forget();
      const { exit, json } = await world.sync();
      expect(exit, `${bytes} bytes free`).toBe(7);
      expect(json).toMatchObject({ outcome: 'failed', snapshot: null, error: { code: 'DISK_FULL' } });
      if (bytes < RESERVE_BYTES) expect(world.upstream.requests).toEqual([]);
      expect(world.files()).toEqual([]);
      disk.clear();
      await expectConverged(world);
    }
  }, 120_000);
});

describe.skipIf(!loops)('on ext4', () => {
  test('a sync that runs out of room ends the same way', async () => {
    await using world = await makeWorldToGrow();
    const before = await publishFirst(world);
    const outcomes = new Set<string>();
    for (const kib of [0, 48, 128, 320, 448, 512, 2048]) {
      using disk = restore(world, before, SmallDisk.ext4(world.mirror, 2 * SIZE));
      disk.leave(kib * KIB);
      const result = await world.sync();
      outcomes.add(result.json.outcome);
      if (result.exit === 0) continue;
      placeOf(world, result);
      await expectHeld(world);
      disk.clear();
      await expectConverged(world);
    }
    expect([...outcomes].sort()).toEqual(['failed', 'published']);
  }, 120_000);
});

describe.skipIf(!mounts)('a run with nothing new', () => {
  test('is unchanged on a disk that has no room for the reserve', async () => {
    await using world = await makeWorldToGrow();
    const before = await publishFirst(world, 'example.com/a@v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
    using disk = restore(world, before, SmallDisk.tmpfs(world.mirror, SIZE));
    execFileSync('rm', [join(world.mirror, 'reserve')]);
    disk.leave(256 * KIB);
    const free = disk.free;

    const { exit, json } = await world.sync();

    expect({ exit, outcome: json.outcome, error: json.error }).toEqual({
      exit: 0,
      outcome: 'unchanged',
      error: undefined,
    });
    expect(existsSync(join(world.mirror, 'reserve'))).toBe(false);
    expect(free - disk.free).toBeLessThan(64 * KIB);
  });

  test('makes the reserve anew as soon as there is room', async () => {
    await using world = await makeWorldToGrow();
    const before = await publishFirst(world, 'example.com/a@v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
    using disk = restore(world, before, SmallDisk.tmpfs(world.mirror, SIZE));
    execFileSync('rm', [join(world.mirror, 'reserve')]);
    const free = disk.free;

    expect((await world.sync()).json.outcome).toBe('unchanged');

    expect(free - disk.free).toBeGreaterThanOrEqual(RESERVE_BYTES);
  });
});

/** Three module versions with zips of 10, 60 and 200 KiB, all in the log. */
async function makeWorldToGrow(): Promise<LogWorld> {
  const world = await makeLogWorld();
  mkdirSync(world.mirror);
  for (const [name, kib] of Object.entries({ a: 10, b: 60, c: 200 })) {
    const path = `example.com/${name}`;
    world.add(path, 'v1.0.0', { 'go.mod': `module ${path}\n`, 'x.bin': randomBytes(kib * KIB) });
  }
  return world;
}

/** A copy of a mirror that has published the first of them; all are wanted then. */
async function publishFirst(world: LogWorld, first = 'example.com/a@v1.0.0'): Promise<string> {
  world.writeSum('a/go.sum', world.upstream.goSumLines(first));
  const copy = join(world.root, 'before');
  using _ = SmallDisk.tmpfs(world.mirror, SIZE);
  expect((await world.sync()).exit).toBe(0);
  execFileSync('cp', ['-a', `${world.mirror}/.`, copy]);
  world.sumAll();
  return copy;
}

function restore(world: LogWorld, copy: string, disk: SmallDisk): SmallDisk {
  execFileSync('cp', ['-a', `${copy}/.`, world.mirror]);
  world.upstream.forget();
  return disk;
}

/** Where a run that failed as it should ran out of room. */
function placeOf(world: LogWorld, { exit, json, stderr }: Answered<SyncReport>): string {
  expect(exit, stderr).toBe(7);
  expect(json).toMatchObject({ outcome: 'failed', error: { code: 'DISK_FULL' } });
  expect(json.error?.hint).toBe('make room and run it again: finished work is kept');
  const message = json.error?.message ?? '';
  const [, place] = /^(?:example\.com\/\w@v1\.0\.0: )?([^:]+): /.exec(message) ?? [];
  expect(message).toMatch(/no space left|database or disk is full/);
  return (place ?? message).replace(world.mirror, '<mirror>');
}

/** What was published before is served, whole, while the disk is still full. */
async function expectHeld(world: LogWorld): Promise<void> {
  expect(world.files().filter((path) => path.endsWith('.zip'))).toEqual(['example.com/a/@v/v1.0.0.zip']);
  expectSums(world);
  const { exit, json } = await world.verify();
  expect({ exit, bad: json.bad }).toEqual({ exit: 0, bad: 0 });
}

function expectSums(world: LogWorld): void {
  const sums = spawnSync('sha256sum', ['-c', '--quiet', '_mirror/SHA256SUMS'], { cwd: world.current });
  expect(sums.status, `${sums.stderr}`).toBe(0);
}

/** With room, a run publishes all, and asks for nothing that the pool has. */
async function expectConverged(world: LogWorld): Promise<void> {
  const inPool = new Set(Object.keys(world.everything('pool')));
  world.upstream.forget();
  const { exit, json, stderr } = await world.sync();
  expect(exit, stderr).toBe(0);
  expect(json.outcome).toBe('published');
  expect(world.upstream.paths.filter((path) => inPool.has(path))).toEqual([]);
  expect(world.files().filter((path) => path.endsWith('.zip'))).toHaveLength(3);
  expect(world.unsound()).toEqual([]);
  expectSums(world);
}
