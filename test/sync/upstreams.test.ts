/** Which upstream is asked for what: Go's fallback rules, patterns, and private modules, judged by the requests. */
import { expect, test } from 'vitest';
import { byFile, makeWorld, type World } from '../support/sync-fixture.ts';
import type { Fault, UpstreamServer } from '../support/upstream-server.ts';

const FILES = ['example.com/m/@v/v1.0.0.info', 'example.com/m/@v/v1.0.0.mod'];

/** The first upstream has nothing of what the second, the world's own, serves. */
async function makeTwo(separator: ',' | '|', fault: Fault): Promise<{ world: World; first: UpstreamServer }> {
  const world = await makeWorld();
  const first = await world.anotherUpstream();
  first.fault(/./, fault);
  world.configure({ upstream: `${first.url}${separator}${world.upstream.url}` });
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  return { world, first };
}

test.each([
  [',', 'a 404', { status: 404 }],
  [',', 'a 410', { status: 410 }],
  ['|', 'a 404', { status: 404 }],
  ['|', 'a 500', { status: 500 }],
  ['|', 'a 403', { status: 403 }],
  ['|', 'a page', { page: true }],
  ['|', 'the .info of another version', { body: '{"Version":"v9.9.9"}' }],
] as const)('after %s, %s goes on to the next upstream', async (separator, name, fault) => {
  const { world: made, first } = await makeTwo(separator, fault);
  await using world = made;
  // Any text passes for a .mod until its hash is known: then the next one is asked anyway.
  if (name.startsWith('the .info')) first.fault('example.com/m/@v/v1.0.0.mod', { status: 404 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [], requests: 4 });
  expect(first.paths.toSorted()).toEqual(FILES);
  expect(world.upstream.paths.toSorted()).toEqual(FILES);
  expect(world.unsound()).toEqual([]);
});

test.each([
  ['a 500', { status: 500 }, 'UNAVAILABLE', 'unavailable: 500'],
  ['a 403', { status: 403 }, 'REJECTED', 'rejected: 403: not found'],
  ['a page', { page: true }, 'BAD_CONTENT', 'wrong content: a web page in place of the file'],
] as const)('after a comma, %s ends the search', async (_, fault, code, failure) => {
  const { world: made, first } = await makeTwo(',', fault);
  await using world = made;

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(byFile(json.problems).map(({ code, message }) => ({ code, message }))).toEqual(
    ['info', 'mod'].map((file) => ({
      code,
      message: `example.com/m@v1.0.0: ${file} from ${first.url}: ${failure}`,
    })),
  );
  expect(first.paths.toSorted()).toEqual(FILES);
  expect(world.upstream.requests).toEqual([]);
  expect(world.files()).toEqual([]);
});

test('a private module reaches no upstream that does not name it in only, and a hint says so', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('corp.example/secret', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({ private: ['corp.example/*'] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json.modules).toMatchObject({ wanted: 2, fetched: 1, missing: 1 });
  expect(byFile(json.problems)).toEqual(
    ['info', 'mod'].map((file) => ({
      module: 'corp.example/secret',
      version: 'v1.0.0',
      file,
      code: 'PRIVATE',
      message: `corp.example/secret@v1.0.0: ${file}: private: no upstream names it in only`,
      hint: "give an upstream with only: ['corp.example/*'] for it",
      sources: ['a/go.sum:2'],
    })),
  );
  expect(JSON.stringify(world.upstream.requests)).not.toContain('corp.example');
  expect(world.upstream.paths.toSorted()).toEqual(FILES);
  expect(world.unsound()).toEqual([]);
});

test.each(['GONOSUMDB', 'GOPRIVATE'])('without the field, %s says what is private', async (name) => {
  await using world = await makeWorld();
  world.add('corp.example/secret', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.env[name] = 'corp.example';

  expect(await world.sync()).toMatchObject({
    exit: 3,
    json: { problems: [{ code: 'PRIVATE' }, { code: 'PRIVATE' }] },
  });
  expect(world.upstream.requests).toEqual([]);
});

test('an upstream with only is asked for its modules alone, and a private one nowhere else', async () => {
  await using world = await makeWorld();
  const inner = await world.anotherUpstream();
  inner.fault(/./, { status: 404 });
  world.add('example.com/m', 'v1.0.0');
  world.add('corp.example/secret', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({
    upstream: [{ url: inner.url, only: ['corp.example/*'] }, world.upstream.url],
    private: ['corp.example/*'],
  });

  const missing = await world.sync();
  expect(missing.exit).toBe(3);
  expect(byFile(missing.json.problems).map(({ message }) => message)).toEqual([
    `corp.example/secret@v1.0.0: info from ${inner.url}: not found: 404`,
    `corp.example/secret@v1.0.0: mod from ${inner.url}: not found: 404`,
  ]);
  expect(world.upstream.paths.toSorted()).toEqual(FILES);

  inner.heal();
  inner.add({
    path: 'corp.example/secret',
    version: 'v1.0.0',
    files: { 'go.mod': 'module corp.example/secret\n' },
  });
  inner.forget();
  const found = await world.sync();
  expect(found).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
  expect(inner.paths.toSorted()).toEqual([
    'corp.example/secret/@v/v1.0.0.info',
    'corp.example/secret/@v/v1.0.0.mod',
  ]);
  expect(JSON.stringify(world.upstream.requests)).not.toContain('corp.example');
});

test('an upstream that excepts a module is never asked for it', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('corp.example/open', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({ upstream: [{ url: world.upstream.url, except: ['corp.example/*'] }] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(byFile(json.problems).map(({ message }) => message)).toEqual([
    'corp.example/open@v1.0.0: info: no upstream: only and except leave none',
    'corp.example/open@v1.0.0: mod: no upstream: only and except leave none',
  ]);
  expect(JSON.stringify(world.upstream.requests)).not.toContain('corp.example');
});

test('direct and off at the end of the list are left out with a line in the log', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({ upstream: `${world.upstream.url},direct` });

  const { exit, log } = await world.sync();

  expect(exit).toBe(0);
  expect(log).toEqual([
    `info: ${world.configFile}: upstream: a mirror fetches from proxies only: leaving out direct`,
  ]);
});

test('a file is asked for as often as retries say, and each try is counted', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.configure({ retries: 2 });
  world.upstream.fault('example.com/m/@v/v1.0.0.mod', { status: 503, times: 1 });

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', requests: 3 });
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(
    /^info: example\.com\/m@v1\.0\.0: mod from http:\/\/127\.0\.0\.1:\d+: unavailable: 503: trying again in \d\.\d s$/,
  );
});
