/** What a run writes can be read by everybody's file server and written by its owner alone, whatever the umask. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { REPO } from '../house/sources.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';

test.each(['000', '022', '077', '027'])(
  'under umask %s all files are 0644 and all folders 0755',
  async (umask) => {
    await using world = await makeWorld();
    world.add('example.com/m', 'v1.0.0');
    world.add('example.com/bad', 'v1.0.0');
    world.write('lists/go.sum', world.upstream.goSumLines().join('\n'));
    world.upstream.put('team/go.sum', world.upstream.goSumLines('example.com/m@v1.0.0').join('\n'));
    world.upstream.fault('example.com/bad/@v/v1.0.0.mod', { body: 'module example.com/evil\n' });
    world.configure({ seeds: ['lists', { url: `${world.upstream.url}/team/go.sum` }] });

    mkdirSync(join(world.home, 'new'));
    expect(await runUnder(umask, world, 'init', '--config', 'new/mirror.config.ts')).toBe(0);
    expect(await runUnder(umask, world, 'sync')).toBe(4);
    world.upstream.heal();
    expect(await runUnder(umask, world, 'sync')).toBe(0);
    expect(await runUnder(umask, world, 'verify', '--full')).toBe(0);

    const found = [...modesBelow(world.mirror), ...modesBelow(join(world.home, 'new')).slice(1)];
    const names = found.map(({ path }) => path.split('/')[0]);
    expect(names).toEqual(expect.arrayContaining(['public', 'pool', 'quarantine', 'seeds', 'state.db']));
    expect(found.filter(({ isFolder, mode }) => mode !== (isFolder ? '755' : '644'))).toEqual([]);
  },
);

/** The command line in a process of its own; answers with its exit status. */
async function runUnder(umask: string, world: World, ...argv: string[]): Promise<number | null> {
  const script = `umask ${umask}; exec "$0" "$@"`;
  const main = join(REPO, 'src/cli/main.ts');
  const child = spawn('/bin/sh', ['-c', script, process.execPath, main, ...argv], {
    cwd: world.home,
    env: { HOME: world.home, PATH: '' },
    stdio: 'ignore',
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status;
}

function modesBelow(root: string): { path: string; isFolder: boolean; mode: string }[] {
  const below = readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = [root, ...below.filter((entry) => !entry.isSymbolicLink()).map(pathOf)];
  return paths.map((path) => {
    const stats = lstatSync(path);
    return {
      path: relative(root, path),
      isFolder: stats.isDirectory(),
      mode: (stats.mode & 0o7777).toString(8),
    };
  });
}

function pathOf({ parentPath, name }: { parentPath: string; name: string }): string {
  return join(parentPath, name);
}
