/**
 * Names that lead elsewhere, from everybody who can send one: no request and no file goes where they point, and what
 * is honest beside them is published. Names in go.sum are in test/sync/list-mistakes, those in zips in test/modzip.
 */
import { expect, test } from 'vitest';
import { moduleFiles } from '../support/sync-fixture.ts';
import { buildZip } from '../support/zip-builder.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';
import { hashTree } from '../sync/tree.ts';

const TOOL = 'example.com/tool';
const OUT = '../../../../../outside';
const HOSTILE_PATHS = [
  '../evil',
  'example.com/../../evil',
  '/etc/evil',
  'example.com//evil',
  'example.com/.evil',
];
const HOSTILE_VERSIONS = [
  'v1.0.0/../../evil',
  '../v9.0.0',
  'v9.0.0%2f..%2fevil',
  'v9.0.0\\..\\evil',
  'v9.0.0\0',
];

interface Sent {
  readonly name: string;
  readonly send: (world: LogWorld, name: string) => void;
}

const VERSIONS: readonly Sent[] = [
  {
    name: 'a line of @v/list',
    send: ({ upstream }, version) => upstream.put(`${TOOL}/@v/list`, `${version}\nv1.0.0\n${version}\n`),
  },
  {
    name: 'the version of @latest',
    send: ({ upstream }, version) => {
      upstream.put(`${TOOL}/@v/list`, '');
      upstream.put(`${TOOL}/@latest`, JSON.stringify({ Version: version, Time: '2024-01-02T03:04:05Z' }));
    },
  },
  {
    name: 'the version of an .info',
    send: ({ upstream }, version) =>
      upstream.put(`${TOOL}/@v/v1.0.0.info`, JSON.stringify({ Version: version })),
  },
  {
    name: 'a version that the go.mod of a dependency requires',
    send: (world, version) => requireIn(world, `require example.com/n ${JSON.stringify(version)}`),
  },
  {
    name: 'a version in the go.sum of a tool',
    send: (world, version) => sumIn(world, `example.com/n ${version} ${world.h1(WHOLE, 'zip')}`),
  },
];

const PATHS: readonly Sent[] = [
  {
    name: 'a path that the go.mod of a dependency requires',
    send: (world, path) => requireIn(world, `require ${JSON.stringify(path)} v1.0.0`),
  },
  {
    name: 'a path in the go.sum of a tool',
    send: (world, path) => sumIn(world, `${path} v1.0.0 ${world.h1(WHOLE, 'zip')}`),
  },
  {
    name: 'a file in a zip',
    send: ({ upstream }, path) =>
      upstream.put(`${TOOL}/@v/v1.0.0.zip`, buildZip([{ name: `${TOOL}@v1.0.0/${path}/x.go` }])),
  },
];

const WHOLE = { path: 'example.com/whole', version: 'v1.0.0' } as never;

const CASES = [
  ...VERSIONS.flatMap((sent) => HOSTILE_VERSIONS.map((name) => ({ ...sent, what: sent.name, name }))),
  ...PATHS.flatMap((sent) => [...HOSTILE_PATHS, OUT].map((name) => ({ ...sent, what: sent.name, name }))),
];

test.each(CASES)('$what that is $name goes nowhere', async ({ send, name }) => {
  await using world = await makeLogWorld();
  world.add('example.com/whole', 'v1.0.0');
  world.writeSum('lists/go.sum', world.upstream.goSumLines());
  world.add(TOOL, 'v1.0.0');
  send(world, name);
  world.configure({ seeds: ['lists', { module: TOOL, version: 'latest' }] });
  const before = besideMirror(world);

  const { exit, json } = await world.sync();

  expect([0, 3, 4], JSON.stringify(json)).toContain(exit);
  const asked = world.upstream.paths.filter((path) => /\.\.|evil|outside|\/\/|\\|%(2f|5c|00)/i.test(path));
  expect(asked).toEqual([]);
  expect(besideMirror(world)).toEqual(before);
  const written = Object.keys(world.everything()).filter((path) => !path.startsWith('quarantine/'));
  expect(written.filter((path) => /evil|outside|\\|\0/.test(path))).toEqual([]);
  expect(world.files()).toContain('example.com/whole/@v/v1.0.0.zip');
});

/** A tool whose true go.mod has this line. */
function requireIn(world: LogWorld, line: string): void {
  const goMod = `module ${TOOL}\n\ngo 1.21\n\n${line}\n`;
  world.add(TOOL, 'v1.1.0', { ...moduleFiles(TOOL), 'go.mod': goMod });
}

/** A tool whose true zip has a go.sum with this line. */
function sumIn(world: LogWorld, line: string): void {
  world.add(TOOL, 'v1.1.0', { ...moduleFiles(TOOL), 'go.sum': `${line}\n` });
}

function besideMirror(world: LogWorld): Record<string, string> {
  return Object.fromEntries(
    Object.entries(hashTree(world.root)).filter(([path]) => !path.startsWith('mirror/')),
  );
}
