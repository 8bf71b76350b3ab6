/** `plan`: what a sync would fetch and where go.sum files disagree. It changes nothing. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { makeWorld, OTHER_H1 } from '../support/sync-fixture.ts';

const M = parseModuleVersion('example.com/m', 'v1.0.0');

test('a plan counts what is wanted, sends no request to the upstream and makes no mirror', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());

  const { exit, json } = await world.plan();

  expect(exit).toBe(0);
  expect(json).toEqual({
    choices: [],
    wanted: 2,
    present: 0,
    toFetch: 2,
    conflicts: [],
    problems: [],
    seeds: [{ source: 'a/go.sum', wanted: 2, missing: 2, accepted: 0, complete: false }],
  });
  expect(world.upstream.requests).toEqual([]);
  expect(existsSync(world.mirror)).toBe(false);
});

test('a plan beside a mirror counts what is present, and leaves the mirror as it was', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
  await world.sync();
  const before = world.everything();
  world.writeSum('a/go.sum', world.modLines());
  world.upstream.forget();

  const { exit, json } = await world.plan();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    wanted: 2,
    present: 1,
    toFetch: 1,
    seeds: [{ source: 'a/go.sum', wanted: 2, missing: 1 }],
  });
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything()).toEqual(before);
});

test('with --sizes the plan says how large the zips are', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.upstream.fault('example.com/n/@v/v1.0.0.zip', { status: 404 });

  const { exit, json } = await world.plan('--sizes');

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    bytes: world.upstream.file('example.com/m/@v/v1.0.0.zip').length,
    unsized: 1,
  });
  expect(existsSync(world.mirror)).toBe(false);
});

test('go.sum files that disagree are exit 4, with both hashes and all their lines', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.writeSum('b/go.sum', world.modLines());
  world.writeSum('c/go.sum', [`example.com/m v1.0.0/go.mod ${OTHER_H1}`]);

  const { exit, json } = await world.plan();

  expect(exit).toBe(4);
  expect(json.conflicts).toEqual([
    {
      module: 'example.com/m',
      version: 'v1.0.0',
      file: 'mod',
      hashes: [
        { hash: world.h1(M, 'mod'), sources: ['a/go.sum:1', 'b/go.sum:1'] },
        { hash: OTHER_H1, sources: ['c/go.sum:1'] },
      ],
    },
  ]);
  expect(existsSync(world.mirror)).toBe(false);
});

test('a line that contradicts what the mirror holds is exit 4', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  world.writeSum('a/go.sum', [`example.com/m v1.0.0/go.mod ${OTHER_H1}`]);

  const { exit, json } = await world.plan();

  expect(exit).toBe(4);
  expect(json).toMatchObject({
    conflicts: [],
    problems: [{ code: 'HASH_MISMATCH', sources: ['a/go.sum:1'] }],
  });
});

test('a plan for people tells the same', async () => {
  await using world = await makeWorld();
  world.writeSum('a/go.sum', [`example.com/m v1.0.0/go.mod ${OTHER_H1}`]);

  expect(await world.run('plan')).toEqual({
    exit: 0,
    stdout:
      'incomplete a/go.sum: 1 module versions, 1 missing\n1 module versions wanted: 0 present, 1 to fetch\n',
    stderr: '',
    log: [],
  });
});
