/** The second download after a false one, and what is kept of the first. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';
import type { UpstreamServer } from '../support/upstream-server.ts';

const M = parseModuleVersion('example.com/m', 'v1.0.0');
const MOD = 'example.com/m/@v/v1.0.0.mod';
const FALSE_MOD = 'module example.com/evil\n';
const FALSE_H1 = hashGoMod(Buffer.from(FALSE_MOD));

/** The first upstream of two gives a false go.mod. */
async function makeLyingWorld(): Promise<{ world: World; first: UpstreamServer }> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  const first = await world.anotherUpstream();
  first.add({
    path: 'example.com/m',
    version: 'v1.0.0',
    files: { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n' },
  });
  first.fault(MOD, { body: FALSE_MOD });
  world.configure({ upstream: `${first.url},${world.upstream.url}` });
  return { world, first };
}

function mismatch(world: World, from: UpstreamServer): string {
  return `example.com/m@v1.0.0: mod: hash mismatch: go.sum says ${world.h1(M, 'mod')}, ${from.url} sent ${FALSE_H1}`;
}

test('a false body is fetched again from the next upstream, whose true one is published with a warning', async () => {
  const { world: made, first } = await makeLyingWorld();
  await using world = made;

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'published',
    problems: [],
    modules: { wanted: 1, fetched: 1 },
    requests: 4,
  });
  expect(log).toEqual([`warn: ${mismatch(world, first)}: fetching once more`]);
  expect(first.paths.toSorted()).toEqual(
    ['info', 'mod', 'zip'].map((file) => `example.com/m/@v/v1.0.0.${file}`),
  );
  expect(world.upstream.paths).toEqual([MOD]);
  expect(world.read(MOD)).toBe('module example.com/m\n');
  expect(world.unsound()).toEqual([]);
  const kept = `${MOD}.${sha256(FALSE_MOD).slice(0, 16)}`;
  expect(world.quarantine()).toEqual([kept, `${kept}.json`]);
});

test('the evidence is the body as it came, and a note that says who sent what in place of what', async () => {
  const { world: made, first } = await makeLyingWorld();
  await using world = made;

  await world.sync();

  const kept = join(world.mirror, 'quarantine', `${MOD}.${sha256(FALSE_MOD).slice(0, 16)}`);
  expect(readFileSync(kept, 'utf8')).toBe(FALSE_MOD);
  const { at, ...note } = JSON.parse(readFileSync(`${kept}.json`, 'utf8'));
  expect(note).toEqual({
    module: 'example.com/m@v1.0.0',
    file: 'mod',
    code: 'HASH_MISMATCH',
    message: mismatch(world, first),
    upstream: first.url,
    sha256: sha256(FALSE_MOD),
  });
  expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test.each([
  ['is not found', { status: 404 }],
  ['fails', { status: 503 }],
  ['brings a page', { page: true }],
] as const)('when the second download %s, the first one stands as false: exit 4', async (_, fault) => {
  const { world: made, first } = await makeLyingWorld();
  await using world = made;
  first.heal();
  first.fault(MOD, { body: FALSE_MOD, times: 1 });
  first.fault(MOD, fault);
  world.upstream.fault(MOD, fault);

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.modules).toMatchObject({ missing: 0, mismatched: 1 });
  expect(json.problems.map(({ code, message }) => ({ code, message }))).toEqual([
    { code: 'HASH_MISMATCH', message: mismatch(world, first) },
  ]);
  expect(world.files()).not.toContain(MOD);
  expect(world.unsound()).toEqual([]);
});

test('two upstreams that both send false bytes are exit 4, with the evidence of each', async () => {
  const { world: made, first } = await makeLyingWorld();
  await using world = made;
  const other = 'module example.com/other\n';
  world.upstream.fault(MOD, { body: other });

  const { exit, json } = await world.sync();

  const second = mismatch(world, world.upstream).replace(FALSE_H1, hashGoMod(Buffer.from(other)));
  expect(exit).toBe(4);
  expect(json.problems.map(({ message }) => message)).toEqual([second]);
  expect(first.paths.filter((path) => path === MOD)).toHaveLength(1);
  expect(world.upstream.paths).toEqual([MOD]);
  const names = [FALSE_MOD, other].map((text) => `${MOD}.${sha256(text).slice(0, 16)}`);
  expect(world.quarantine()).toEqual(names.flatMap((name) => [name, `${name}.json`]).sort());
  expect(world.files()).not.toContain(MOD);
  expect(world.unsound()).toEqual([]);
});

test('a second run that meets the same lie keeps its bytes once', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.upstream.fault('example.com/m/@v/v1.0.0.zip', { body: 'no zip' });
  const kept = `example.com/m/@v/v1.0.0.zip.${sha256('no zip').slice(0, 16)}`;

  for (const round of [1, 2]) {
    const { exit } = await world.sync();
    expect({ round, exit }).toEqual({ round, exit: 4 });
    expect(world.quarantine()).toEqual([kept, `${kept}.json`]);
    expect(world.unsound()).toEqual([]);
  }
});

test('once the upstream is true again, the next run asks for the false file only and publishes it', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.upstream.fault('example.com/m/@v/v1.0.0.zip', { body: 'no zip' });
  await world.sync();
  world.upstream.heal();
  world.upstream.forget();

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [], modules: { wanted: 1, fetched: 1 } });
  expect(world.upstream.paths).toEqual(['example.com/m/@v/v1.0.0.zip']);
  expect(world.read('example.com/m/@v/list')).toBe('v1.0.0\n');
  expect(world.unsound()).toEqual([]);
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
