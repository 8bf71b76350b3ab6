/** Reading a file once through a window: the right bytes, the digests of all of it, and a file that became shorter. */

import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidZip } from '../../src/modzip/invalid-zip.ts';
import { readAt } from '../../src/modzip/read-at.ts';
import { SequentialWindow, WINDOW_BYTES } from '../../src/modzip/sequential-window.ts';

const content = createHash('shake256', { outputLength: 3 * WINDOW_BYTES + 12_345 })
  .update('seed')
  .digest();
const digests = {
  sha256: createHash('sha256').update(content).digest('hex'),
  sha512: createHash('sha512').update(content).digest('hex'),
};

let folder: string;
let fd: number;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'window-'));
  writeFileSync(join(folder, 'file'), content);
  fd = openSync(join(folder, 'file'), 'r');
});
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

/** Parts in ascending order of their offsets, small and large, touching, overlapping and far apart. */
const parts = fc
  .array(
    fc.record({
      offset: fc.nat({ max: content.length }),
      length: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: WINDOW_BYTES })),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list
      .map(({ offset, length }) => ({ offset, length: Math.min(length, content.length - offset) }))
      .sort((a, b) => a.offset - b.offset),
  );

describe('SequentialWindow', { timeout: 30_000 }, () => {
  it('gives the bytes of each part, and the digests of the whole file whatever was asked for', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const window = new SequentialWindow(fd, content.length, { digests: true });
        for (const { offset, length } of list) {
          const at = window.at(offset, length);
          expect(window.buffer.compare(content, offset, offset + length, at, at + length)).toBe(0);
        }
        expect(window.finish()).toEqual(digests);
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same bytes when it skips what was not asked for', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const window = new SequentialWindow(fd, content.length, { digests: false });
        for (const { offset, length } of list) {
          const at = window.at(offset, length);
          expect(window.buffer.compare(content, offset, offset + length, at, at + length)).toBe(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a part beyond the end', () => {
    const window = new SequentialWindow(fd, 100, { digests: true });
    expect(() => window.at(90, 11)).toThrow(new InvalidZip('the file ends at byte 100'));
  });

  it('refuses a file that became shorter while it was read', () => {
    const window = new SequentialWindow(fd, content.length + 10, { digests: true });
    expect(() => window.finish()).toThrow(new InvalidZip(`the file ends at byte ${content.length}`));
    expect(() => readAt(fd, content.length - 5, 10)).toThrow(
      new InvalidZip(`the file ends at byte ${content.length}`),
    );
  });

  it('treats going backwards as a bug of the caller', () => {
    const window = new SequentialWindow(fd, content.length, { digests: false });
    window.at(2 * WINDOW_BYTES, 10);
    expect(() => window.at(0, 10)).toThrow(new Error('no part of 10 bytes at 0'));
  });
});
