/** What a file server hosts: the GOPROXY tree of a snapshot, its manifest, its sums and its SBOM. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compileSbomValidator } from '../../src/sbom/validate.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';

const OLD = 'v0.0.0-20240102030405-abcdef123456';
const NEW = 'v0.0.0-20250102030405-000000000000';
const AFTER = 'v1.10.1-0.20250102030405-abcdef123456';

/** Modules of every kind, each whole but one. */
async function makePublishedWorld(): Promise<World> {
  const world = await makeWorld();
  for (const version of ['v1.2.0', 'v1.10.0', 'v1.9.0', 'v1.11.0-rc.1', AFTER])
    world.add('example.com/m', version);
  for (const version of ['v1.0.0-rc.2', 'v1.0.0-rc.10', OLD]) world.add('example.com/pre', version);
  for (const version of [OLD, NEW]) world.add('example.com/pseudo', version);
  world.add('example.com/Azure/go-SDK', 'v1.0.0-RC1');
  const whole = world.upstream.goSumLines();
  world.add('example.com/part', 'v1.0.0');
  world.writeSum('a/go.sum', [...whole, ...world.modLines('example.com/part@v1.0.0')]);
  const run = await world.sync();
  if (run.exit !== 0) throw new Error(`the sync failed: ${run.stderr}`);
  return world;
}

// Nobody changes it: one is enough for all.
const world = await makePublishedWorld();
afterAll(() => world[Symbol.asyncDispose]());

test('list has the whole versions in order, without pseudo-versions, and is there even when empty', async () => {
  expect(world.read('example.com/m/@v/list')).toBe('v1.2.0\nv1.9.0\nv1.10.0\nv1.11.0-rc.1\n');
  expect(world.read('example.com/pre/@v/list')).toBe('v1.0.0-rc.2\nv1.0.0-rc.10\n');
  expect(world.read('example.com/pseudo/@v/list')).toBe('');
  expect(world.read('example.com/part/@v/list')).toBe('');
});

test('@latest is the highest release, else the highest pre-release, else the newest pseudo-version', async () => {
  const latest = (path: string) => JSON.parse(world.read(`${path}/@latest`)).Version;

  expect(latest('example.com/m')).toBe('v1.10.0');
  expect(latest('example.com/pre')).toBe('v1.0.0-rc.10');
  expect(latest('example.com/pseudo')).toBe(NEW);
  // Nothing of it is whole, but it is a module: a client that looks for updates must not get a 404.
  expect(JSON.parse(world.read('example.com/part/@latest'))).toMatchObject({ Version: 'v1.0.0' });
});

test('capitals are escaped in paths and versions', async () => {
  expect(world.files().filter((path) => path.includes('zure'))).toEqual([
    'example.com/!azure/go-!s!d!k/@latest',
    'example.com/!azure/go-!s!d!k/@v/list',
    'example.com/!azure/go-!s!d!k/@v/v1.0.0-!r!c1.info',
    'example.com/!azure/go-!s!d!k/@v/v1.0.0-!r!c1.mod',
    'example.com/!azure/go-!s!d!k/@v/v1.0.0-!r!c1.zip',
  ]);
  expect(world.upstream.requests.map(({ path }) => path)).toContain(
    'example.com/%21azure/go-%21s%21d%21k/@v/v1.0.0-%21r%21c1.zip',
  );
  expect(world.unsound()).toEqual([]);
});

test('module files are hard links into the pool, and current is a relative link', async () => {
  for (const path of world.files().filter((file) => /\.(info|mod|zip)$/.test(file))) {
    const published = statSync(join(world.current, path));
    expect({ path, inode: published.ino }).toEqual({
      path,
      inode: statSync(join(world.mirror, 'pool', path)).ino,
    });
  }
  const target = readlinkSync(world.current);
  expect(isAbsolute(target)).toBe(false);
  expect(target).toMatch(/^snapshots\/\d{8}T\d{6}Z-[0-9a-f]{8}$/);
});

test('snapshot.json lists exactly the files, with their hashes, and says who wants each module version', async () => {
  const manifest = JSON.parse(world.read('_mirror/snapshot.json'));

  const files = world.files().map((path) => {
    const bytes = readFileSync(join(world.current, path));
    return { path, sha256: sha256(bytes), size: bytes.length };
  });
  expect(manifest).toMatchObject({
    format: 'modferry-snapshot/1',
    id: basename(readlinkSync(world.current)),
    previous: null,
    files,
  });
  expect(manifest.files).toHaveLength(files.length);
  expect(manifest.modules).toHaveLength(12);
  expect(manifest.modules[0]).toEqual({
    module: 'example.com/Azure/go-SDK',
    version: 'v1.0.0-RC1',
    requiredBy: ['a/go.sum'],
  });
  const zip = manifest.files.find(({ path }: { path: string }) => path === 'example.com/m/@v/v1.2.0.zip');
  expect(world.upstream.goSumLines()).toContain(`example.com/m v1.2.0 ${zip.h1}`);
});

test('SHA256SUMS covers every file but itself, and sha256sum -c passes from the root of the snapshot', async () => {
  const paths = [...world.files(), '_mirror/bom.cdx.json', '_mirror/go.mod', '_mirror/snapshot.json'];
  const lines = paths
    .toSorted()
    .map((path) => `${sha256(readFileSync(join(world.current, path)))}  ${path}\n`);
  expect(world.read('_mirror/SHA256SUMS')).toBe(lines.join(''));
  const checked = execFileSync('sha256sum', ['-c', '--strict', '_mirror/SHA256SUMS'], { cwd: world.current });
  expect(checked.toString().trim().split('\n')).toEqual(paths.toSorted().map((path) => `${path}: OK`));
});

test('the SBOM is valid and has one component for each zip, with the hashes of the file', async () => {
  const text = world.read('_mirror/bom.cdx.json');

  expect(compileSbomValidator()(text)).toEqual([]);
  const { components } = JSON.parse(text);
  const zips = world.files().filter((path) => path.endsWith('.zip'));
  expect(components).toHaveLength(zips.length);
  const m = components.find(({ purl }: { purl: string }) => purl.includes('example.com/m@v1.2.0'));
  const bytes = readFileSync(join(world.current, 'example.com/m/@v/v1.2.0.zip'));
  expect(m.hashes).toEqual([
    { alg: 'SHA-256', content: sha256(bytes) },
    { alg: 'SHA-512', content: createHash('sha512').update(bytes).digest('hex') },
  ]);
});

test('_mirror/go.mod names the highest whole version of every module that has one', async () => {
  expect(world.read('_mirror/go.mod')).toBe(
    [
      '// Start a new module inside the gap from a copy of this file:',
      '// go mod edit -module <your module path>',
      'module example.com/start',
      '',
      'go 1.17',
      '',
      'require (',
      '\texample.com/Azure/go-SDK v1.0.0-RC1 // indirect',
      '\texample.com/m v1.11.0-rc.1 // indirect',
      '\texample.com/pre v1.0.0-rc.10 // indirect',
      `\texample.com/pseudo ${NEW} // indirect`,
      ')',
      '',
    ].join('\n'),
  );
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
