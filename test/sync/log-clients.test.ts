/** What the go command makes of the published log: fresh, with a head from before, after a rollback, and with a lie. */
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatModuleVersion, type ModuleVersion } from '../../src/gomod/module-version.ts';
import { walk } from '../../src/site/walk.ts';
import { goModDownload } from '../sumdb/static-mirror.ts';
import { flipBit } from '../support/test-log.ts';
import { LOG, type LogWorld, makeLogWorld } from './log-world.ts';

const noGo = spawnSync('go', ['version']).status !== 0;
if (noGo) process.stderr.write('\n*** SKIPPED: the go command on a synced log: there is no go command\n\n');

const ask = (world: LogWorld, mvs: readonly ModuleVersion[], latest?: string) =>
  goModDownload(`file://${world.current}`, world.log, mvs, latest);

/** A world whose log has grown between three syncs, each with one module version more. */
async function grow(
  world: LogWorld,
): Promise<{ mvs: ModuleVersion[]; heads: string[]; snapshots: string[] }> {
  const mvs: ModuleVersion[] = [];
  const heads: string[] = [];
  const snapshots: string[] = [];
  for (const [index, fill] of [40_000, 26_000, 700].entries()) {
    world.log.fill(fill);
    mvs.push(world.add(`example.com/m${index}`, 'v1.0.0'));
    world.sumAll();
    const { exit, json } = await world.sync();
    expect(exit).toBe(0);
    heads.push(world.log.head());
    snapshots.push(json.snapshot?.id ?? '');
  }
  return { mvs, heads, snapshots };
}

describe.skipIf(noGo)('the go command', () => {
  test('is satisfied when fresh, and with the head of any earlier snapshot', async () => {
    await using world = await makeLogWorld();
    const { mvs, heads } = await grow(world);
    for (const latest of [undefined, ...heads]) {
      const { sums, errors } = await ask(world, mvs, latest);
      expect(errors).toBe('');
      expect(sums).toEqual(
        Object.fromEntries(mvs.map((mv) => [formatModuleVersion(mv), world.h1(mv, 'zip')])),
      );
    }
  });

  test('is satisfied after a rollback, with the newest head in its memory', async () => {
    await using world = await makeLogWorld();
    const { mvs, heads, snapshots } = await grow(world);
    const link = join(world.mirror, 'public/back');
    symlinkSync(join('snapshots', snapshots[0] ?? ''), link);
    renameSync(link, world.current);
    const { sums, errors } = await ask(world, mvs.slice(0, 1), heads.at(-1));
    expect(errors).toBe('');
    expect(Object.keys(sums)).toEqual(['example.com/m0@v1.0.0']);
    expect((await world.verify()).json.problems).toEqual([]);
    expect((await world.sync()).exit).toBe(0);
    expect((await ask(world, mvs, heads.at(-1))).errors).toBe('');
  });

  test('refuses a mirror with one byte changed, and verify names the file: each tile, lookup, mod and zip', async () => {
    await using world = await makeLogWorld();
    const { mvs, heads } = await grow(world);
    const log = join(world.mirror, 'public/sumdb', LOG);
    const needed = [...walk(log)].map(({ path }) => join('public/sumdb', LOG, path));
    const files = [
      ...needed.filter((path) => statSync(join(world.mirror, path)).size > 0),
      ...['mod', 'zip'].map((ending) => `public/current/example.com/m1/@v/v1.0.0.${ending}`),
    ];
    expect(files.length).toBeGreaterThan(15);
    const refused: string[] = [];
    for (const path of files) {
      const file = join(world.mirror, path);
      const right = readFileSync(file);
      writeFileSync(
        file,
        flipBit(right, path.endsWith('.zip') ? FIRST_CONTENT : Math.floor(right.length / 2)),
      );
      const { exit, json } = await world.verify();
      expect(exit, path).toBe(4);
      const named = json.problems.map((problem) => problem.path.replace(/snapshots\/[^/]+/, 'current'));
      expect(named, path).toEqual([path]);
      if (await isRefused(world, mvs, heads)) refused.push(path);
      writeFileSync(file, right);
    }
    expect(refused).toEqual(files.filter((path) => !path.endsWith('/latest')));
    expect((await world.verify()).json.problems).toEqual([]);
  });
});

/** In the compressed go.mod, which is the first entry. */
const FIRST_CONTENT = 30 + 'example.com/m1@v1.0.0/go.mod'.length + 2;

/** By a fresh client, or by one that knows the head of an earlier snapshot: they ask for different tiles. */
async function isRefused(
  world: LogWorld,
  mvs: readonly ModuleVersion[],
  heads: readonly string[],
): Promise<boolean> {
  for (const latest of [undefined, ...heads]) if ((await ask(world, mvs, latest)).errors !== '') return true;
  return false;
}
