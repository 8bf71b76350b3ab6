import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  formatManifest,
  formatSha256Sums,
  type Manifest,
  readManifest,
  rootHashOf,
  snapshotId,
} from '../../src/site/manifest.ts';
import { refusal } from '../gomod/refusal.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

const MANIFEST: Manifest = {
  format: 'modferry-snapshot/1',
  id: '20261102T000000Z-0123abcd',
  createdAt: '2026-11-02T00:00:00.000Z',
  previous: null,
  files: [
    { path: 'example.com/m/@v/list', sha256: A, size: 7 },
    { path: 'example.com/m/@v/v1.0.0.zip', sha256: B, size: 300, h1: 'h1:x' },
  ],
  modules: [{ module: 'example.com/m', version: 'v1.0.0', requiredBy: ['a/go.sum', 'b"\\/go.sum'] }],
};

let root = '';
let snapshot = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modferry-manifest-'));
  snapshot = join(root, MANIFEST.id);
  mkdirSync(join(snapshot, '_mirror'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(text: string): string {
  const path = join(snapshot, '_mirror/snapshot.json');
  writeFileSync(path, text);
  return path;
}

describe('formatManifest', () => {
  it('writes a line for each file and module, so that it can be grepped and compared', () => {
    expect(formatManifest(MANIFEST)).toBe(`{
  "format": "modferry-snapshot/1",
  "id": "20261102T000000Z-0123abcd",
  "createdAt": "2026-11-02T00:00:00.000Z",
  "previous": null,
  "files": [
    {"path":"example.com/m/@v/list","sha256":"${A}","size":7},
    {"path":"example.com/m/@v/v1.0.0.zip","sha256":"${B}","size":300,"h1":"h1:x"}
  ],
  "modules": [
    {"module":"example.com/m","version":"v1.0.0","requiredBy":["a/go.sum","b\\"\\\\/go.sum"]}
  ]
}
`);
  });

  it('is read back as it was written, with the hash of its bytes, whatever is in it', () => {
    const element = fc.string({ minLength: 1 }).map((text) => `x${text.replaceAll(/[\\/:\p{Cc}]/gu, '_')}`);
    const path = fc.array(element, { minLength: 1 }).map((elements) => elements.join('/'));
    const file = fc.record({ path, sha256: fc.constantFrom(A, B), size: fc.nat() });
    const module = fc.record({
      module: fc.string(),
      version: fc.string(),
      requiredBy: fc.array(fc.string()),
    });
    fc.assert(
      fc.property(
        fc.array(file),
        fc.array(module),
        fc.option(fc.constantFrom('20261101T000000Z-0123abcd-2')),
        (files, modules, previous) => {
          const manifest: Manifest = { ...MANIFEST, previous, files, modules };
          const text = formatManifest(manifest);
          write(text);
          expect(readManifest(snapshot)).toEqual({
            manifest,
            sha256: createHash('sha256').update(text).digest('hex'),
          });
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('readManifest', () => {
  const FILE = { path: 'example.com/m/@v/list', sha256: A, size: 7 };
  const unknown = 'is no snapshot manifest that this program knows';

  it.each([
    ['an empty file', '', 'is no JSON'],
    ['a text that is cut short', formatManifest(MANIFEST).slice(0, -20), 'is no JSON'],
    ['null', 'null', unknown],
    ['a list', '[]', unknown],
    ['another format', JSON.stringify({ ...MANIFEST, format: 'modferry-snapshot/2' }), unknown],
    ['no files', JSON.stringify({ ...MANIFEST, files: undefined }), unknown],
    ['no modules', JSON.stringify({ ...MANIFEST, modules: {} }), unknown],
    ['a time that is none', JSON.stringify({ ...MANIFEST, createdAt: 7 }), unknown],
    ['a previous one that is a path', JSON.stringify({ ...MANIFEST, previous: '../x' }), unknown],
    ['another id', JSON.stringify({ ...MANIFEST, id: '../../../x' }), 'is the manifest of another snapshot'],
    ...[
      null,
      7,
      {},
      { ...FILE, path: '../../x' },
      { ...FILE, path: '/etc/passwd' },
      { ...FILE, path: 'a//b' },
      { ...FILE, path: 'a/./b' },
      { ...FILE, path: 'a\\..\\b' },
      { ...FILE, path: 'a\nb' },
      { ...FILE, path: 'c:x' },
      { ...FILE, path: 'Example.com/@v/v1.0.0.zip' },
      { ...FILE, path: 'example.com/m/@v/..zip' },
      { ...FILE, sha256: 'aa' },
      { ...FILE, size: -0.5 },
      { ...FILE, h1: 7 },
    ].map((file) => [
      `the file ${JSON.stringify(file)}`,
      JSON.stringify({ ...MANIFEST, files: [file] }),
      'has an entry that is no file of a snapshot',
    ]),
    ...[null, { module: 'a' }, { module: 'a', version: 'v1.0.0', requiredBy: [7] }].map((module) => [
      `the module ${JSON.stringify(module)}`,
      JSON.stringify({ ...MANIFEST, modules: [module] }),
      'has an entry that is no module version',
    ]),
  ])('refuses %s', (_, text, problem) => {
    const path = write(text);
    expect(refusal(() => readManifest(snapshot))).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `${path}: ${problem}`,
    });
  });
});

describe('formatSha256Sums', () => {
  it('is what sha256sum -c reads', () => {
    expect(formatSha256Sums(MANIFEST.files)).toBe(
      `${A}  example.com/m/@v/list\n${B}  example.com/m/@v/v1.0.0.zip\n`,
    );
    expect(formatSha256Sums([])).toBe('');
  });
});

describe('rootHashOf', () => {
  it('is the SHA-256 of the sums, of nothing for no file', () => {
    const sums = `${A}  example.com/m/@v/list\n${B}  example.com/m/@v/v1.0.0.zip\n`;
    expect(rootHashOf(MANIFEST.files)).toBe(createHash('sha256').update(sums).digest('hex'));
    expect(rootHashOf([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('does not look at times, sizes or h1: the bytes are what counts', () => {
    const bare = MANIFEST.files.map(({ path, sha256 }) => ({ path, sha256, size: 0 }));
    expect(rootHashOf(bare)).toBe(rootHashOf(MANIFEST.files));
  });
});

describe('snapshotId', () => {
  const free = () => false;

  it('is the time in UTC and eight digits of the root hash', () => {
    const id = snapshotId(new Date('2026-11-02T03:04:05.678+05:00'), '0123456789abcdef', free);
    expect(id).toBe('20261101T220405Z-01234567');
  });

  it('sorts by age, one second apart', () => {
    const second = fc.integer({ min: 0, max: 253402300799 });
    const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(
      fc.property(second, second, hash, hash, (a, b, first, next) => {
        fc.pre(a < b);
        expect(snapshotId(new Date(a * 1000), first, free) < snapshotId(new Date(b * 1000), next, free)).toBe(
          true,
        );
      }),
    );
  });

  it('gets a number where the same content has its name already, and sorts behind it', () => {
    const taken = new Set<string>();
    for (let time = 0; time < 3; time++)
      taken.add(snapshotId(new Date(0), 'f'.repeat(64), (id) => taken.has(id)));
    const ids = [...taken];
    expect(ids).toEqual([
      '19700101T000000Z-ffffffff',
      '19700101T000000Z-ffffffff-2',
      '19700101T000000Z-ffffffff-3',
    ]);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('is the name of a folder that needs no escaping anywhere', () => {
    expect(snapshotId(new Date(0), 'f'.repeat(64), free)).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/);
  });
});
