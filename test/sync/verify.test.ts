/** `verify` after a sync: it finds whatever is not as it was published, sends no request and changes nothing. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

const MOD = 'example.com/m/@v/v1.0.0.mod';

async function makeSyncedWorld(files: 'whole' | 'no zip'): Promise<{ world: World; snapshot: string }> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', files === 'whole' ? world.upstream.goSumLines() : world.modLines());
  const { json } = await world.sync();
  world.upstream.forget();
  return { world, snapshot: json.snapshot?.id ?? '' };
}

test.each(['verify', 'verify --full'])('%s finds nothing bad in a new mirror', async (command) => {
  const { world: made, snapshot } = await makeSyncedWorld('whole');
  await using world = made;
  const before = world.everything();

  const { exit, json } = await world.verify(...command.split(' ').slice(1));

  expect(exit).toBe(0);
  // Five files of the module, and four of _mirror.
  expect(json).toEqual({ snapshot, checked: 9, bad: 0, repaired: 0, problems: [] });
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything()).toEqual(before);
});

interface Damage {
  readonly name: string;
  readonly path: string;
  readonly make: (path: string) => void;
  readonly code: string;
  readonly message: RegExp;
}

const flip = (path: string) => {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  writeFileSync(path, bytes);
};
const CHANGED = { make: flip, code: 'HASH_MISMATCH', message: /^is [0-9a-f]{64}, should be [0-9a-f]{64}$/ };
const MISSING = { code: 'MISSING', message: /^is not there$/ };

test.each<Damage>([
  { name: 'a flipped byte in a zip', path: 'example.com/m/@v/v1.0.0.zip', ...CHANGED },
  { name: 'a flipped byte in a .mod', path: MOD, ...CHANGED },
  { name: 'a flipped byte in list', path: 'example.com/m/@v/list', ...CHANGED },
  { name: 'a flipped byte in the SBOM', path: '_mirror/bom.cdx.json', ...CHANGED },
  {
    name: 'a byte more in the manifest',
    path: '_mirror/snapshot.json',
    ...CHANGED,
    make: (path) => appendFileSync(path, '\n'),
  },
  {
    name: 'a manifest that is no JSON',
    path: '_mirror/snapshot.json',
    make: (path) => writeFileSync(path, '{'),
    code: 'MANIFEST_INVALID',
    message: /^\/.+\/_mirror\/snapshot\.json: is no JSON$/,
  },
  {
    name: 'a wrong hash in SHA256SUMS',
    path: '_mirror/SHA256SUMS',
    make: (path) =>
      writeFileSync(path, readFileSync(path, 'utf8').replace(/[0-9a-f]{64}(?= {2}example)/, '0'.repeat(64))),
    code: 'HASH_MISMATCH',
    message: /^says something else of example\.com\/m\/@latest than the manifest$/,
  },
  {
    name: 'a line in SHA256SUMS of a file that is not there',
    path: '_mirror/SHA256SUMS',
    make: (path) => appendFileSync(path, `${'0'.repeat(64)}  example.com/gone/@v/list\n`),
    code: 'HASH_MISMATCH',
    message: /^says something else of example\.com\/gone\/@v\/list than the manifest$/,
  },
  { name: 'a missing file', path: MOD, make: (path) => rmSync(path), ...MISSING },
  { name: 'a missing manifest', path: '_mirror/snapshot.json', make: (path) => rmSync(path), ...MISSING },
  {
    name: 'a file that nobody lists',
    path: 'example.com/m/@v/v9.9.9.mod',
    make: (path) => writeFileSync(path, 'module example.com/evil\n'),
    code: 'UNLISTED',
    message: /^no manifest names it$/,
  },
])('verify finds $name: exit 4', async ({ path, make, code, message }) => {
  const files = /\.zip|list$/.test(path) ? 'whole' : 'no zip';
  const { world: made, snapshot } = await makeSyncedWorld(files);
  await using world = made;
  make(join(world.current, path));

  const { exit, json } = await world.verify();

  expect(exit).toBe(4);
  expect(json).toMatchObject({
    snapshot,
    bad: 1,
    problems: [{ path: `public/snapshots/${snapshot}/${path}`, code }],
  });
  expect(json.problems[0]?.message).toMatch(message);
});

test('verify looks at older snapshots with --full only', async () => {
  const { world: made, snapshot } = await makeSyncedWorld('whole');
  await using world = made;
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('b/go.sum', world.modLines('example.com/n@v1.0.0'));
  await world.sync();
  const path = `public/snapshots/${snapshot}/example.com/m/@latest`;
  flip(join(world.mirror, path));

  expect(await world.verify()).toMatchObject({ exit: 0, json: { bad: 0 } });
  expect(await world.verify('--full')).toMatchObject({ exit: 4, json: { bad: 1, problems: [{ path }] } });
});

test('verify --full looks at what the pool holds beyond the snapshots', async () => {
  const { world: made } = await makeSyncedWorld('no zip');
  await using world = made;
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('b/go.sum', [
    ...world.modLines('example.com/n@v1.0.0'),
    `example.com/gone v1.0.0/go.mod ${OTHER_H1}`,
  ]);
  await world.sync('--strict');
  const path = 'pool/example.com/n/@v/v1.0.0.mod';
  flip(join(world.mirror, path));

  expect(await world.verify()).toMatchObject({ exit: 0, json: { bad: 0 } });
  expect(await world.verify('--full')).toMatchObject({
    exit: 4,
    json: { bad: 1, problems: [{ path, code: 'HASH_MISMATCH' }] },
  });
});

test('verify of nothing is exit 2', async () => {
  await using world = await makeWorld();
  world.writeSum('a/go.sum', [`example.com/m v1.0.0/go.mod ${OTHER_H1}`]);

  expect(await world.refused('verify')).toMatchObject({
    exit: 2,
    json: {
      error: {
        code: 'USAGE',
        message: `${world.mirror}: nothing is published yet`,
        hint: 'run modferry sync first',
      },
    },
  });
});
