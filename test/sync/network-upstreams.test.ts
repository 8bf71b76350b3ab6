/**
 * Upstreams that vanish, forget, change their mind or send us elsewhere, as whole runs: what was verified stays, what is
 * published never changes, and no secret leaves for another host.
 */
import { expect, test } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { byFile, makeWorld, moduleFiles, type World, zipH1 } from '../support/sync-fixture.ts';
import { type Fault, startUpstream } from '../support/upstream-server.ts';

const NAMES = Array.from({ length: 12 }, (_, index) => `example.com/m${String(index).padStart(2, '0')}`);
const M = parseModuleVersion('example.com/m', 'v1.0.0');
const ZIP = 'example.com/m/@v/v1.0.0.zip';

/** Twelve module versions are published; a thirteenth is wanted since. */
async function makePublishedWorld(): Promise<World> {
  const world = await makeWorld();
  for (const name of NAMES) world.add(name, 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  world.add('example.com/new', 'v1.0.0');
  world.writeSum('b/go.sum', world.modLines('example.com/new@v1.0.0'));
  world.upstream.forget();
  return world;
}

function filesOf(name: string): string[] {
  return [`${name}/@v/v1.0.0.info`, `${name}/@v/v1.0.0.mod`];
}

test.each<[string, Fault, string]>([
  ['404 to everything', { status: 404 }, 'NOT_FOUND'],
  ['410 to everything', { status: 410 }, 'NOT_FOUND'],
  ['403 to everything', { status: 403 }, 'REJECTED'],
  ['503 to everything', { status: 503 }, 'UNAVAILABLE'],
  ['a web page to everything', { page: true }, 'BAD_CONTENT'],
  ['an empty body to everything', { body: '' }, 'BAD_INFO'],
])(
  'an upstream that answers %s takes nothing away of what is published, with --prune neither',
  async (_, fault, code) => {
    await using world = await makePublishedWorld();
    const before = world.everything('public');
    const pool = world.everything('pool');
    world.upstream.fault(/./, fault);

    for (const flags of [[], ['--prune']]) {
      world.upstream.forget();
      const { exit, json } = await world.sync(...flags);

      expect(exit).toBe(code === 'BAD_INFO' ? 4 : 3);
      expect(json).toMatchObject({ outcome: 'incomplete', modules: { wanted: 13, present: 12, fetched: 0 } });
      expect(json.problems.map((problem) => problem.code)).toContain(code);
      expect(json.problems.every(({ module }) => module === 'example.com/new')).toBe(true);
      expect(new Set(world.upstream.paths)).toEqual(new Set(filesOf('example.com/new')));
      expect(world.everything('public')).toEqual(before);
      expect(world.everything('pool')).toEqual(pool);
      expect(world.unsound()).toEqual([]);
    }

    world.upstream.heal();
    world.upstream.forget();
    expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
    expect(world.upstream.paths.toSorted()).toEqual(filesOf('example.com/new'));
  },
);

test('an upstream that has lost everything is not even asked where nothing new is wanted', async () => {
  await using world = await makePublishedWorld();
  const before = world.everything('public');
  world.writeSum('b/go.sum', world.modLines(`${NAMES[0]}@v1.0.0`));
  world.upstream.fault(/./, { status: 404 });

  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', problems: [] } });
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything('public')).toEqual(before);
});

