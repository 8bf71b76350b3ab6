/**
 * go.sum lines that disagree, with one another or with what the mirror holds: both sides are named with file and
 * line, that file alone is held back, the rest is published, exit 4. What is published never changes.
 */
import { expect, test } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { makeWorld, OTHER_H1, THIRD_H1, type World } from '../support/sync-fixture.ts';

const M = parseModuleVersion('example.com/m', 'v1.0.0');
const CHECK_BOTH =
  'find out which line is wrong (go mod verify in each project); the file is held back until they agree';

const HONEST = [
  'example.com/honest/@latest',
  'example.com/honest/@v/list',
  'example.com/honest/@v/v1.0.0.info',
  'example.com/honest/@v/v1.0.0.mod',
];

interface Case {
  readonly name: string;
  readonly disputed: readonly ('zip' | 'mod')[];
  readonly asked: readonly string[];
}

const CASES: readonly Case[] = [
  { name: 'a zip', disputed: ['zip'], asked: ['info', 'mod'] },
  { name: 'a go.mod', disputed: ['mod'], asked: ['info', 'zip'] },
  { name: 'both files of a module version', disputed: ['zip', 'mod'], asked: ['info'] },
];

test.each(CASES)(
  'two go.sum files that disagree on $name hold back no more than that',
  async ({ disputed, asked }) => {
    await using world = await makeWorld();
    writeDisagreement(world, disputed);

    const { exit, json } = await world.sync();

    expect(exit).toBe(4);
    expect(json).toMatchObject({
      outcome: 'incomplete',
      modules: { wanted: 2, present: 0, fetched: 1, missing: 0, mismatched: 1, accepted: 0 },
      seeds: [
        { source: 'a/go.sum', wanted: 2, missing: 1, complete: false },
        { source: 'b/go.sum', wanted: 1, missing: 1, complete: false },
      ],
    });
    expect(json.problems).toEqual(
      disputed.map((file) => {
        const line = file === 'zip' ? 1 : 2;
        return {
          module: 'example.com/m',
          version: 'v1.0.0',
          file,
          code: 'GOSUM_CONFLICT',
          message: `example.com/m@v1.0.0: ${file}: go.sum files disagree: ${world.h1(M, file)} in a/go.sum:${line}; ${OTHER_H1} in b/go.sum:${line}`,
          hint: CHECK_BOTH,
          sources: [`a/go.sum:${line}`, `b/go.sum:${line}`],
        };
      }),
    );
    const published = asked.map((file) => `example.com/m/@v/v1.0.0.${file}`);
    expect(world.upstream.paths.filter((path) => path.startsWith('example.com/m/')).toSorted()).toEqual(
      published,
    );
    // @latest speaks of what .info and .mod are here for, list of what is whole.
    const latest = disputed.includes('mod') ? [] : ['example.com/m/@latest'];
    expect(world.files()).toEqual([...HONEST, ...latest, 'example.com/m/@v/list', ...published]);
    expect(world.read('example.com/m/@v/list')).toBe('');
    expect(world.unsound()).toEqual([]);
  },
);

test('list and @latest leave out the version that is not whole, and name it once the files agree', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/m', 'v1.1.0');
  const lines = world.upstream.goSumLines();
  world.writeSum('a/go.sum', lines);
  world.writeSum('b/go.sum', [`example.com/m v1.1.0 ${OTHER_H1}`]);

  expect((await world.sync()).exit).toBe(4);
  expect(world.read('example.com/m/@v/list')).toBe('v1.0.0\n');
  expect(JSON.parse(world.read('example.com/m/@latest'))).toMatchObject({ Version: 'v1.0.0' });
  expect(world.unsound()).toEqual([]);

  world.writeSum('b/go.sum', [lines[2] ?? '']);
  world.upstream.forget();
  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({
    outcome: 'published',
    problems: [],
    modules: { wanted: 2, present: 1, fetched: 1 },
  });
  expect(world.upstream.paths).toEqual(['example.com/m/@v/v1.1.0.zip']);
  expect(world.read('example.com/m/@v/list')).toBe('v1.0.0\nv1.1.0\n');
  expect(JSON.parse(world.read('example.com/m/@latest'))).toMatchObject({ Version: 'v1.1.0' });
  expect(world.unsound()).toEqual([]);
});

