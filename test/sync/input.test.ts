/**
 * What a person wrote is wrong: exit 2, a message that names the file and line or the field, one JSON document, and
 * the mirror is as it was, whether or not there is one already.
 */
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

interface Mistake {
  readonly name: string;
  readonly make: (world: World) => void;
  readonly argv?: readonly string[];
  readonly code: string;
  /** `CONFIG` stands for the configuration's path, `HOME` for its folder. */
  readonly message: string;
  readonly hint?: string;
}

const sum =
  (...lines: string[]) =>
  (world: World) =>
    world.writeSum('a/go.sum', lines);

const config =
  (fields: object): Mistake['make'] =>
  (world) =>
    world.configure(fields);

const LISTS: readonly Mistake[] = [
  {
    name: 'an empty go.sum and no other',
    make: sum(),
    code: 'NOTHING_WANTED',
    message: 'CONFIG: seeds: no module version is wanted: a/go.sum name none',
    hint: 'an empty list is taken for a mistake, never for a wish to mirror nothing',
  },
  {
    name: 'a go.sum with nothing but blank lines and a hash of an unknown kind',
    make: sum('', '  ', 'example.com/m v1.0.0 h2:abc'),
    code: 'NOTHING_WANTED',
    message: 'CONFIG: seeds: no module version is wanted: a/go.sum name none',
    hint: 'an empty list is taken for a mistake, never for a wish to mirror nothing',
  },
  {
    name: 'a line with two fields',
    make: sum(`example.com/m v1.0.0/go.mod ${OTHER_H1}`, 'example.com/n v1.0.0'),
    code: 'GOSUM_MALFORMED',
    message: 'a/go.sum:2: malformed go.sum: 2 fields in place of 3',
  },
  {
    name: 'a go.mod in place of a go.sum',
    make: sum('module example.com/app', '', 'go 1.24'),
    code: 'GOSUM_MALFORMED',
    message: 'a/go.sum:1: malformed go.sum: 2 fields in place of 3',
  },
  {
    name: 'an invalid module path',
    make: sum(`Example.com/m v1.0.0 ${OTHER_H1}`),
    code: 'GOSUM_INVALID_MODULE',
    message: 'a/go.sum:1: Example.com/m: invalid module path: the first element is not a lower-case domain name',
  },
  {
    name: 'a path that climbs out of its folder',
    make: sum(`../evil v1.0.0 ${OTHER_H1}`),
    code: 'GOSUM_INVALID_MODULE',
    message: 'a/go.sum:1: ../evil: invalid module path: element .. begins with a dot',
  },
  {
    name: 'a path that climbs further in',
    make: sum(`example.com/m v1.0.0/go.mod ${OTHER_H1}`, `example.com/../../../etc v1.0.0 ${OTHER_H1}`),
    code: 'GOSUM_INVALID_MODULE',
    message: 'a/go.sum:2: example.com/../../../etc: invalid module path: element .. begins with a dot',
  },
  {
    name: 'a version that climbs out of its folder',
    make: sum(`example.com/m ../v1.0.0 ${OTHER_H1}`),
    code: 'GOSUM_INVALID_MODULE',
    message: 'a/go.sum:1: example.com/m@../v1.0.0: invalid version: not a semantic version',
  },
  {
    name: 'a version of another major than its path',
    make: sum(`example.com/m/v2 v1.0.0 ${OTHER_H1}`),
    code: 'GOSUM_INVALID_MODULE',
    message: 'a/go.sum:1: example.com/m/v2@v1.0.0: invalid version: the path wants v2, not v1',
  },
  {
    name: 'a malformed h1',
    make: sum('example.com/m v1.0.0 h1:abc='),
    code: 'GOSUM_MALFORMED',
    message: 'a/go.sum:1: malformed go.sum: example.com/m@v1.0.0: invalid h1 hash: not the base64 of 32 bytes',
  },
  {
    name: 'a malformed go.mod beside the go.sum',
    make: (world) => world.write('a/go.mod', 'module example.com/app\n\nrequire example.com/m\n'),
    code: 'GOMOD_MALFORMED',
    message: 'a/go.mod:3: require takes a module path and a version',
  },
];