test('of an upstream that forgets most of what is wanted, the rest is published', async () => {
  await using world = await makeWorld();
  for (const name of NAMES) world.add(name, 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.upstream.fault(/m0[0-8]/, { status: 404 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({ outcome: 'incomplete', modules: { wanted: 12, fetched: 3, missing: 9 } });
  expect(world.files().filter((path) => path.endsWith('.mod'))).toEqual(
    NAMES.slice(9).map((name) => `${name}/@v/v1.0.0.mod`),
  );
  expect(world.unsound()).toEqual([]);
});

test('an upstream that dies in the middle of a run costs nothing of what it gave; the next run asks for the rest', async () => {
  await using world = await makeWorld();
  for (const name of NAMES) world.add(name, 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({ connections: 1 });
  world.upstream.fault(/m0[5-9]|m1/, { drop: true });

  const first = await world.sync();

  expect(first.exit).toBe(3);
  expect(first.json).toMatchObject({ outcome: 'incomplete', modules: { fetched: 5, missing: 7 } });
  const { url } = world.upstream;
  expect(first.json.problems).toHaveLength(14);
  expect(first.json.problems.every(({ code }) => code === 'UNAVAILABLE')).toBe(true);
  expect(first.json.problems.map(({ message }) => message).join('\n')).toContain(
    `${url}: unavailable: given up after 3 module versions in a row failed`,
  );
  expect(world.files().filter((path) => path.endsWith('.mod'))).toHaveLength(5);
  expect(world.unsound()).toEqual([]);

  world.upstream.heal();
  world.upstream.forget();
  const second = await world.sync();

  expect(second).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
  expect(world.upstream.paths.toSorted()).toEqual(NAMES.slice(5).flatMap(filesOf));
  expect(world.unsound()).toEqual([]);
});

test('an upstream that is not there is exit 3 with nothing published, and no bug', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  const gone = await startUpstream();
  await gone.close();
  world.configure({ upstream: gone.url });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(byFile(json.problems).map(({ code, message }) => [code, message])).toEqual(
    ['info', 'mod'].map((file) => [
      'UNAVAILABLE',
      `example.com/m@v1.0.0: ${file} from ${gone.url}: unavailable: connection refused`,
    ]),
  );
  expect(world.files()).toEqual([]);

  world.configure();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published' } });
  expect(world.upstream.paths.toSorted()).toEqual(filesOf('example.com/m'));
});

test('a redirect to another host carries no credentials, which no output tells either', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  const elsewhere = await world.anotherUpstream();
  elsewhere.put('stored.zip', world.upstream.file(ZIP));
  world.upstream.fault(ZIP, { redirect: `${elsewhere.url}/stored.zip?signature=s1gned` });
  const url = world.upstream.url.replace('//', '//me:passw0rd@');
  world.configure({ upstream: [{ url, headers: { 'Private-Token': 't0ken' } }] });

  const { exit, json, stdout, stderr } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [] });
  expect(world.upstream.requests.map(({ headers }) => headers['private-token'])).toEqual([
    't0ken',
    't0ken',
    't0ken',
  ]);
  expect(elsewhere.paths).toEqual(['stored.zip?signature=s1gned']);
  const [{ headers } = { headers: {} }] = elsewhere.requests;
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('private-token');
  expect(stdout + stderr).not.toMatch(/passw0rd|t0ken|s1gned/);
  expect(world.unsound()).toEqual([]);
});

test('a version that changes its bytes after it was mirrored is not asked for, and what is published stays', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  await world.sync();
  const published = world.read(ZIP);
  const lines = world.upstream.goSumLines();
  world.add('example.com/m', 'v1.0.0', { ...moduleFiles('example.com/m'), 'm.go': 'package changed\n' });
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', [...lines, ...world.modLines('example.com/n@v1.0.0')]);
  world.upstream.forget();

  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
  expect(world.upstream.paths.toSorted()).toEqual(filesOf('example.com/n'));
  expect(world.read(ZIP)).toBe(published);
});

test('a version that changed its bytes before it was mirrored is exit 4, and comes once the upstream is true again', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  const truth = { lines: world.upstream.goSumLines(), zip: world.upstream.file(ZIP) };
  world.writeSum('a/go.sum', truth.lines);
  const changed = { ...moduleFiles('example.com/m'), 'm.go': 'package changed\n' };
  world.add('example.com/m', 'v1.0.0', changed);

  const { exit, json } = await world.sync();

  const wanted = truth.lines[0]?.split(' ')[2];
  expect(exit).toBe(4);
  expect(json.problems).toMatchObject([
    {
      file: 'zip',
      code: 'HASH_MISMATCH',
      message: `example.com/m@v1.0.0: zip: hash mismatch: go.sum says ${wanted}, ${world.upstream.url} sent ${zipH1(M, changed)}`,
    },
  ]);
  expect(world.files()).not.toContain(ZIP);
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.mod');

  world.upstream.put(ZIP, truth.zip);
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
  expect(world.upstream.paths).toEqual([ZIP]);
  expect(world.unsound()).toEqual([]);
});

test.each([
  ['first', 'the second is asked, and a warning names the first', 2],
  ['second', 'it is never asked', 1],
])('where two proxies disagree on a zip and the %s is false, %s', async (liar, _, asked) => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  const changed = { ...moduleFiles('example.com/m'), 'm.go': 'package changed\n' };
  const other = await world.anotherUpstream();
  other.add({ path: 'example.com/m', version: 'v1.0.0', files: changed });
  const order = liar === 'first' ? [other, world.upstream] : [world.upstream, other];
  world.configure({ upstream: order.map(({ url }) => url).join(',') });

  const { exit, json, log } = await world.sync();

  const warning = `warn: example.com/m@v1.0.0: zip: hash mismatch: go.sum says ${world.h1(M, 'zip')}, ${other.url} sent ${zipH1(M, changed)}: fetching once more`;
  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [] });
  expect(log).toEqual(liar === 'first' ? [warning] : []);
  expect(order.flatMap(({ paths }) => paths).filter((path) => path === ZIP)).toHaveLength(asked);
  expect(world.quarantine()).toHaveLength(liar === 'first' ? 2 : 0);
  expect(world.unsound()).toEqual([]);
});
