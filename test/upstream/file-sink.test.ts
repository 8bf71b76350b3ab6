/** The disk's side: order, back-pressure, and a device that is full. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DownloadFile } from '../../src/upstream/download-file.ts';
import { FileSink } from '../../src/upstream/file-sink.ts';
import { failureOf } from './harness.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modferry-sink-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('FileSink', () => {
  it('writes whatever pieces it is given in their order', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 300_000, minLength: 1 }), {
      maxLength: 20,
      size: 'max',
    });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(pieces, async (given) => {
        const file = join(folder, String(count++));
        const fd = openSync(file, 'wx');
        const sink = new FileSink(fd);
        for (const piece of given) if (!sink.write(Buffer.from(piece))) await sink.drained();
        await sink.finish();
        closeSync(fd);
        expect(readFileSync(file).equals(Buffer.concat(given))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('asks to wait when much has gathered, and has room after that', async () => {
    const fd = openSync(join(folder, 'file'), 'wx');
    const sink = new FileSink(fd);
    const piece = Buffer.alloc(64 << 10);
    // The first is being written; four more make the 256 KiB that may gather.
    expect([1, 2, 3, 4].map(() => sink.write(piece))).toEqual([true, true, true, true]);
    expect(sink.write(piece)).toBe(false);
    await sink.drained();
    expect(sink.write(piece)).toBe(true);
    await sink.finish();
    closeSync(fd);
  });

  it.each(['drained', 'finish'] as const)('tells of a full device by %s', async (how) => {
    const fd = openSync('/dev/full', 'w');
    const sink = new FileSink(fd);
    while (sink.write(Buffer.alloc(100_000)));
    await expect(sink[how]()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(sink.write(Buffer.from('more'))).toBe(false);
    await expect(sink.drained()).rejects.toMatchObject({ code: 'ENOSPC' });
    await sink.discard();
    closeSync(fd);
  });

  it('has no write under way once it is discarded', async () => {
    const file = join(folder, 'file');
    const fd = openSync(file, 'wx');
    const sink = new FileSink(fd);
    for (let count = 0; count < 9; count++) sink.write(Buffer.alloc(100_000, count));
    await sink.discard();
    const { length } = readFileSync(file);
    closeSync(fd);
    await sink.finish();
    expect(length).toBe(100_000);
  });
});

describe('DownloadFile', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL', 'make room and run it again: finished work is kept'],
    ['EDQUOT', 'DISK_FULL', 'make room and run it again: finished work is kept'],
    ['EIO', 'IO', "look at the system's log: the disk may be failing; finished work is kept"],
  ])('makes a SiteError of %s, and removes the file', async (code, expected, hint) => {
    const file = join(folder, 'file');
    const error = Object.assign(new Error(`${code}: it failed, write`), { code, errno: -1 });
    const told = await failureOf(
      DownloadFile.with(file, 'example.com/m@v1.0.0: zip', () => Promise.reject(error)),
    );
    const message = `example.com/m@v1.0.0: zip: cannot be written: ${code}: it failed, write`;
    expect(told).toEqual({ code: expected, message, hint });
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  it('holds nothing of an earlier try that the last one does not', async () => {
    const file = join(folder, 'file');
    await DownloadFile.with(file, 'id', async (download) => {
      for (const text of ['a long first try', 'second']) {
        const sink = download.sink(0);
        sink.write(Buffer.from(text));
        await sink.finish();
      }
    });
    expect(readFileSync(file, 'utf8')).toBe('second');
  });

  it('keeps what lies before the rest, and nothing that lies behind it', async () => {
    const file = join(folder, 'file');
    await DownloadFile.with(file, 'id', async (download) => {
      for (const [from, text] of [
        [0, 'a long first try'],
        [7, 'fourth'],
        [9, 'ce'],
      ] as const) {
        const sink = download.sink(from);
        sink.write(Buffer.from(text));
        await sink.finish();
      }
    });
    expect(readFileSync(file, 'utf8')).toBe('a long foce');
  });
});
