/**
 * A zip line without its go.mod line gives no hash for the `.mod`: it must be the go.mod in the verified zip, or the
 * line that Go makes up for a module without one. Nobody else can judge it.
 */
import { expect, test } from 'vitest';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { byFile, type Files, makeWorld, type World } from '../support/sync-fixture.ts';

const M = parseModuleVersion('example.com/m', 'v1.0.0');
const MOD = 'example.com/m/@v/v1.0.0.mod';
const WHOLE = ['@latest', '@v/list', '@v/v1.0.0.info', '@v/v1.0.0.mod', '@v/v1.0.0.zip'].map(
  (file) => `example.com/m/${file}`,
);
const FROM_ZIP: Files = { 'go.mod': 'module example.com/m\n\ngo 1.21\n', 'm.go': 'package m\n' };

async function makeZipOnlyWorld(files: Files = FROM_ZIP): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0', files);
  world.writeSum('a/go.sum', [`example.com/m v1.0.0 ${world.h1(M, 'zip')}`]);
  return world;
}

test.each([
  ['equal to the go.mod in the zip', FROM_ZIP],
  ['made up for a zip without a go.mod', { 'm.go': 'package m\n' }],
])('a .mod %s is published', async (_, files) => {
  await using world = await makeZipOnlyWorld(files);

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 1, fetched: 1 }, problems: [] });
  expect(world.files()).toEqual(WHOLE);
  expect(world.read(MOD)).toBe(files['go.mod'] ?? 'module example.com/m\n');
  expect(world.unsound()).toEqual([]);
});

test.each([
  ['differs from the go.mod in the zip', FROM_ZIP, 'module example.com/m\n\ngo 1.22\n'],
  ['is made up although the zip has one', FROM_ZIP, 'module example.com/m\n'],
  ['is more than the line made up for a zip without one', { 'm.go': 'package m\n' }, FROM_ZIP['go.mod']],
] as const)('a .mod that %s is exit 4', async (_, files, sent) => {
  await using world = await makeZipOnlyWorld(files);
  world.upstream.fault(MOD, { body: sent ?? '' });

  const { exit, json } = await world.sync();

  const expected = hashGoMod(world.upstream.file(MOD));
  const got = hashGoMod(Buffer.from(sent ?? ''));
  expect(exit).toBe(4);
  expect(json.problems).toEqual([
    {
      module: 'example.com/m',
      version: 'v1.0.0',
      file: 'mod',
      code: 'GOMOD_INVALID',
      message: `example.com/m@v1.0.0: mod: is not the go.mod of the verified zip: the zip has ${expected}, ${world.upstream.url} sent ${got}`,
      hint: 'compare what other upstreams serve; the evidence is in quarantine/',
      sources: ['a/go.sum:1'],
    },
  ]);
  expect(world.files()).toEqual(WHOLE.filter((path) => path !== MOD && !path.endsWith('/@latest')));
  expect(world.quarantine()).toHaveLength(2);
  expect(world.unsound()).toEqual([]);
});

test('without the zip nobody can judge the .mod: both are missing, exit 3, and the .mod is not asked for', async () => {
  await using world = await makeZipOnlyWorld();
  world.upstream.fault('example.com/m/@v/v1.0.0.zip', { status: 404 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(byFile(json.problems).map(({ file, code, message }) => ({ file, code, message }))).toEqual([
    {
      file: 'mod',
      code: 'NO_HASH',
      message:
        'example.com/m@v1.0.0: mod: held back: no go.sum line gives its hash, and its zip is not verified',
    },
    {
      file: 'zip',
      code: 'NOT_FOUND',
      message: `example.com/m@v1.0.0: zip from ${world.upstream.url}: not found: 404`,
    },
  ]);
  expect(world.upstream.paths).not.toContain(MOD);
  expect(world.files()).toEqual(['example.com/m/@v/list', 'example.com/m/@v/v1.0.0.info']);
  expect(world.unsound()).toEqual([]);
});

test('with a false zip the .mod is held back too', async () => {
  await using world = await makeZipOnlyWorld();
  world.upstream.fault('example.com/m/@v/v1.0.0.zip', { body: 'no zip' });

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(byFile(json.problems).map(({ file, code }) => ({ file, code }))).toEqual([
    { file: 'mod', code: 'NO_HASH' },
    { file: 'zip', code: 'ZIP_INVALID' },
  ]);
  expect(world.upstream.paths).not.toContain(MOD);
  expect(world.unsound()).toEqual([]);
});

test('a .mod that comes later is judged by the zip held since an earlier run', async () => {
  await using world = await makeZipOnlyWorld();
  world.upstream.fault(MOD, { status: 404 });
  expect((await world.sync()).exit).toBe(3);
  world.upstream.heal();
  world.upstream.forget();

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 1, fetched: 1 } });
  expect(world.upstream.paths).toEqual([MOD]);
  expect(world.files()).toEqual(WHOLE);
  expect(world.unsound()).toEqual([]);
});

test('a false .mod that comes later is judged by the zip held since an earlier run', async () => {
  await using world = await makeZipOnlyWorld();
  world.upstream.fault(MOD, { status: 404, times: 1 });
  world.upstream.fault(MOD, { body: 'module example.com/evil\n' });
  await world.sync();

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([{ file: 'mod', code: 'GOMOD_INVALID' }]);
  expect(world.files()).not.toContain(MOD);
  expect(world.unsound()).toEqual([]);
});
