/** The second copy of what a snapshot says of itself. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dropAboutCopy, keepAboutCopy, readAboutCopy, sweepAboutCopies } from '../../src/site/about-copy.ts';
import { type Layout, layoutOf, MANIFEST, SBOM } from '../../src/site/layout.ts';

let layout: Layout;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-about-')));
  mkdirSync(layout.staging);
});
afterEach(() => rmSync(layout.mirror, { recursive: true }));

const keep = (id = 's1') =>
  keepAboutCopy(layout, id, [
    [MANIFEST, '{"files": []}\n'],
    [SBOM, Buffer.from('{}')],
  ]);
const FILE = () => join(layout.about, 's1', `${MANIFEST}.zst`);

it('gives back what was kept, and any zstd reads it', async () => {
  await keep();
  expect(readAboutCopy(layout, 's1', MANIFEST)?.toString()).toBe('{"files": []}\n');
  expect(readAboutCopy(layout, 's1', SBOM)?.toString()).toBe('{}');
  expect(zstdDecompressSync(readFileSync(FILE())).toString()).toBe('{"files": []}\n');
  expect(readdirSync(layout.staging)).toEqual([]);
});

it('has nothing of a snapshot or a file that was never kept', async () => {
  await keep();
  expect(readAboutCopy(layout, 's2', MANIFEST)).toBeUndefined();
  expect(readAboutCopy(layout, 's1', 'example.com/m/@v/list')).toBeUndefined();
});

it('replaces a copy that a crash left behind', async () => {
  mkdirSync(join(layout.about, 's1'), { recursive: true });
  writeFileSync(join(layout.about, 's1', 'half'), 'x');
  await keep();
  expect(readdirSync(join(layout.about, 's1'))).toEqual(['_mirror']);
});

it.each([
  ['is cut short', (bytes: Buffer) => bytes.subarray(0, -2)],
  ['is empty', () => Buffer.alloc(0)],
  [
    'has a bit flipped',
    (bytes: Buffer) => bytes.map((byte, i) => (i === bytes.length - 6 ? byte ^ 1 : byte)),
  ],
  ['is another file', () => Buffer.from('text')],
])('does not believe a copy that %s', async (_, damage) => {
  await keep();
  writeFileSync(FILE(), damage(readFileSync(FILE())));
  expect(readAboutCopy(layout, 's1', MANIFEST)).toBeUndefined();
});

it('goes with its snapshot, also twice', async () => {
  await keep();
  dropAboutCopy(layout, 's1');
  dropAboutCopy(layout, 's1');
  expect(existsSync(join(layout.about, 's1'))).toBe(false);
});

it('sweeps copies whose snapshot is not known', async () => {
  sweepAboutCopies(layout, () => false);
  await keep('s1');
  await keep('s2');
  sweepAboutCopies(layout, (id) => id === 's2');
  expect(readdirSync(layout.about)).toEqual(['s2']);
});
