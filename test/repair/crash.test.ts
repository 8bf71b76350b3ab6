/** A repair that is killed at any moment leaves a mirror that the next one mends, byte for byte. */
import { execFile, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { acquireLease } from '../../src/store/lease.ts';
import { LOG } from '../sync/log-world.ts';
import { expectMended, flip, type Grown, loseDatabase, makeGrown, snapshotFile } from './world.ts';

afterEach(() => void vi.useRealTimers());

const ROOT = new URL('../../', import.meta.url).pathname;
const ZIP = 'example.com/a/@v/v1.0.0.zip';

/** Something of every kind. */
function damage({ world, ids: [oldest, second, newest] }: Grown): void {
  loseDatabase(world);
  flip(snapshotFile(world, newest, ZIP));
  flip(snapshotFile(world, newest, 'example.com/!upper/@v/v1.0.0.mod'));
  rmSync(snapshotFile(world, second, 'example.com/a/@v/list'));
  rmSync(snapshotFile(world, oldest, '_mirror/snapshot.json'));
  flip(snapshotFile(world, newest, '_mirror/bom.cdx.json'));
  rmSync(join(world.mirror, 'pool/example.com/!upper/@v/v1.0.0.info'));
  rmSync(join(world.mirror, 'public/sumdb', LOG, 'tile/8/0/001'));
}

/** Ends by the kill, or by itself where it has fewer changes to make. */
function repairAndKill({ world }: Grown, at: number): Promise<'killed' | 'ended'> {
  const argv = ['--import', join(ROOT, 'test/repair/kill-at.ts'), join(ROOT, 'src/cli/main.ts')];
  const env = { HOME: world.home, PATH: '', KILL_AT: String(at) };
  return new Promise((resolve, reject) => {
    const all = [...argv, 'verify', '--full', '--repair'];
    const child = execFile(process.execPath, all, { cwd: world.home, env }, (error, _, stderr) => {
      if (child.signalCode === 'SIGKILL') resolve('killed');
      else if (error) reject(new Error(stderr));
      else resolve('ended');
    });
  });
}

test('a repair that is killed after any of its changes is finished by the next one', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  damage(grown);
  const aside = join(world.root, 'damaged');
  execFileSync('cp', ['-a', world.mirror, aside]);
  const died: number[] = [];

  for (let at = 1; ; at = Math.ceil(at * 1.5)) {
    if ((await repairAndKill(grown, at)) === 'ended') break;
    died.push(at);
    world.upstream.forget();
    await expectMended(grown, '--full');
    rmSync(world.mirror, { recursive: true });
    execFileSync('cp', ['-a', aside, world.mirror]);
  }

  await expectMended(grown, '--full');
  expect(died.length).toBeGreaterThan(8);
}, 240_000);

test('killed again and again, each time a little later, it gets there', async () => {
  const grown = await makeGrown();
  await using _ = grown.world;
  damage(grown);
  let kills = 0;
  for (let at = 10; (await repairAndKill(grown, at)) === 'killed'; at += 15) kills++;
  expect(kills).toBeGreaterThan(2);
  await expectMended(grown, '--full');
}, 240_000);

test('a repair waits for nobody: where another run holds the lock it is exit 6, and plain verify goes on', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  flip(snapshotFile(world, grown.ids[2], ZIP));
  const lease = acquireLease(world.mirror, 'sync', () => new Date());
  try {
    expect(await world.refused('verify', '--repair')).toMatchObject({
      exit: 6,
      json: { error: { code: 'LOCKED' } },
    });
    expect((await world.verify()).json.bad).toBe(1);
  } finally {
    lease.release();
  }
  await expectMended(grown);
});

test('a repair that is interrupted keeps what it has mended, and says so', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  flip(snapshotFile(world, grown.ids[2], ZIP));
  const released = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  world.upstream.fault(ZIP, {
    get until() {
      reached.resolve();
      return released.promise;
    },
  });
  const running = world.start('verify', '--repair');
  await reached.promise;
  running.send('SIGTERM');
  released.resolve();

  expect((await running.ended).exit).toBe(143);

  world.upstream.heal();
  world.upstream.forget();
  await expectMended(grown, '--full');
  expect(world.upstream.requests).toEqual([]);
});

test('a repair of a mirror in which nothing is bad changes nothing and asks nobody', async () => {
  const grown = await makeGrown();
  await using world = grown.world;
  const before = world.everything();
  for (const flags of [[], ['--full']]) {
    const { json } = await expectMended(grown, ...flags);
    expect(json).toEqual({
      snapshot: grown.ids[2],
      checked: expect.any(Number),
      bad: 0,
      repaired: 0,
      problems: [],
    });
  }
  expect(world.everything()).toEqual(before);
  expect(world.upstream.requests).toEqual([]);
});
