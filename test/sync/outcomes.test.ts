/** How a run ends: the outcome, the exit code, the counts, what is asked for and what is published. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byFile, makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

test('a first run publishes, and one with nothing new sends no request, makes no snapshot and is exit 0', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());

  const first = await world.sync();
  const before = world.everything('public');
  world.upstream.forget();
  const second = await world.sync();

  const zip = world.upstream.file('example.com/m/@v/v1.0.0.zip').length;
  const text = world.upstream.file('example.com/m/@v/v1.0.0.mod').length + 50;
  expect(first.exit).toBe(0);
  expect(first.json).toMatchObject({
    outcome: 'published',
    snapshot: { previous: null },
    modules: { wanted: 2, present: 0, fetched: 2, missing: 0, mismatched: 0, accepted: 0 },
    problems: [],
    seeds: [{ source: 'a/go.sum', wanted: 2, missing: 0, complete: true }],
    requests: 6,
    bytes: 2 * (zip + text),
  });
  expect(second.exit).toBe(0);
  expect(second.json).toMatchObject({
    outcome: 'unchanged',
    snapshot: first.json.snapshot,
    modules: { wanted: 2, present: 2, fetched: 0, missing: 0, mismatched: 0, accepted: 0 },
    problems: [],
    requests: 0,
    bytes: 0,
  });
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything('public')).toEqual(before);
  expect(world.unsound()).toEqual([]);
});

test('an incomplete run publishes what it has, and the next one asks for what is missing and for nothing else', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.writeSum('b/go.sum', world.modLines('example.com/n@v1.0.0'));
  world.upstream.fault('example.com/n/@v/v1.0.0.mod', { status: 404 });

  const first = await world.sync();
  world.upstream.forget();
  const second = await world.sync();
  const between = world.upstream.paths;
  world.upstream.heal();
  world.upstream.forget();
  const third = await world.sync();

  expect(first.exit).toBe(3);
  expect(first.json).toMatchObject({
    outcome: 'incomplete',
    modules: { wanted: 2, present: 0, fetched: 1, missing: 1, mismatched: 0, accepted: 0 },
    seeds: [
      { source: 'a/go.sum', wanted: 2, missing: 1, complete: false },
      { source: 'b/go.sum', wanted: 1, missing: 1, complete: false },
    ],
  });
  expect(first.json.problems).toMatchObject([
    { code: 'NOT_FOUND', file: 'mod', sources: ['a/go.sum:2', 'b/go.sum:1'] },
  ]);
  expect(second.exit).toBe(3);
  expect(second.json).toMatchObject({ outcome: 'incomplete', snapshot: first.json.snapshot, requests: 1 });
  expect(second.json.problems).toEqual(first.json.problems);
  expect(between).toEqual(['example.com/n/@v/v1.0.0.mod']);
  expect(third.exit).toBe(0);
  expect(third.json).toMatchObject({
    outcome: 'published',
    snapshot: { previous: first.json.snapshot?.id },
    modules: { wanted: 2, present: 1, fetched: 1, missing: 0 },
    problems: [],
  });
  expect(world.upstream.paths).toEqual(['example.com/n/@v/v1.0.0.mod']);
  expect(world.files()).toContain('example.com/n/@v/v1.0.0.mod');
  expect(world.unsound()).toEqual([]);
});

test.each([
  ['by flag', {}, ['--strict']],
  ['by configuration', { strict: true }, []],
])(
  'strict %s publishes nothing new while something is missing, and keeps what it fetched',
  async (_, fields, flags) => {
    await using world = await makeWorld();
    world.add('example.com/m', 'v1.0.0');
    world.add('example.com/n', 'v1.0.0');
    world.configure(fields);
    world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
    const first = await world.sync(...flags);
    const before = world.everything('public');
    world.writeSum('a/go.sum', world.modLines());
    world.upstream.fault('example.com/n/@v/v1.0.0.info', { status: 404 });

    const second = await world.sync(...flags);

    expect(first.exit).toBe(0);
    expect(second.exit).toBe(3);
    expect(second.json).toMatchObject({
      outcome: 'incomplete',
      snapshot: first.json.snapshot,
      modules: { wanted: 2, present: 1, missing: 1 },
    });
    expect(world.everything('public')).toEqual(before);

    world.upstream.heal();
    world.upstream.forget();
    const third = await world.sync(...flags);

    expect(third).toMatchObject({ exit: 0, json: { outcome: 'published', requests: 1 } });
    expect(world.upstream.paths).toEqual(['example.com/n/@v/v1.0.0.info']);
    expect(world.unsound()).toEqual([]);
  },
);

test('a strict run that lacks something publishes not even a first snapshot', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', [...world.modLines(), `example.com/gone v1.0.0/go.mod ${OTHER_H1}`]);

  const { exit, json } = await world.sync('--strict');

  expect(exit).toBe(3);
  expect(json).toMatchObject({ outcome: 'incomplete', snapshot: null });
  expect(world.files()).toEqual([]);
});

test('a run of which nothing could be had publishes no empty snapshot', async () => {
  await using world = await makeWorld();
  world.writeSum('a/go.sum', [`example.com/gone v1.0.0/go.mod ${OTHER_H1}`]);

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({ outcome: 'incomplete', snapshot: null, modules: { wanted: 1, missing: 1 } });
  expect(byFile(json.problems).map(({ file, code }) => ({ file, code }))).toEqual([
    { file: 'info', code: 'NOT_FOUND' },
    { file: 'mod', code: 'NOT_FOUND' },
  ]);
  expect(world.files()).toEqual([]);
});

test('when something is false and something is missing, the exit code is that of the false', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', [...world.modLines(), `example.com/gone v1.0.0/go.mod ${OTHER_H1}`]);
  world.upstream.fault('example.com/m/@v/v1.0.0.mod', { body: 'module example.com/evil\n' });

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.modules).toEqual({ wanted: 2, present: 0, fetched: 0, missing: 1, mismatched: 1, accepted: 0 });
  expect(world.unsound()).toEqual([]);
});

test('what is wanted is the sum of present, fetched, missing, mismatched and accepted, whatever happens', async () => {
  const state = fc.constantFrom('held', 'true', 'gone', 'false', 'accepted', 'disputed');
  const states = fc.array(state, { minLength: 1, maxLength: 6 });
  await fc.assert(fc.asyncProperty(states, checkCounts), { numRuns: 12 });
});

async function checkCounts(states: readonly string[]): Promise<void> {
  await using world = await makeWorld();
  const names = states.map((_, index) => `example.com/m${index}`);
  for (const name of names) world.add(name, 'v1.0.0');
  const inState = (...wanted: string[]) => names.filter((_, index) => wanted.includes(states[index] ?? ''));
  await holdAlready(world, inState('held'));

  for (const name of inState('gone', 'accepted'))
    world.upstream.fault(`${name}/@v/v1.0.0.mod`, { status: 404 });
  for (const name of inState('false'))
    world.upstream.fault(`${name}/@v/v1.0.0.mod`, { body: 'module false.example\n' });
  const accept = inState('accepted').map((module) => ({ module, version: 'v1.0.0', reason: 'withdrawn' }));
  world.configure({ accept });
  world.writeSum('a/go.sum', world.modLines());
  const disputed = inState('disputed').map((name) => `${name} v1.0.0/go.mod ${OTHER_H1}`);
  world.writeSum('b/go.sum', disputed);

  const { json } = await world.sync();

  const bad = inState('gone', 'false', 'disputed').length;
  expect(json.modules).toEqual({
    wanted: names.length,
    present: inState('held').length,
    fetched: inState('true').length,
    missing: inState('gone').length,
    mismatched: inState('false', 'disputed').length,
    accepted: inState('accepted').length,
  });
  expect(json.seeds).toMatchObject([
    { source: 'a/go.sum', wanted: names.length, missing: bad, complete: bad === 0 },
    {
      source: 'b/go.sum',
      wanted: disputed.length,
      missing: disputed.length,
      complete: disputed.length === 0,
    },
  ]);
  expect(world.unsound()).toEqual([]);
}

async function holdAlready(world: World, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  world.writeSum('a/go.sum', world.modLines(...names.map((name) => `${name}@v1.0.0`)));
  await world.sync();
}
