/** Known gaps that the configuration accepts: counted, asked for once, and never a cover for what is false. */
import { expect, test } from 'vitest';
import { makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

const GONE = { module: 'example.com/gone', version: 'v1.0.0', reason: 'withdrawn by its author' };

/** One module is served, of another the .info only. */
async function makeGappyWorld(): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/gone', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.upstream.fault('example.com/gone/@v/v1.0.0.mod', { status: 404 });
  return world;
}

test('an accepted gap is counted, makes the run complete, and is not asked for again', async () => {
  await using world = await makeGappyWorld();
  world.configure({ accept: [GONE] });

  const first = await world.sync();
  world.upstream.forget();
  const second = await world.sync();

  expect(first.exit).toBe(0);
  expect(first.json).toMatchObject({
    outcome: 'published',
    modules: { wanted: 2, present: 0, fetched: 1, missing: 0, mismatched: 0, accepted: 1 },
    problems: [],
    acceptedGaps: [
      {
        module: 'example.com/gone',
        version: 'v1.0.0',
        file: 'mod',
        code: 'NOT_FOUND',
        message: `example.com/gone@v1.0.0: mod from ${world.upstream.url}: not found: 404`,
        reason: 'withdrawn by its author',
        sources: ['a/go.sum:2'],
      },
    ],
    seeds: [{ source: 'a/go.sum', wanted: 2, missing: 0, accepted: 1, complete: true }],
  });
  expect(second.exit).toBe(0);
  expect(second.json).toMatchObject({
    outcome: 'unchanged',
    modules: { wanted: 2, present: 1, fetched: 0, missing: 0, mismatched: 0, accepted: 1 },
    acceptedGaps: first.json.acceptedGaps,
    requests: 0,
  });
  expect(world.upstream.requests).toEqual([]);
  expect(world.unsound()).toEqual([]);
});

test('a gap that was met before it was accepted is not asked for again either', async () => {
  await using world = await makeGappyWorld();
  expect((await world.sync()).exit).toBe(3);
  world.upstream.forget();
  world.configure({ accept: [GONE] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'unchanged',
    modules: { wanted: 2, present: 1, accepted: 1 },
    requests: 0,
  });
  expect(world.upstream.requests).toEqual([]);
});

test('the SBOM and status tell of an accepted gap, with the reason', async () => {
  await using world = await makeGappyWorld();
  world.configure({ accept: [GONE] });
  await world.sync();

  const { json } = await world.status();

  expect(json.acceptedGaps).toMatchObject([
    { module: 'example.com/gone', code: 'NOT_FOUND', reason: GONE.reason },
  ]);
  expect(world.read('_mirror/bom.cdx.json')).toContain('NOT_FOUND: withdrawn by its author');
});

test('a strict run takes an accepted gap for complete', async () => {
  await using world = await makeGappyWorld();
  world.configure({ accept: [GONE], strict: true });

  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'published' } });
});

test.each(['zip', 'mod'] as const)('a false %s is never accepted', async (file) => {
  await using world = await makeWorld();
  world.add('example.com/gone', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.upstream.fault(`example.com/gone/@v/v1.0.0.${file}`, { body: 'false' });
  world.configure({ accept: [GONE] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    modules: { mismatched: 1, accepted: 0 },
    acceptedGaps: [],
  });
  expect(json.problems).toMatchObject([{ file, code: file === 'zip' ? 'ZIP_INVALID' : 'HASH_MISMATCH' }]);
  expect(world.unsound()).toEqual([]);
});

test('lines that disagree are never accepted', async () => {
  await using world = await makeGappyWorld();
  world.writeSum('b/go.sum', [`example.com/gone v1.0.0/go.mod ${OTHER_H1}`]);
  world.configure({ accept: [GONE] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.modules).toMatchObject({ mismatched: 1, accepted: 0 });
});

test('an acceptance whose day has passed no longer counts, and the log says so', async () => {
  await using world = await makeGappyWorld();
  world.configure({ accept: [{ ...GONE, until: '2026-01-31' }] });

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    modules: { missing: 1, accepted: 0 },
    acceptedGaps: [],
  });
  expect(log).toEqual(['warn: accept: example.com/gone@v1.0.0: until 2026-01-31 has passed']);
});

test('an acceptance counts on its last day', async () => {
  await using world = await makeGappyWorld();
  const today = new Date().toISOString().slice(0, 10);
  world.configure({ accept: [{ ...GONE, until: today }] });

  expect(await world.sync()).toMatchObject({ exit: 0, json: { modules: { accepted: 1 } } });
});
