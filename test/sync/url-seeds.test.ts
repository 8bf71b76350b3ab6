/** go.sum files by URL: fetched, kept as the last good copy, and never taken for what they are not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OTHER_H1, type World } from '../support/sync-fixture.ts';
import { makeListedWorld } from './listed-world.ts';

test('a list is fetched by its URL, named by it, not counted among the requests, and kept as a copy', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'published',
    modules: { wanted: 2, fetched: 2 },
    seeds: [
      { source: 'a/go.sum', wanted: 1, complete: true },
      { source: url, wanted: 1, complete: true },
    ],
    requests: 4,
  });
  expect(server.paths).toEqual(['app/go.sum']);
  expect(copies(world)).toEqual([server.file('app/go.sum').toString()]);
  expect(world.unsound()).toEqual([]);
});

test('a list that cannot be reached is read from its copy, with a warning', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  await world.sync();
  const before = world.everything('public');
  server.fault(/./, { status: 503 });

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'unchanged', modules: { wanted: 2, present: 2 }, requests: 0 });
  expect(log).toEqual([`warn: ${url}: using the last good copy: ${url}: unavailable: 503`]);
  expect(world.everything('public')).toEqual(before);
});

test.each([
  ['a page with status 200', { page: true }, 'wrong content: a web page in place of the file'],
  ['a cut body', { truncate: 10 }, undefined],
  ['a 404', { status: 404 }, 'not found: 404'],
] as const)('%s in place of the list leaves the good copy as it is', async (_, fault, failure) => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  await world.sync();
  server.fault(/./, fault);

  const { exit, log } = await world.sync();

  const text = server.file('app/go.sum').toString();
  expect(exit).toBe(0);
  expect(log).toEqual([
    `warn: ${url}: using the last good copy: ${url}: ${failure ?? `truncated: 10 of ${text.length} bytes`}`,
  ]);
  expect(copies(world)).toEqual([text]);
});

test('a list that cannot be reached and has no copy is exit 3, and the rest is published', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  server.fault(/./, { status: 503 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    modules: { wanted: 1, fetched: 1 },
    seeds: [
      { source: 'a/go.sum', wanted: 1, missing: 0, complete: true },
      { source: url, wanted: 0, missing: 0, complete: false },
    ],
  });
  expect(json.problems).toEqual([
    {
      module: null,
      version: null,
      file: null,
      code: 'SEED_UNAVAILABLE',
      message: `${url}: seed unavailable, and there is no earlier copy: ${url}: unavailable: 503`,
      sources: [url],
    },
  ]);
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.mod');
  expect(world.unsound()).toEqual([]);
});

test('with no other seed, an unreachable list is exit 3 too, not a list of nothing', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  server.fault(/./, { status: 503 });
  world.configure({ seeds: [{ url }] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    snapshot: null,
    problems: [{ code: 'SEED_UNAVAILABLE' }],
  });
});

test('a list that cannot be parsed is exit 2 with its URL and line, and the good copy stays', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  await world.sync();
  const before = world.everything();
  server.put('app/go.sum', `example.com/n v1.0.0/go.mod ${OTHER_H1}\nthis is no line\n`);

  const { exit, json } = await world.refused('sync');

  expect(exit).toBe(2);
  expect(json.error).toEqual({
    code: 'GOSUM_MALFORMED',
    message: `${url}:2: malformed go.sum: 4 fields in place of 3`,
  });
  expect(world.everything()).toEqual(before);
});

test('a go.mod by mod is read, kept, and named by its own URL when it cannot be parsed', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  server.put('raw/app.mod', 'module example.com/app\n\nrequire example.com/m v1.0.0\n');
  const mod = `${server.url}/raw/app.mod`;
  world.configure({ seeds: [{ url, mod }] });

  expect((await world.sync()).exit).toBe(0);
  expect(copies(world)).toEqual([
    server.file('app/go.sum').toString(),
    server.file('raw/app.mod').toString(),
  ]);
  const { json: status } = await world.status();
  expect(status.seeds).toMatchObject([{ source: url, downloadLacks: ['example.com/m@v1.0.0'] }]);

  server.put('raw/app.mod', 'module example.com/app\nrequire example.com/m\n');
  const { exit, json } = await world.refused('sync');
  expect(exit).toBe(2);
  expect(json.error).toEqual({
    code: 'GOMOD_MALFORMED',
    message: `${mod}:2: require takes a module path and a version`,
  });
});

function copies(world: World): string[] {
  const folder = join(world.mirror, 'seeds');
  return readdirSync(folder)
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
