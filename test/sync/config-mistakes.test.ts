/**
 * Mistakes in the configuration and on the command line: exit 2, a message that names the field with the nearest right
 * one, one JSON document, and the mirror is as it was.
 */
import { existsSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeWorld } from '../support/sync-fixture.ts';
import { config, expectNoChange, type Mistake } from './mistakes.ts';

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
    message: 'CONFIG: upstream[0].onyl: unknown field',
    hint: "did you mean 'only'?",
  },
  {
    name: 'an unknown field of a seed',
    make: config({ seeds: ['a', { url: 'https://git.corp.example/go.sum', header: {} }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds[1].header: unknown field',
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
    message: 'CONFIG: accept[0].reason: expected string, received undefined',
  },
  {
    name: 'an accepted gap until a day that is none',
    make: config({
      accept: [{ module: 'example.com/m', version: 'v1.0.0', reason: 'gone', until: '2026-02-30' }],
    }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: accept[0].until: invalid ISO date',
  },
  {
    name: 'a private pattern that cannot be read',
    make: config({ private: ['corp.example/['] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: private: corp.example/[: invalid pattern: a character class is not closed',
  },
  {
    name: 'a checksum database whose key nobody knows',
    make: config({ sumdb: 'sum.corp.example' }),
    code: 'CONFIG_INVALID',
    message: "CONFIG: sumdb: 'sum.corp.example': this log's key is not known",
    hint: "write it as <name>+<hash>+<key>, or 'off'",
  },
  {
    name: 'a checksum database whose key is broken',
    make: config({ sumdb: { name: 'sum.corp.example+00000000+AAAA' } }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: sumdb.name: sum.corp.example+00000000+AAAA: invalid verifier key: not an Ed25519 key',
  },
  {
    name: 'a checksum database at an address that is none',
    make: config({ sumdb: 'sum.golang.org sum.corp.example' }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: sumdb: what follows the key is neither an https nor an http URL',
  },
  {
    name: 'a checksum database with a word too many',
    make: config({ sumdb: 'sum.golang.org https://a.example more' }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: sumdb: more than a key and a URL',
  },
  {
    name: 'a GOSUMDB that nobody knows',
    make: (world) => {
      world.configure({ sumdb: undefined });
      world.env.GOSUMDB = 'sum.corp.example';
    },
    code: 'CONFIG_INVALID',
    message: "GOSUMDB: 'sum.corp.example': this log's key is not known",
    hint: "write it as <name>+<hash>+<key>, or 'off'",
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
    message: 'there is no flag --stric',
    hint: "did you mean '--strict'?",
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

test.each([...FIELDS, ...UPSTREAMS, ...FILES])(
  '$name is exit 2 and leaves the mirror as it was',
  expectNoChange,
);

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

test('a word in JSON that is no value is told by its line, and not quoted with what is around it', async () => {
  await using world = await makeWorld();
  world.write('mirror.config.json', '{\n  "seeds": ["."],\n  "upstream": s3cret\n}\n');

  const { exit, json } = await world.refused('sync');

  expect(exit).toBe(2);
  expect(json.error.message).toBe(`${world.configFile}: is no JSON: Unexpected token 's' near line 3`);
});

test('a folder by the name of a configuration is exit 2 and cannot be read', async () => {
  await using world = await makeWorld();
  world.write('folder.json/x', '');

  const { exit, json } = await world.refused('sync', '--config', 'folder.json');

  expect(exit).toBe(2);
  expect(json.error.message).toMatch(/folder\.json: cannot be read: EISDIR/);
});
