import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { giveUpReserve, keepReserve, RESERVE_BYTES, requireReserve } from '../../src/site/reserve.ts';

let layout: Layout;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-reserve-')));
  mkdirSync(layout.staging);
});
afterEach(() => rmSync(layout.mirror, { recursive: true, force: true }));

describe('the reserve', () => {
  it('takes real room, which no file system can pack', () => {
    expect(keepReserve(layout)).toBe(true);
    const { size, blocks } = statSync(layout.reserve);
    expect(size).toBe(RESERVE_BYTES);
    expect(blocks * 512).toBeGreaterThanOrEqual(RESERVE_BYTES);
    expect(gzipSync(readFileSync(layout.reserve)).length).toBeGreaterThan(RESERVE_BYTES);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('is left alone where it is there', () => {
    keepReserve(layout);
    const { ino, mtimeMs } = statSync(layout.reserve);
    expect(keepReserve(layout)).toBe(true);
    requireReserve(layout);
    expect(statSync(layout.reserve)).toMatchObject({ ino, mtimeMs });
  });

  it.each([0, RESERVE_BYTES - 1])('is made anew where it has %i bytes only', (size) => {
    writeFileSync(layout.reserve, Buffer.alloc(size));
    expect(keepReserve(layout)).toBe(true);
    expect(statSync(layout.reserve).size).toBe(RESERVE_BYTES);
  });

  it('is given up once, and kept again', () => {
    expect(giveUpReserve(layout)).toBe(false);
    keepReserve(layout);
    expect(giveUpReserve(layout)).toBe(true);
    expect(readdirSync(layout.mirror)).toEqual(['staging']);
    expect(giveUpReserve(layout)).toBe(false);
    expect(keepReserve(layout)).toBe(true);
  });

  it('fails with what the system says where it is no lack of room', () => {
    rmSync(layout.staging, { recursive: true });
    expect(() => keepReserve(layout)).toThrow(/ENOENT.*staging/);
  });
});
