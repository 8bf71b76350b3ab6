/**
 * Complete bodies that are not what go.sum says, one lie at a time: exit 4, the disputed file is held back, the
 * honest files around it are published, and the evidence is kept.
 */
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { makeWorld, moduleFiles, type World, zipH1 } from '../support/sync-fixture.ts';
import { buildModuleZip, buildZip } from '../support/zip-builder.ts';

const M = parseModuleVersion('example.com/m', 'v1.0.0');
const ZIP = 'example.com/m/@v/v1.0.0.zip';

const COMPARE = 'compare what other upstreams serve; the evidence is in quarantine/';
const UNUSABLE =
  'the upstream serves a file that is not a usable module zip; try another upstream or leave the version out';

interface Lie {
  readonly name: string;
  readonly file: 'zip' | 'mod';
  readonly body: (world: World) => string | Buffer;
  readonly code: string;
  readonly hint: string;
  readonly message: (world: World) => string;
}

function wrongHash(file: 'zip' | 'mod', got: string): Pick<Lie, 'file' | 'code' | 'hint' | 'message'> {
  const message = ({ h1, upstream }: { h1: string; upstream: string }) =>
    `example.com/m@v1.0.0: ${file}: hash mismatch: go.sum says ${h1}, ${upstream} sent ${got}`;
  return {
    file,
    code: 'HASH_MISMATCH',
    hint: COMPARE,
    message: (world) => message({ h1: world.h1(M, file), upstream: world.upstream.url }),
  };
}

function invalidZip(rule: string): Pick<Lie, 'file' | 'code' | 'hint' | 'message'> {
  const message = () => `example.com/m@v1.0.0: invalid module zip: ${rule}`;
  return { file: 'zip', code: 'ZIP_INVALID', hint: UNUSABLE, message };
}

const CHANGED = { ...moduleFiles('example.com/m'), 'm.go': 'package n\n' };
const ADDED = { ...moduleFiles('example.com/m'), 'n.go': 'package m\n' };

const LIES: readonly Lie[] = [
  {
    name: 'a zip with one byte of its content changed',
    body: () => buildModuleZip(M, CHANGED),
    ...wrongHash('zip', zipH1(M, CHANGED)),
  },
  {
    name: 'a zip with one file more',
    body: () => buildModuleZip(M, ADDED),
    ...wrongHash('zip', zipH1(M, ADDED)),
  },
  {
    name: 'a zip with one byte of its compressed data flipped',
    body: (world) => flipped(world.upstream.file(ZIP), deflateRawSync('package m\n'), 3),
    ...invalidZip('m.go: its checksum is wrong'),
  },
  {
    name: 'a zip with one byte of its directory flipped',
    body: (world) => flipped(world.upstream.file(ZIP), Buffer.from('PK\x01\x02'), 0),
    ...invalidZip('the end record disagrees with the number of entries found: 0'),
  },
  {
    name: 'a zip without its last ten bytes, complete by HTTP',
    body: (world) => world.upstream.file(ZIP).subarray(0, -10),
    ...invalidZip('there is no end record: the file is cut, or not a zip'),
  },
  {
    name: 'the zip of another module',
    body: (world) => world.upstream.file('example.com/honest/@v/v1.0.0.zip'),
    ...invalidZip('example.com/honest@v1.0.0/go.mod does not begin with the module version'),
  },
  {
    name: 'the zip of another version of the module',
    body: () => buildModuleZip({ path: 'example.com/m', version: 'v1.0.1' }, moduleFiles('example.com/m')),
    ...invalidZip('example.com/m@v1.0.1/go.mod does not begin with the module version'),
  },
  {
    name: 'a zip with a file outside the module',
    body: () => buildZip([{ name: 'example.com/m@v1.0.0/../evil.go', content: 'package evil\n' }]),
    ...invalidZip('../evil.go: invalid file path: an element ends in a dot'),
  },
  {
    name: 'plain text in place of a zip',
    body: () => 'the file is not here today\n',
    ...invalidZip('there is no end record: the file is cut, or not a zip'),
  },
  {
    name: 'nothing at all in place of a zip',
    body: () => '',
    ...invalidZip('there is no end record: the file is cut, or not a zip'),
  },
  {
    name: 'a go.mod with one byte changed',
    body: () => 'module example.com/n\n',
    ...wrongHash('mod', hashGoMod(Buffer.from('module example.com/n\n'))),
  },
  {
    name: 'a go.mod without its last newline',
    body: () => 'module example.com/m',
    ...wrongHash('mod', hashGoMod(Buffer.from('module example.com/m'))),
  },
  {
    name: 'nothing at all in place of a go.mod',
    body: () => '',
    ...wrongHash('mod', 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY='),
  },
];

test.each(LIES)('$name is held back with exit 4, and the rest is published', async (lie) => {
  await using world = await makeWorld();
  world.add('example.com/honest', 'v1.0.0');
  world.add('example.com/m', 'v1.0.0');
  const lines = world.upstream.goSumLines('example.com/m@v1.0.0');
  world.writeSum('a/go.sum', [...lines, ...world.modLines('example.com/honest@v1.0.0')]);
  const path = `example.com/m/@v/v1.0.0.${lie.file}`;
  world.upstream.fault(path, { body: lie.body(world) });

  const { exit, json, log } = await world.sync();

  const message = lie.message(world);
  expect(exit).toBe(4);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    modules: { wanted: 2, present: 0, fetched: 1, missing: 0, mismatched: 1, accepted: 0 },
    seeds: [{ source: 'a/go.sum', wanted: 2, missing: 1, complete: false }],
  });
  expect(json.problems).toEqual([
    {
      module: 'example.com/m',
      version: 'v1.0.0',
      file: lie.file,
      code: lie.code,
      message,
      hint: lie.hint,
      sources: [lie.file === 'zip' ? 'a/go.sum:1' : 'a/go.sum:2'],
    },
  ]);
  expect(log).toEqual([`warn: ${message}: fetching once more`]);
  expect(world.upstream.paths.filter((asked) => asked === path)).toHaveLength(2);
  expect(world.files()).toEqual([
    'example.com/honest/@latest',
    'example.com/honest/@v/list',
    'example.com/honest/@v/v1.0.0.info',
    'example.com/honest/@v/v1.0.0.mod',
    ...(lie.file === 'zip' ? ['example.com/m/@latest'] : []),
    'example.com/m/@v/list',
    'example.com/m/@v/v1.0.0.info',
    `example.com/m/@v/v1.0.0.${lie.file === 'zip' ? 'mod' : 'zip'}`,
  ]);
  expect(world.unsound()).toEqual([]);
  expect(world.quarantine()).toHaveLength(2);
});

function flipped(bytes: Buffer, around: Buffer, offset: number): Buffer {
  const at = bytes.indexOf(around);
  if (at < 0) throw new Error('these bytes are not in the file');
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at + offset) ^ 1, at + offset);
  return copy;
}
