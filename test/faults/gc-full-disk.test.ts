/** A full disk is freed by the verbs that are there for it, and the next sync goes on. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canMount, KIB, MIB, SmallDisk } from '../support/small-disk.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';

const DISKS = [
  ['tmpfs', (world: World) => SmallDisk.tmpfs(world.mirror, 24 * MIB)],
  ['ext4', (world: World) => SmallDisk.ext4(world.mirror, 48 * MIB)],
] as const;

describe.skipIf(!canMount('snapshots prune and gc on a full disk'))('on a full disk', () => {
  test.each(DISKS)('prune and gc make room again: %s', async (_, mount) => {
    await using world = await makeWorld();
    using disk = mount(world);
    for (const name of ['old', 'kept']) {
      const path = `example.com/${name}`;
      world.add(path, 'v1.0.0', { 'go.mod': `module ${path}\n`, 'x.bin': randomBytes(900 * KIB) });
    }
    world.writeSum('a/go.sum', world.upstream.goSumLines());
    expect((await world.sync()).exit).toBe(0);
    world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/kept@v1.0.0'));
    expect((await world.sync('--prune', '--force')).exit).toBe(0);
    world.add('example.com/new', 'v1.0.0', {
      'go.mod': 'module example.com/new\n',
      'x.bin': randomBytes(800 * KIB),
    });
    world.writeSum(
      'a/go.sum',
      world.upstream.goSumLines('example.com/kept@v1.0.0', 'example.com/new@v1.0.0'),
    );
    disk.leave(0);
    const failed = await world.sync();
    expect(failed.exit).toBe(7);
    expect(failed.json.error?.code).toBe('DISK_FULL');

    const list = JSON.parse((await world.run('snapshots', 'list', '--json')).stdout) as unknown[];
    expect(list).toHaveLength(2);
    const pruned = await world.run('snapshots', 'prune', '--keep', '1', '--json');
    expect(pruned.exit, pruned.stderr).toBe(0);
    const gc = await world.run('gc', '--json');
    expect(gc.exit, gc.stderr).toBe(0);

    expect((JSON.parse(gc.stdout) as { count: number }).count).toBe(3);
    expect(existsSync(join(world.mirror, 'pool/example.com/old'))).toBe(false);
    expect(disk.free).toBeGreaterThan(800 * KIB);
    expect((await world.verify('--full')).json).toMatchObject({ bad: 0 });
    disk.clear();
    expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published' } });
    expect(world.unsound()).toEqual([]);
  });
});
