import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ModuleFile } from '../../src/gomod/artifact.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { rootHashOf } from '../../src/site/manifest.ts';
import { type HeldModule, isWhole, layOutTree } from '../../src/site/tree.ts';

const WHOLE = ['info', 'mod', 'zip'] as const;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A module of which these files are held of each version; bytes are told apart by their name. */
function module(path: string, versions: Readonly<Record<string, readonly ModuleFile[]>>): HeldModule {
  const held = Object.entries(versions).map(([text, files]) => {
    const { version } = parseModuleVersion(path, text);
    const facts = files.map((file) => {
      const h1 = file === 'info' ? null : `h1:${file} ${version}`;
      return [file, { size: file.length, sha256: sha256(`${path} ${version} ${file}`), h1 }] as const;
    });
    return { version, files: new Map(facts) };
  });
  return { path: parseModuleVersion(path, Object.keys(versions)[0] ?? '').path, versions: held };
}

const pathsOf = (...modules: HeldModule[]) => layOutTree(modules).map(({ path }) => path);

/** What a file says that is not in the pool. */
function textOf(path: string, ...modules: HeldModule[]): string | undefined {
  const from = layOutTree(modules).find((file) => file.path === path)?.from;
  return from !== undefined && 'bytes' in from ? from.bytes.toString() : undefined;
}

