/** Looking at a mirror needs no room and no right to write: on a full disk and on a read-only one it tells the truth. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { openForReading, openForWriting } from '../../src/store/open.ts';
import { startChild } from '../support/child.ts';
import { canLoop, canMount, KIB, MIB, SmallDisk } from '../support/small-disk.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';

const mounts = canMount('reading on a full disk and on a read-only one');
const loops = canLoop('reading on a full ext4');

const SIZE = 24 * MIB;

const DISKS: readonly [string, boolean, (path: string) => SmallDisk][] = [
  ['tmpfs', mounts, (path) => SmallDisk.tmpfs(path, SIZE)],
  ['ext4', loops, (path) => SmallDisk.ext4(path, 2 * SIZE)],
];

const STATES: readonly [string, (disk: SmallDisk) => void][] = [
  ['without a free byte', (disk) => disk.leave(0)],
  ['that is mounted read-only', (disk) => disk.remountReadOnly()],
];

describe.each(
  DISKS.flatMap(([kind, can, mount]) => STATES.map(([state, spoil]) => ({ kind, can, mount, state, spoil }))),
)('a mirror on a $kind $state', ({ can, mount, spoil }) => {
  test.skipIf(!can)('is told of by status, why and verify as before, and is served', async () => {
    await using world = await makePublished();
    using disk = mount(world.mirror);
    expect((await world.sync()).exit).toBe(0);
    const answers = async () => {
      const { json: status } = await world.status();
      const { json: why } = await world.why('example.com/m@v1.0.0');
      const { json: verify, exit } = await world.verify('--full');
      return { status: { ...status, age: 0 }, why, verify, exit };
    };
    const before = await answers();
    expect(before).toMatchObject({
      exit: 0,
      verify: { bad: 0 },
      status: { lastRun: { outcome: 'published' } },
    });

    // As a sync leaves it that nobody has looked after.
    for (const end of ['-shm', '-wal']) rmSync(join(world.mirror, `state.db${end}`), { force: true });
    spoil(disk);

    expect(() => writeFileSync(join(world.mirror, 'more'), 'x')).toThrow(/ENOSPC|EROFS/);
    const files = readdirSync(world.mirror).sort();
    expect(await answers()).toEqual(before);
    expect(readdirSync(world.mirror).sort()).toEqual(files);
    expect(await servedMod(world)).toBe('module example.com/m\n');
  });

  test.skipIf(!can)(
    'has a ledger that shows what was committed last, though it stands in the log alone',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'modferry-full-'));
      try {
        using disk = mount(folder);
        const file = join(folder, 'state.db');
        commitAndDie(file, 'example.com/last');
        for (const leftover of ['with', 'without']) {
          if (leftover === 'without') rmSync(`${file}-shm`);
          spoil(disk);
          const wal = readFileSync(`${file}-wal`);
          const db = openForReading(file);
          expect(db?.prepare('SELECT module FROM module_version').all()).toEqual([
            { module: 'example.com/last' },
          ]);
          expect(() => db?.exec('DELETE FROM module_version')).toThrow(/readonly/);
          db?.close();
          expect(readFileSync(`${file}-wal`).equals(wal)).toBe(true);
          disk.remountWritable();
          disk.clear();
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe.skipIf(!mounts)('a full disk', () => {
  it('where a bad file lies is no reason to call it good', async () => {
    await using world = await makePublished();
    using disk = SmallDisk.tmpfs(world.mirror, SIZE);
    await world.sync();
    writeFileSync(join(world.mirror, 'pool/example.com/m/@v/v1.0.0.mod'), 'module example.com/x\n');
    disk.leave(0);

    const { exit, json } = await world.verify();

    expect(exit).toBe(4);
    expect(json.bad).toBe(1);
  });

  it('lets a reader see each commit of a writer that is at work, and the writer is not held up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modferry-full-'));
    try {
      using disk = SmallDisk.tmpfs(folder, SIZE);
      const file = join(folder, 'state.db');
      const writer = openForWriting(file, () => new Date(0));
      disk.leave(200 * KIB);
      const insert = writer.prepare('INSERT INTO module_version (module, version) VALUES (?, ?)');
      for (let count = 1; count <= 10; count++) {
        const reader = openForReading(file);
        insert.run('example.com/m', `v1.${count}.0`);
        const again = openForReading(file);
        expect(again?.prepare('SELECT count(*) AS count FROM module_version').get()).toEqual({ count });
        again?.close();
        reader?.close();
      }
      writer.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!mounts)('a sync on a read-only disk', () => {
  test('is exit 7, names the place, and changes nothing; mounted for writing it works again', async () => {
    await using world = await makePublished();
    using disk = SmallDisk.tmpfs(world.mirror, SIZE);
    expect((await world.sync()).exit).toBe(0);
    const before = world.everything();
    world.add('example.com/n', 'v1.0.0');
    world.sumAll();
    disk.remountReadOnly();

    const { exit, json } = await world.refused('sync');
    const lock = join(world.mirror, 'lock.json');

    expect(exit).toBe(7);
    expect(json.error).toEqual({
      code: 'IO',
      message: `${lock}: cannot read or write: EROFS: read-only file system, open '${lock}'`,
      hint: 'mount it for writing and run it again: finished work is kept',
    });
    expect(world.everything()).toEqual(before);
    disk.remountWritable();
    expect((await world.sync()).json.outcome).toBe('published');
    expect(world.unsound()).toEqual([]);
  });
});

/** One module version, wanted and in the log; nothing is mirrored yet, and the mirror's folder is empty. */
async function makePublished(): Promise<LogWorld> {
  const world = await makeLogWorld();
  mkdirSync(world.mirror);
  world.add('example.com/m', 'v1.0.0');
  world.sumAll();
  return world;
}

/** Makes a ledger with one module version, in a process that dies before SQLite can move it out of the log. */
function commitAndDie(file: string, module: string): void {
  const script = `
    import { openForWriting } from ${JSON.stringify(new URL('../../src/store/open.ts', import.meta.url).href)};
    const db = openForWriting(${JSON.stringify(file)}, () => new Date(0));
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.prepare('INSERT INTO module_version (module, version) VALUES (?, ?)').run(${JSON.stringify(module)}, 'v1.0.0');
    process.kill(process.pid, 'SIGKILL');`;
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  if (signal !== 'SIGKILL') throw new Error(stderr);
}

/** Starts `serve`, gets the go.mod of the one module version, and stops it. */
async function servedMod(world: LogWorld): Promise<string> {
  const server = startChild(world, ['serve', '--listen', '127.0.0.1:0']);
  const [said] = (await once(server.process.stdout ?? server.process, 'data')) as [Buffer];
  const [url = ''] = /http:\S+/.exec(`${said}`) ?? [];
  const answer = await fetch(`${url}/example.com/m/@v/v1.0.0.mod`);
  const text = await answer.text();
  server.process.kill('SIGTERM');
  const { exit } = await server.ended;
  expect({ status: answer.status, exit }).toEqual({ status: 200, exit: 0 });
  return text;
}
