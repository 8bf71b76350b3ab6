/** Which go.sum files a list of seeds means: each file is one seed, however it is named. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

/** Two projects, and folders that the go command would not look into. */
async function makeProjects(): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  for (const path of ['projects/one/go.sum', 'projects/two/go.sum']) world.writeSum(path, world.modLines());
  return world;
}

interface Named {
  readonly name: string;
  readonly seeds: readonly string[];
  readonly sources: readonly string[];
}

const BOTH = ['projects/one/go.sum', 'projects/two/go.sum'];

test.each<Named>([
  { name: 'a file', seeds: ['projects/one/go.sum'], sources: ['projects/one/go.sum'] },
  { name: 'a folder', seeds: ['projects'], sources: BOTH },
  { name: 'a pattern for files', seeds: ['projects/*/go.sum'], sources: BOTH },
  { name: 'a pattern for folders', seeds: ['projects/*'], sources: BOTH },
  { name: 'a pattern for any depth', seeds: ['**/go.sum'], sources: BOTH },
  {
    name: 'one file twice',
    seeds: ['projects/one/go.sum', './projects/one/go.sum'],
    sources: ['projects/one/go.sum'],
  },
  {
    name: 'a file and a folder that holds it',
    seeds: ['projects/two/go.sum', 'projects'],
    sources: BOTH.toReversed(),
  },
  {
    name: 'a file, a folder and a pattern',
    seeds: ['projects/*/go.sum', 'projects', ...BOTH],
    sources: BOTH,
  },
])('$name: each file is one seed', async ({ seeds, sources }) => {
  await using world = await makeProjects();
  world.configure({ seeds: [...seeds] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json.seeds.map(({ source }) => source)).toEqual(sources);
  expect(json.modules).toMatchObject({ wanted: 1, fetched: 1 });
  expect(JSON.parse(world.read('_mirror/snapshot.json')).modules).toEqual([
    { module: 'example.com/m', version: 'v1.0.0', requiredBy: sources },
  ]);
});

test.each([
  ['to the file', 'projects/one/go.sum', 'link.go.sum', 'link.go.sum'],
  ['to its folder', 'projects/one', 'link', 'link/go.sum'],
])('a file named through a symbolic link %s is the same seed', async (_, target, link, named) => {
  await using world = await makeProjects();
  symlinkSync(target, join(world.home, link));
  world.configure({ seeds: ['projects/one/go.sum', named] });

  const { json } = await world.sync();

  expect(json.seeds.map(({ source }) => source)).toEqual(['projects/one/go.sum']);
});

test('a folder is searched as the go command does, for go.sum, go.work.sum and named ones', async () => {
  await using world = await makeProjects();
  for (const folder of ['.git', '_old', 'testdata', 'node_modules']) {
    world.writeSum(`projects/${folder}/go.sum`, [`example.com/other v1.0.0/go.mod ${OTHER_H1}`]);
  }
  world.writeSum('projects/go.work.sum', world.modLines());
  world.writeSum('projects/three.go.sum', world.modLines());
  world.write('projects/notgo.sum', 'something else\n');
  world.configure({ seeds: ['projects'] });

  const { json } = await world.sync();

  expect(json.seeds.map(({ source }) => source).toSorted()).toEqual([
    'projects/go.work.sum',
    'projects/one/go.sum',
    'projects/three.go.sum',
    'projects/two/go.sum',
  ]);
  expect(json.modules.wanted).toBe(1);
});

test('a file outside the configuration is named by its path relative to it', async () => {
  await using world = await makeProjects();
  world.writeSum('../elsewhere/go.sum', world.modLines());
  world.configure({ seeds: ['../elsewhere'] });

  const { json } = await world.sync();

  expect(json.seeds.map(({ source }) => source)).toEqual(['../elsewhere/go.sum']);
});