const SEEDS: readonly Mistake[] = [
  {
    name: 'a path that does not exist',
    make: config({ seeds: ['a/go.sum', 'missing/go.sum'] }),
    code: 'SEED_NOT_FOUND',
    message: 'CONFIG: seeds: missing/go.sum: no such file or folder',
    hint: 'paths are relative to the configuration; this one means HOME/missing/go.sum',
  },
  {
    name: 'a pattern that matches nothing',
    make: config({ seeds: ['projects/*/go.sum'] }),
    code: 'SEED_NOT_FOUND',
    message: 'CONFIG: seeds: projects/*/go.sum: the pattern matches no file',
    hint: 'patterns are relative to the configuration, here HOME',
  },
  {
    name: 'a folder without a go.sum',
    make: (world) => {
      world.write('docs/README.md', '# nothing to mirror\n');
      world.configure({ seeds: ['docs'] });
    },
    code: 'SEED_NOT_FOUND',
    message: 'CONFIG: seeds: docs: no go.sum or go.work.sum in this folder',
  },
  {
    name: 'a pattern that matches a link to nothing',
    make: (world) => {
      world.write('b/keep', '');
      symlinkSync('gone', join(world.home, 'b/go.sum'));
      world.configure({ seeds: ['b/*.sum'] });
    },
    code: 'SEED_NOT_FOUND',
    message: 'CONFIG: seeds: b/*.sum: the pattern matches no file',
    hint: 'patterns are relative to the configuration, here HOME',
  },
  {
    name: 'no seeds',
    make: config({ seeds: [] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds: too small: expected array to have >=1 items',
  },
  {
    name: 'a seed by URL that is none',
    make: config({ seeds: [{ url: 'git.corp.example/go.sum' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds.0.url: invalid URL',
  },
  {
    name: 'a seed by module, which needs the checksum database',
    make: config({ seeds: ['a/go.sum', { module: 'example.com/m', version: 'v1.0.0' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds.1: a seed by module or toolchain needs the checksum database',
    hint: "with sumdb: 'off' name go.sum files, by path or by url",
  },
];

const FIELDS: readonly Mistake[] = [
  {
    name: 'an unknown field',
    make: config({ upstreams: 'https://goproxy.cn' }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: upstreams: unknown field',
    hint: "did you mean 'upstream'?",
  },
  {
    name: 'an unknown field in a group',
    make: config({ timeouts: { idel: 5 } }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: timeouts.idel: unknown field',
    hint: "did you mean 'idle'?",
  },
  {
    name: 'an unknown field of an upstream',
    make: config({ upstream: [{ url: 'https://goproxy.cn', onyl: ['corp.example/*'] }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: upstream.0.onyl: unknown field',
    hint: "did you mean 'only'?",
  },
  {
    name: 'an unknown field of a seed',
    make: config({ seeds: ['a', { url: 'https://git.corp.example/go.sum', header: {} }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds.1.header: unknown field',
    hint: "did you mean 'headers'?",
  },
  {
    name: 'a text in place of a number',
    make: config({ retries: 'three' }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: retries: expected number, received string',
  },
  {
    name: 'a text in place of a list',
    make: config({ seeds: 'a/go.sum' }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds: expected array, received string',
  },
  {
    name: 'an accepted gap without a reason',
    make: config({ accept: [{ module: 'example.com/m', version: 'v1.0.0' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: accept.0.reason: expected string, received undefined',
  },
  {
    name: 'an accepted gap until a day that is none',
    make: config({ accept: [{ module: 'example.com/m', version: 'v1.0.0', reason: 'gone', until: '2026-02-30' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: accept.0.until: invalid ISO date',
  },
  {
    name: 'a private pattern that cannot be read',
    make: config({ private: ['corp.example/['] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: private: corp.example/[: invalid pattern: a character class is not closed',
  },
  {
    name: 'a checksum database, which this version does not ask',
    make: config({ sumdb: 'sum.golang.org' }),
    code: 'CONFIG_INVALID',
    message: "CONFIG: sumdb: this version has only 'off'",
  },
];

const UPSTREAMS: readonly Mistake[] = [
  ...(['off', 'direct', 'direct,https://goproxy.cn'] as const).map((upstream) => ({
    name: `an upstream that is ${upstream}`,
    make: config({ upstream }),
    code: 'NO_UPSTREAM',
    message: `CONFIG: upstream: no server to fetch from: only ${upstream.replace(',', ', ')}`,
    hint: 'name a GOPROXY server, for example https://goproxy.cn',
  })),
  {
    name: 'GOPROXY=off and no upstream',
    make: (world) => {
      world.env.GOPROXY = 'off';
      world.configure({ upstream: undefined });
    },
    code: 'NO_UPSTREAM',
    message: 'GOPROXY: no server to fetch from: only off',
    hint: 'name a GOPROXY server, for example https://goproxy.cn',
  },
  {
    name: 'an upstream of nothing but commas',
    make: config({ upstream: ',,' }),
    code: 'NO_UPSTREAM',
    message: 'CONFIG: upstream: no server to fetch from: the list is empty',
    hint: 'name a GOPROXY server, for example https://goproxy.cn',
  },
  {
    name: 'an upstream that is no URL',
    make: config({ upstream: 'proxy' }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: upstream: not a URL',
  },
  {
    name: 'an upstream of another scheme',
    make: config({ upstream: ['https://goproxy.cn', 'ftp://user:secret@proxy.corp.example/go?key=secret'] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: upstream[1]: ftp://proxy.corp.example/go is neither https nor http',
  },
  {
    name: 'an authority that is not there',
    make: config({ upstream: [{ url: 'https://proxy.corp.example', ca: './ca.pem' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: upstream[0].ca: HOME/ca.pem: no such file',
  },
];

const FILES: readonly Mistake[] = [
  {
    name: 'no configuration',
    make: (world) => rmSync(world.configFile),
    code: 'CONFIG_NOT_FOUND',
    message: 'HOME/mirror.config.ts: there is no such configuration file',
    hint: 'write one with `modferry init`, or name another with --config',
  },
  {
    name: 'a configuration that is not where --config says',
    make: () => {},
    argv: ['--config', 'other.json'],
    code: 'CONFIG_NOT_FOUND',
    message: 'other.json: there is no such configuration file',
    hint: 'write one with `modferry init`, or name another with --config',
  },
  {
    name: 'a configuration that is a list',
    make: (world) => world.write('mirror.config.json', '[]'),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: expected object, received array',
  },
  {
    name: 'an environment that is not there',
    make: config({ environments: { staging: { strict: true } } }),
    argv: ['--env', 'stagin'],
    code: 'CONFIG_INVALID',
    message: "CONFIG: environments: there is no environment 'stagin'",
    hint: "did you mean 'staging'?",
  },
  {
    name: 'an unknown flag',
    make: () => {},
    argv: ['--stric'],
    code: 'USAGE',
    message: 'unknown argument: stric',
    hint: '`modferry <verb> --help` shows what it takes',
  },
  {
    name: 'a flag given twice',
    make: () => {},
    argv: ['--strict', '--strict'],
    code: 'USAGE',
    message: '--strict is given twice',
    hint: '`modferry <verb> --help` shows what it takes',
  },
];

describe.each([
  { of: 'a list', mistakes: LISTS },
  { of: 'the seeds', mistakes: SEEDS },
  { of: 'a field', mistakes: FIELDS },
  { of: 'the upstream', mistakes: UPSTREAMS },
  { of: 'the command line or its file', mistakes: FILES },
])('a mistake in $of', ({ mistakes }) => {
  test.each(mistakes)('$name is exit 2 and leaves the mirror as it was', async (mistake) => {
    await using world = await makeWorld();
    startOver(world);
    mistake.make(world);
    await expectRefusal(world, mistake);
    expect(existsSync(world.mirror)).toBe(false);

    startOver(world);
    expect((await world.sync()).exit).toBe(0);
    const before = world.everything();
    mistake.make(world);
    await expectRefusal(world, mistake);
    expect(world.everything()).toEqual(before);
  });
});

test('a configuration that is no JSON is exit 2 and says where', async () => {
  await using world = await makeWorld();
  world.write('mirror.config.json', '{ "seeds": ["."], }');

  const { exit, json } = await world.refused('sync');

  expect(exit).toBe(2);
  expect(json.error.code).toBe('CONFIG_INVALID');
  // What follows is the words of V8.
  expect(json.error.message).toMatch(/^.+\/mirror\.config\.json: is no JSON: .*position 18/);
  expect(existsSync(world.mirror)).toBe(false);
});

test('without --json the error and its hint are on stderr, and stdout is empty', async () => {
  await using world = await makeWorld();
  world.configure({ seeds: ['missing'] });

  expect(await world.run('sync')).toMatchObject({
    exit: 2,
    stdout: '',
    log: [
      `modferry: error: ${world.configFile}: seeds: missing: no such file or folder`,
      `  hint: paths are relative to the configuration; this one means ${world.home}/missing`,
    ],
  });
});

test('an empty go.sum among others is fine', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.writeSum('b/go.sum', []);

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'published',
    seeds: [
      { source: 'a/go.sum', wanted: 1, missing: 0, complete: true },
      { source: 'b/go.sum', wanted: 0, missing: 0, complete: true },
    ],
  });
});

/** A configuration and a go.sum that sync. */
function startOver(world: World): void {
  rmSync(world.home, { recursive: true, force: true });
  delete world.env.GOPROXY;
  world.configure();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
}

async function expectRefusal(world: World, { argv = [], code, message, hint }: Mistake): Promise<void> {
  const written = (text: string) => text.replace('CONFIG', world.configFile).replace('HOME', world.home);
  const asked = world.upstream.requests.length;
  const { exit, json, log } = await world.refused('sync', ...argv);
  const error = { code, message: written(message), ...(hint === undefined ? {} : { hint: written(hint) }) };
  expect({ exit, json, log }).toEqual({ exit: 2, json: { error }, log: [] });
  expect(world.upstream.requests).toHaveLength(asked);
}