describe('layOutTree', () => {
  it('lays a module out as a GOPROXY does, with hashes and where each file comes from', () => {
    const path = 'github.com/Azure/go';
    const files = layOutTree([module(path, { 'v1.0.0': WHOLE })]);
    const base = 'github.com/!azure/go';
    const fact = (file: string) => sha256(`${path} v1.0.0 ${file}`);
    expect(files).toEqual([
      { path: `${base}/@latest`, sha256: fact('info'), size: 4, from: { copy: `${base}/@v/v1.0.0.info` } },
      {
        path: `${base}/@v/list`,
        sha256: sha256('v1.0.0\n'),
        size: 7,
        from: { bytes: Buffer.from('v1.0.0\n') },
      },
      {
        path: `${base}/@v/v1.0.0.info`,
        sha256: fact('info'),
        size: 4,
        from: { link: `${base}/@v/v1.0.0.info` },
      },
      {
        path: `${base}/@v/v1.0.0.mod`,
        sha256: fact('mod'),
        size: 3,
        h1: 'h1:mod v1.0.0',
        from: { link: `${base}/@v/v1.0.0.mod` },
      },
      {
        path: `${base}/@v/v1.0.0.zip`,
        sha256: fact('zip'),
        size: 3,
        h1: 'h1:zip v1.0.0',
        from: { link: `${base}/@v/v1.0.0.zip` },
      },
    ]);
  });

  it('escapes capitals in versions too', () => {
    expect(pathsOf(module('example.com/m', { 'v1.0.0-RC1': WHOLE }))).toContain(
      'example.com/m/@v/v1.0.0-!r!c1.zip',
    );
  });

  it('sorts by path over all modules, whatever their order', () => {
    const modules = ['b.example/m', 'a.example/m', 'a.example/m2', 'a.example/M'].map((path) =>
      module(path, { 'v1.0.0': WHOLE }),
    );
    const paths = pathsOf(...modules);
    expect(paths).toEqual([...paths].sort());
    expect(pathsOf(...modules.toReversed())).toEqual(paths);
    expect(paths).toHaveLength(20);
  });

  it('is empty for no module', () => {
    expect(layOutTree([])).toEqual([]);
  });

  it.each<[string, Record<string, readonly ModuleFile[]>, string, string | undefined]>([
    [
      'versions by their order, not as text',
      { 'v1.10.0': WHOLE, 'v1.9.0': WHOLE, 'v0.0.1': WHOLE },
      'v0.0.1\nv1.9.0\nv1.10.0\n',
      'v1.10.0',
    ],
    [
      'a release before a higher pre-release',
      { 'v1.0.0': WHOLE, 'v2.0.0-rc.1+incompatible': WHOLE },
      'v1.0.0\nv2.0.0-rc.1+incompatible\n',
      'v1.0.0',
    ],
    [
      'pre-releases alone',
      { 'v1.0.0-beta': WHOLE, 'v1.0.0-alpha': WHOLE },
      'v1.0.0-alpha\nv1.0.0-beta\n',
      'v1.0.0-beta',
    ],
    [
      'pseudo-versions: an empty list, the latest commit as latest',
      { 'v0.0.0-20240101000000-aaaaaaaaaaaa': WHOLE, 'v0.0.0-20250101000000-bbbbbbbbbbbb': WHOLE },
      '',
      'v0.0.0-20250101000000-bbbbbbbbbbbb',
    ],
    [
      'a version beside a pseudo-version',
      { 'v0.1.0': WHOLE, 'v0.1.1-0.20250101000000-bbbbbbbbbbbb': WHOLE },
      'v0.1.0\n',
      'v0.1.0',
    ],
    ['only what is held whole: no zip', { 'v1.0.0': WHOLE, 'v1.1.0': ['info', 'mod'] }, 'v1.0.0\n', 'v1.0.0'],
    ['only what is held whole: no info', { 'v1.0.0': WHOLE, 'v1.1.0': ['mod', 'zip'] }, 'v1.0.0\n', 'v1.0.0'],
    [
      'nothing where nothing is whole: an empty list, and the highest that takes part in selection as latest',
      { 'v1.0.0': ['info', 'mod'], 'v1.1.0': ['mod'] },
      '',
      'v1.0.0',
    ],
    [
      'nothing where not even an info is there: an empty list and no latest',
      { 'v1.0.0': ['mod'] },
      '',
      undefined,
    ],
  ])('lists %s', (_, versions, list, latest) => {
    const held = module('example.com/m', versions);
    expect(textOf('example.com/m/@v/list', held)).toBe(list);
    const file = layOutTree([held]).find(({ path }) => path === 'example.com/m/@latest');
    expect(file?.from).toEqual(latest && { copy: `example.com/m/@v/${latest}.info` });
  });

  it('serves what is held of a version that is not whole', () => {
    expect(pathsOf(module('example.com/m', { 'v1.0.0': ['mod'] }))).toEqual([
      'example.com/m/@v/list',
      'example.com/m/@v/v1.0.0.mod',
    ]);
  });

  it('keeps a module apart from one whose path goes on', () => {
    const paths = pathsOf(
      module('example.com/m', { 'v1.0.0': WHOLE }),
      module('example.com/m/v2', { 'v2.0.0': WHOLE }),
    );
    expect(new Set(paths).size).toBe(10);
    expect(
      textOf(
        'example.com/m/@v/list',
        module('example.com/m', { 'v1.0.0': WHOLE }),
        module('example.com/m/v2', { 'v2.0.0': WHOLE }),
      ),
    ).toBe('v1.0.0\n');
  });

  it('is another content, by its root hash, as soon as one hash differs', () => {
    const files = layOutTree([module('example.com/m', { 'v1.0.0': WHOLE })]);
    const [first, ...rest] = files;
    if (!first) throw new Error('the tree is empty');
    expect(rootHashOf(files)).not.toBe(rootHashOf([{ ...first, sha256: sha256('other') }, ...rest]));
    expect(rootHashOf(files)).not.toBe(rootHashOf(rest));
  });
});

describe('isWhole', () => {
  it.each<[readonly ModuleFile[], boolean]>([
    [['info', 'mod', 'zip'], true],
    [['info', 'mod'], false],
    [['mod', 'zip'], false],
    [[], false],
  ])('says of %j: %j', (files, whole) => {
    const [version] = module('example.com/m', { 'v1.0.0': files }).versions;
    expect(version && isWhole(version)).toBe(whole);
  });
});