test('one go.sum that contradicts itself names both of its lines', async () => {
  await using world = await makeWorld();
  world.writeSum('a/go.sum', [
    `example.com/m v1.0.0/go.mod ${OTHER_H1}`,
    `example.com/m v1.0.0/go.mod ${THIRD_H1}`,
  ]);

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json.problems.filter(({ code }) => code === 'GOSUM_CONFLICT')).toMatchObject([
    {
      message: `example.com/m@v1.0.0: mod: go.sum files disagree: ${OTHER_H1} in a/go.sum:1; ${THIRD_H1} in a/go.sum:2`,
      sources: ['a/go.sum:1', 'a/go.sum:2'],
    },
  ]);
  expect(world.files()).toEqual([]);
});

test('a disagreement about what is published already takes nothing away', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  await world.sync();
  const before = world.everything('public');
  world.upstream.forget();
  world.writeSum('b/go.sum', [`example.com/m v1.0.0 ${OTHER_H1}`]);

  const { exit, json } = await world.sync();

  expect(exit).toBe(4);
  expect(json).toMatchObject({ outcome: 'incomplete', modules: { wanted: 1, mismatched: 1 }, requests: 0 });
  expect(world.upstream.requests).toEqual([]);
  expect(world.everything('public')).toEqual(before);
});

test.each(['zip', 'mod'] as const)(
  'a %s line that contradicts what the mirror holds is exit 4; nothing is asked for, and nothing published changes',
  async (file) => {
    await using world = await makeWorld();
    world.add('example.com/m', 'v1.0.0');
    world.writeSum('a/go.sum', world.upstream.goSumLines());
    await world.sync();
    const before = world.everything('public');
    world.upstream.forget();
    const held = world.h1(M, file);
    world.writeSum(
      'a/go.sum',
      world.upstream.goSumLines().map((line) => line.replace(held, OTHER_H1)),
    );

    const { exit, json } = await world.sync();

    const { json: why } = await world.why('example.com/m@v1.0.0');
    const since = why.versions[0]?.files.find((other) => other.file === file)?.fetchedAt;
    expect(exit).toBe(4);
    expect(json.problems).toEqual([
      {
        module: 'example.com/m',
        version: 'v1.0.0',
        file,
        code: 'HASH_MISMATCH',
        message: `example.com/m@v1.0.0: ${file}: hash mismatch: go.sum says ${OTHER_H1}, the mirror has held ${held} since ${since}`,
        hint: "one of the two go.sum files was written from other bytes: compare them, or ask the module's author",
        sources: [`a/go.sum:${file === 'zip' ? 1 : 2}`],
      },
    ]);
    expect(json).toMatchObject({ outcome: 'incomplete', modules: { wanted: 1, mismatched: 1 }, requests: 0 });
    expect(world.upstream.requests).toEqual([]);
    expect(world.everything('public')).toEqual(before);
    expect(world.unsound()).toEqual([]);
  },
);

/** a/go.sum tells the truth of two modules; b/go.sum gives other hashes for some files of example.com/m. */
function writeDisagreement(world: World, disputed: readonly ('zip' | 'mod')[]): void {
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/honest', 'v1.0.0');
  const truth = world.upstream.goSumLines('example.com/m@v1.0.0');
  world.writeSum('a/go.sum', [...truth, ...world.modLines('example.com/honest@v1.0.0')]);
  const files = ['zip', 'mod'] as const;
  world.writeSum(
    'b/go.sum',
    truth.map((line, index) => {
      const file = files[index];
      return file !== undefined && disputed.includes(file) ? line.replace(world.h1(M, file), OTHER_H1) : line;
    }),
  );
}
