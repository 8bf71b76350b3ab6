/**
 * Lists that are wrong, empty or not there: exit 2, a message with the file and line or the seed, one JSON document,
 * and the mirror is as it was.
 */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, OTHER_H1 } from '../support/sync-fixture.ts';
import { config, expectNoChange, type Mistake, sum } from './mistakes.ts';

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
    message:
      'a/go.sum:1: Example.com/m: invalid module path: the first element is not a lower-case domain name',
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
    message:
      'a/go.sum:1: malformed go.sum: example.com/m@v1.0.0: invalid h1 hash: not the base64 of 32 bytes',
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
    message: 'CONFIG: seeds[0].url: invalid URL',
  },
  {
    name: 'a seed by module, which needs the checksum database',
    make: config({ seeds: ['a/go.sum', { module: 'example.com/m', version: 'v1.0.0' }] }),
    code: 'CONFIG_INVALID',
    message:
      "CONFIG: seeds[1]: a seed by module or toolchain needs the checksum database, and sumdb is 'off'",
    hint: 'leave sumdb to its default, or name go.sum files, by path or by url',
  },
  {
    name: 'a seed by toolchain, which needs the checksum database',
    make: config({ seeds: [{ toolchain: 'go1.27.1' }] }),
    code: 'CONFIG_INVALID',
    message:
      "CONFIG: seeds[0]: a seed by module or toolchain needs the checksum database, and sumdb is 'off'",
    hint: 'leave sumdb to its default, or name go.sum files, by path or by url',
  },
  {
    name: 'a seed by a module path that is none',
    make: config({ sumdb: 'sum.golang.org', seeds: [{ module: 'm', version: 'v1.0.0' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds[0]: m: invalid module path: the first element has no dot',
    hint: "a version is written as v1.2.3, or 'latest'",
  },
  {
    name: 'a seed by a branch name',
    make: config({ sumdb: 'sum.golang.org', seeds: [{ module: 'example.com/m', version: 'master' }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds[0]: example.com/m@master: invalid version: not a semantic version',
    hint: "a version is written as v1.2.3, or 'latest'",
  },
  ...(['go1.27', '1.27.1', 'go1.20.3', 'latest'] as const).map((toolchain) => ({
    name: `the toolchain ${toolchain}, which is none that can be switched to`,
    make: config({ sumdb: 'sum.golang.org', seeds: [{ toolchain }] }),
    code: 'CONFIG_INVALID',
    message: `CONFIG: seeds[0].toolchain: '${toolchain}' is no toolchain`,
    hint: "write it as go1.27.3 (from go1.21.0 on), or 'from-seeds'",
  })),
  {
    name: 'a platform with a slash',
    make: config({ sumdb: 'sum.golang.org', seeds: [{ toolchain: 'go1.27.1', platforms: ['linux/amd64'] }] }),
    code: 'CONFIG_INVALID',
    message: 'CONFIG: seeds[0].platforms[0]: a platform is written as linux-amd64',
  },
];

test.each([...LISTS, ...SEEDS])('$name is exit 2 and leaves the mirror as it was', expectNoChange);

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
