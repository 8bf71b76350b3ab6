/** Folders of a mirror on different filesystems, and filesystems that cannot make hard links. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canRename } from '../../src/site/durable.ts';
import type { SyncReport } from '../../src/sync/report.ts';
import { askChild } from '../support/child.ts';
import { canMount, MIB, SmallDisk } from '../support/small-disk.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';
import { makeLogWorld } from '../sync/log-world.ts';

const mounts = canMount('folders of a mirror on different filesystems');
const SIZE = 24 * MIB;

describe.skipIf(!mounts)('a sync', () => {
  test.each([
    ['staging', ['pool']],
    ['pool', ['pool']],
    ['public', ['public']],
    ['public/snapshots', ['public/snapshots']],
    ['public/sumdb', ['public/sumdb']],
    ['quarantine', ['quarantine']],
  ])(
    'refuses %s on a filesystem of its own before it asks for anything, and names both',
    async (folder, [named]) => {
      await using world = await makeListed();
      expect((await world.sync()).exit).toBe(0);
      const before = world.everything();
      world.add('example.com/n', 'v1.0.0');
      world.writeSum('a/go.sum', world.upstream.goSumLines());
      world.upstream.forget();
      {
        using _ = SmallDisk.tmpfs(join(world.mirror, folder), SIZE);
        const { exit, json } = await world.refused('sync');
        expect(exit).toBe(7);
        const [there, staging] = [join(world.mirror, `${named}`), join(world.mirror, 'staging')];
        expect(json.error).toEqual({
          code: 'IO',
          message: `${there}: cannot be on another file system, or mount, than ${staging}: what is finished there gets its name here by renaming`,
          hint: `mount one file system for all of ${world.mirror}; a file server elsewhere gets a copy of public/, made by rsync -H`,
        });
        expect(world.upstream.requests).toEqual([]);
      }
      if (folder.startsWith('public/') || folder === 'quarantine')
        mkdirSync(join(world.mirror, folder), { recursive: true });
      expect(world.everything()).toEqual(before);
      expect((await world.sync()).json.outcome).toBe('published');
      expect(world.unsound()).toEqual([]);
    },
  );

  test('works on a mirror that is a mount of its own', async () => {
    await using world = await makeListed();
    mkdirSync(world.mirror);
    using _ = SmallDisk.tmpfs(world.mirror, SIZE);
    expect((await world.sync()).exit).toBe(0);
    expect(world.unsound()).toEqual([]);
  });

  test('keeps a shared log on another filesystem', async () => {
    await using world = await makeLogWorld();
    world.add('example.com/m', 'v1.0.0');
    world.sumAll();
    const shared = join(world.root, 'shared');
    mkdirSync(shared);
    using _ = SmallDisk.tmpfs(shared, SIZE);
    world.configure({ sumdb: { name: world.log.key, folder: shared } });

    const { exit, json, stderr } = await world.sync();

    expect(exit, stderr).toBe(0);
    expect(json.outcome).toBe('published');
    expect(world.served('lookup/example.com/m@v1.0.0')).toContain('example.com/m v1.0.0 h1:');
    expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
    world.upstream.forget();
    expect((await world.sync()).json).toMatchObject({ outcome: 'unchanged', requests: 0 });
  });
});

describe.skipIf(!mounts)('canRename', () => {
  test('tells what rename does, also between two mounts of one filesystem, and writes nothing', () => {
    const root = mkdtempSync(join(tmpdir(), 'modferry-folders-'));
    try {
      const [a, b, inside] = [join(root, 'a'), join(root, 'b'), join(root, 'a/inside')];
      mkdirSync(inside, { recursive: true });
      using _ = SmallDisk.bind(a, b);
      expect(statSync(a).dev).toBe(statSync(b).dev);
      expect(canRename(a, inside)).toBe(true);
      expect(canRename(inside, a)).toBe(true);
      expect(canRename(a, b)).toBe(false);
      expect(() => renameSync(inside, join(b, 'other'))).toThrow('EXDEV');
      expect(readdirSync(a)).toEqual(['inside']);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('a filesystem without hard links', () => {
  test.each(['EPERM', 'EMLINK'])('gets snapshots of copies (%s), and all else is the same', async (code) => {
    await using world = await makeListed();
    const breaks = [{ call: 'linkSync', code }];
    const sync = () => askChild<SyncReport>(world, ['sync'], { breaks });

    const { exit, json, stderr } = await sync();

    expect(exit, stderr).toBe(0);
    expect(json.outcome).toBe('published');
    const zip = 'example.com/m/@v/v1.0.0.zip';
    expect(statSync(join(world.current, zip)).nlink).toBe(1);
    expect(statSync(join(world.current, zip)).ino).not.toBe(statSync(join(world.mirror, 'pool', zip)).ino);
    expect(world.unsound()).toEqual([]);
    expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
    world.upstream.forget();
    expect((await sync()).json).toMatchObject({ outcome: 'unchanged', requests: 0 });
    world.add('example.com/n', 'v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines());
    expect((await sync()).json).toMatchObject({
      outcome: 'published',
      modules: { present: 1, fetched: 1 },
    });
    expect(world.unsound()).toEqual([]);
  });
});

async function makeListed(): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  return world;
}
