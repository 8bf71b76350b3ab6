/** The pool of worker threads: the same answers and errors as on the main thread, and an end to everything. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VerificationError } from '../../src/errors.ts';
import { checkModuleZip } from '../../src/modzip/check.ts';
import { ZipHasher } from '../../src/modzip/zip-hasher.ts';
import { buildModuleZip, buildZip } from '../support/zip-builder.ts';
import { GO_MOD, M_GO, MV, ROOT } from './hostile-zips.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-hasher-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let hasher: ZipHasher;
beforeEach(() => {
  hasher = new ZipHasher({ threads: 2 });
});
afterEach(() => hasher.close());

function write(name: string, zip: Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, zip);
  return file;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('the zip was accepted'),
    (error: unknown) => error,
  );
}

/** Small on disk, and long to check: 480 MB unpacked. */
function longZip(): Buffer {
  const zeros = {
    size: 4_000_000,
    data: deflateRawSync(Buffer.alloc(4_000_000)),
    crc32: 0,
    descriptor: 'none' as const,
  };
  return buildZip(Array.from({ length: 120 }, (_, i) => ({ name: `${ROOT}${i}`, ...zeros })));
}

describe('ZipHasher', { timeout: 30_000 }, () => {
  it('finds the facts that the check on the main thread finds, for many zips at once', async () => {
    const files = Array.from({ length: 20 }, (_, i) =>
      write(`${i}.zip`, buildModuleZip(MV, { 'm.go': `package m${i}\n` })),
    );
    const facts = await Promise.all(files.map((file) => hasher.check(file, MV)));
    expect(facts).toEqual(files.map((file) => checkModuleZip(file, MV)));
  });

  it('throws the refusal with class, code, message, module, hint and a stack from the worker', async () => {
    const error = await failure(
      hasher.check(write('bad.zip', buildZip([GO_MOD, { ...M_GO, crc32: 1 }])), MV),
    );
    expect(error).toBeInstanceOf(VerificationError);
    expect(error).toMatchObject({
      name: 'VerificationError',
      code: 'ZIP_INVALID',
      message: 'example.com/m@v1.0.0: invalid module zip: m.go: its checksum is wrong',
      module: 'example.com/m@v1.0.0',
      hint: 'the upstream serves a file that is not a usable module zip; try another upstream or leave the version out',
      stack: expect.stringContaining('modzip/check.ts'),
    });
  });

  it('passes on an error of the file system with its fields', async () => {
    const path = join(folder, 'none.zip');
    const error = await failure(hasher.check(path, MV));
    expect(error).not.toBeInstanceOf(VerificationError);
    expect(error).toMatchObject({
      code: 'ENOENT',
      syscall: 'open',
      path,
      message: `ENOENT: no such file or directory, open '${path}'`,
    });
  });

  it('goes on after a zip that was refused', async () => {
    await failure(hasher.check(write('page.zip', Buffer.from('<html>')), MV));
    const { entries } = await hasher.check(write('good.zip', buildZip([GO_MOD])), MV);
    expect(entries).toBe(1);
  });

  it('does not begin when the signal is aborted already', async () => {
    const reason = new Error('the run was stopped');
    expect(await failure(hasher.check(join(folder, 'none.zip'), MV, AbortSignal.abort(reason)))).toBe(reason);
  });

  it('stops in the middle of a zip with the reason of the signal, and checks the next one', async () => {
    const good = write('good.zip', buildZip([GO_MOD]));
    await hasher.check(good, MV);
    const reason = new Error('the run was stopped');
    const controller = new AbortController();
    const stopped = failure(hasher.check(write('long.zip', longZip()), MV, controller.signal));
    setImmediate(() => controller.abort(reason));
    expect(await stopped).toBe(reason);
    expect((await hasher.check(good, MV)).entries).toBe(1);
  });

  it('finishes the zips in work before it closes, and takes no more', async () => {
    const file = write('good.zip', buildZip([GO_MOD]));
    const inWork = Array.from({ length: 6 }, () => hasher.check(file, MV));
    const closed = hasher.close();
    expect(await failure(hasher.check(file, MV))).toEqual(new Error('the zip hasher is closed'));
    await closed;
    expect((await Promise.all(inWork)).map(({ entries }) => entries)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('stops a zip that waits in line, and leaves the others there', async () => {
    const single = new ZipHasher({ threads: 1 });
    const good = write('good.zip', buildZip([GO_MOD]));
    const reason = new Error('the run was stopped');
    const controller = new AbortController();
    const before = single.check(good, MV);
    const stopped = failure(single.check(good, MV, controller.signal));
    const after = single.check(good, MV);
    controller.abort(reason);
    expect(await stopped).toBe(reason);
    expect([(await before).entries, (await after).entries]).toEqual([1, 1]);
    await single.close();
  });

  it('can be closed without ever having checked', async () => {
    await new ZipHasher().close();
  });
});
