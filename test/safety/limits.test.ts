/** Inputs as large as anybody will send, and larger: what comes of them is told in words, and the memory is bounded. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REPO } from '../house/sources.ts';
import { buildZip } from '../support/zip-builder.ts';
import type { Measured } from './measured.ts';

const HUNDRED_MB = 100_000_000;
const ROOT = 'example.com/m@v1.0.0/';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modferry-limits-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function measure(...argv: string[]): Measured {
  const script = join(REPO, 'test/safety/measured.ts');
  const out = execFileSync(process.execPath, [script, ...argv], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(out) as Measured;
}

describe('a go.sum of 100 MB', { timeout: 300_000 }, () => {
  it('is planned, every line of it, in less than 2 GB', () => {
    const versions = writeSum();
    const { result, peakMegabytes } = measure('verb', folder, 'plan');
    expect(result).toMatchObject({ exit: 0, wanted: versions, present: 0, toFetch: versions });
    expect(peakMegabytes).toBeLessThan(2_000);
  });

  it('with a mistake in its last line is refused with the number of that line', () => {
    const versions = writeSum('example.com/m v1.0.0\n');
    const { result, peakMegabytes } = measure('verb', folder, 'plan');
    const message = `a/go.sum:${2 * versions + 1}: malformed go.sum: 2 fields in place of 3`;
    expect(result).toEqual({ exit: 2, error: { code: 'GOSUM_MALFORMED', message } });
    expect(peakMegabytes).toBeLessThan(1_000);
  });

  it('that is one line is refused, and its line is not repeated', () => {
    writeProject('x'.repeat(HUNDRED_MB));
    const { result, peakMegabytes } = measure('verb', folder, 'plan');
    const message = 'a/go.sum:1: malformed go.sum: 1 fields in place of 3';
    expect(result).toEqual({ exit: 2, error: { code: 'GOSUM_MALFORMED', message } });
    expect(peakMegabytes).toBeLessThan(1_000);
  });
});

describe('a zip', { timeout: 120_000 }, () => {
  it('of a million entries is refused in words, in less than 512 MB', () => {
    const file = join(folder, 'million.zip');
    writeMillion(file, 1_000_000);
    const { result, peakMegabytes } = measure('zip', file);
    expect(result).toBe('example.com/m@v1.0.0: invalid module zip: there are more than 500000 entries');
    expect(peakMegabytes).toBeLessThan(512);
  });

  it('whose 500 MB unpack from half of one is checked in pieces, in less than 256 MB', () => {
    const content = Buffer.alloc(500_000_000);
    const file = join(folder, 'flat.zip');
    writeFileSync(file, buildZip([{ name: `${ROOT}flat`, content }]));
    const { result, peakMegabytes } = measure('zip', file);
    expect(result).toMatchObject({ unpacked: content.length, entries: 1 });
    expect(peakMegabytes).toBeLessThan(256);
  });

  it('whose 500 MB are declared as 10 bytes is refused at the eleventh, in less than 256 MB', () => {
    const data = deflateRawSync(Buffer.alloc(500_000_000));
    const file = join(folder, 'bomb.zip');
    writeFileSync(file, buildZip([{ name: `${ROOT}bomb`, data, size: 10 }]));
    const { result, peakMegabytes } = measure('zip', file);
    expect(result).toBe('example.com/m@v1.0.0: invalid module zip: bomb: it declares 10 bytes and has more');
    expect(peakMegabytes).toBeLessThan(256);
  });
});

/** Answers with the number of module versions: two lines each. */
function writeSum(last = ''): number {
  const hash = (text: string) => createHash('sha256').update(text).digest('base64');
  const pieces: string[] = [];
  let size = last.length;
  let versions = 0;
  for (; size < HUNDRED_MB; versions++) {
    const mv = `example.com/organisation/module-number-${versions} v1.${versions % 50}.0`;
    const piece = `${mv} h1:${hash(`zip ${versions}`)}\n${mv}/go.mod h1:${hash(`mod ${versions}`)}\n`;
    size += piece.length;
    pieces.push(piece);
  }
  writeProject(`${pieces.join('')}${last}`);
  return versions;
}

function writeProject(sum: string): void {
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a/go.sum'), sum);
  const config = { mirror: './mirror', seeds: ['a/go.sum'], upstream: 'http://127.0.0.1:1', sumdb: 'off' };
  writeFileSync(join(folder, 'mirror.config.json'), JSON.stringify(config));
}

/** A central directory of empty files; the data of all of them is that of the first. */
function writeMillion(file: string, count: number): void {
  const part = (first: number, length: number) =>
    Buffer.concat(
      Array.from({ length }, (_, i) => {
        const name = Buffer.from(`${ROOT}${String(first + i).padStart(7, '0')}`);
        const header = Buffer.alloc(46);
        header.writeUInt32LE(0x02014b50, 0);
        header.writeUInt16LE(name.length, 28);
        return Buffer.concat([header, name]);
      }),
    );
  const fd = openSync(file, 'w');
  const size = count * part(0, 1).length;
  for (let first = 0; first < count; first += 10_000) writeSync(fd, part(first, 10_000));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count % 65_536, 8);
  end.writeUInt16LE(count % 65_536, 10);
  end.writeUInt32LE(size, 12);
  writeSync(fd, end);
  closeSync(fd);
}
