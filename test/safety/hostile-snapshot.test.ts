/**
 * A published snapshot that somebody has changed so that it leads out of the mirror: neither `verify` nor a sync that
 * has lost its ledger follows it there, to read or to write.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, type World } from '../support/sync-fixture.ts';
import { hashTree } from '../sync/tree.ts';

/** Lies beside the mirror; who reads it knows this hash. */
const OUTSIDE = 'what nobody may read\n';
const OUTSIDE_SHA256 = createHash('sha256').update(OUTSIDE).digest('hex');
const MOD = 'example.com/m/@v/v1.0.0.mod';

type Change = (manifest: Record<string, unknown>, world: World) => void;

/** One more file, by a path that is none of a snapshot. */
const named =
  (path: string): Change =>
  (manifest) => {
    const file = { path, sha256: OUTSIDE_SHA256, size: OUTSIDE.length };
    manifest.files = [...(manifest.files as unknown[]), file];
  };

const NOT_A_FILE = 'has an entry that is no file of a snapshot';

const MANIFESTS: readonly [string, Change, string][] = [
  ['a path that climbs out', named('../../../../outside'), NOT_A_FILE],
  ['a path that climbs out from further in', named('example.com/../../../../../outside'), NOT_A_FILE],
  ['an absolute path', (manifest, world) => named(join(world.root, 'outside'))(manifest, world), NOT_A_FILE],
  ['a module file that climbs out', named('../../../../x.example/@v/v1.0.0.mod'), NOT_A_FILE],
  ['a version that climbs out', named('example.com/m/@v/../../../../../../outside.mod'), NOT_A_FILE],
  ['a backslash', named('..\\..\\outside'), NOT_A_FILE],
  ['a NUL', named('outside\0x'), NOT_A_FILE],
  [
    'an id that is another folder',
    (manifest) => {
      manifest.id = '../../../home';
    },
    'is the manifest of another snapshot',
  ],
  [
    'a previous snapshot that is another folder',
    (manifest) => {
      manifest.previous = '../../home';
    },
    'is no snapshot manifest that this program knows',
  ],
  [
    'an entry that is no object',
    (manifest) => {
      manifest.files = [null];
    },
    NOT_A_FILE,
  ],
];

test.each(MANIFESTS)(
  '%s in snapshot.json leads neither verify nor a recovery out',
  async (_, change, problem) => {
    await using world = await publishedWorld();
    const path = join(world.current, '_mirror/snapshot.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    change(manifest, world);
    rewrite(path, JSON.stringify(manifest));
    loseDatabase(world);
    const beside = besideMirror(world);

    for (const flags of [[], ['--full']]) {
      const { exit, stdout, json } = await world.verify(...flags);
      expect(exit).toBe(4);
      expect(json.problems.find(({ code }) => code === 'MANIFEST_INVALID')?.message).toContain(problem);
      expect(stdout).not.toContain(OUTSIDE_SHA256);
    }
    const { exit, stdout, stderr, json } = await world.sync();
    expect(exit).toBe(7);
    expect(json).toMatchObject({ outcome: 'failed', error: { code: 'CORRUPT' }, requests: 0 });
    expect(json.error?.message).toContain(problem);
    expect(stdout + stderr).not.toContain(OUTSIDE_SHA256);
    expect(besideMirror(world)).toEqual(beside);
  },
);

test('a path in SHA256SUMS that climbs out is told, and not read', async () => {
  await using world = await publishedWorld();
  const path = join(world.current, '_mirror/SHA256SUMS');
  const climbing = '_mirror/../../../../../outside';
  rewrite(path, `${readFileSync(path, 'utf8')}${'0'.repeat(64)}  ${climbing}\n`);

  const { exit, stdout, json } = await world.verify('--full');

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([
    { code: 'HASH_MISMATCH', message: `says something else of ${climbing} than the manifest` },
  ]);
  expect(stdout).not.toContain(OUTSIDE_SHA256);
});

test('a link in place of a published file is told by verify, though it leads to the same bytes', async () => {
  await using world = await publishedWorld();
  linkAway(world);

  const { exit, json } = await world.verify('--full');

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([
    { code: 'MISSING', message: 'is a link in place of a file', path: expect.stringContaining(MOD) },
  ]);
});

test('a link in place of a published file does not get into the pool when ledger and pool are lost', async () => {
  await using world = await publishedWorld();
  linkAway(world);
  loseDatabase(world);
  rmSync(join(world.mirror, 'pool'), { recursive: true });
  const beside = besideMirror(world);

  const { exit, json } = await world.sync();

  expect(exit).toBe(7);
  expect(json.error?.message).toMatch(/v1\.0\.0\.mod: is not what the manifest of snapshot .* says$/);
  expect(hashTree(join(world.mirror, 'pool'))).not.toHaveProperty(MOD);
  expect(besideMirror(world)).toEqual(beside);
});

async function publishedWorld(): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  expect((await world.sync()).exit).toBe(0);
  writeFileSync(join(world.root, 'outside'), OUTSIDE);
  return world;
}

function loseDatabase(world: World): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
}

/** Other bytes under the name: the file may be a link that the pool shares. */
function rewrite(path: string, text: string): void {
  rmSync(path);
  writeFileSync(path, text);
}

/** The file goes out of the mirror, and a link to it takes its place. */
function linkAway(world: World): void {
  const path = join(world.current, MOD);
  const away = join(world.root, 'away.mod');
  renameSync(path, away);
  symlinkSync(away, path);
}

function besideMirror(world: World): Record<string, string> {
  const files = Object.entries(hashTree(world.root));
  return Object.fromEntries(files.filter(([path]) => !path.startsWith('mirror/')));
}
