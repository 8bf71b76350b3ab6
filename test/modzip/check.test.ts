/** The whole check of a module zip: what is accepted with which hashes, and every refusal with its whole message. */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerificationError } from '../../src/errors.ts';
import { hashFileList } from '../../src/gomod/h1.ts';
import { checkModuleZip } from '../../src/modzip/check.ts';
import { buildModuleZip, buildZip } from '../support/zip-builder.ts';
import { GO_MOD, HOSTILE_ZIPS, M_GO, MV, ODD_ZIPS, ROOT } from './hostile-zips.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'modzip-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(zip: Buffer): string {
  const file = join(folder, 'm.zip');
  writeFileSync(file, zip);
  return file;
}

function check(zip: Buffer) {
  return checkModuleZip(write(zip), MV);
}

function refusal(file: string): VerificationError {
  try {
    checkModuleZip(file, MV);
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
  throw new Error('the zip was accepted');
}

describe('facts', () => {
  it('has the known h1 of a small module, of its go.mod, and the digests of the file', () => {
    const zip = buildModuleZip(MV, { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n' });
    expect(check(zip)).toEqual({
      h1: 'h1:fCHMqo5ggHEQvwcrsN81zr5orRk5lClR36KRHpfUjKg=',
      goModH1: 'h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=',
      sha256: createHash('sha256').update(zip).digest('hex'),
      sha512: createHash('sha512').update(zip).digest('hex'),
      size: zip.length,
      entries: 2,
      unpacked: 31,
    });
  });

  it('has the h1 of no files for a zip without entries, and no go.mod', () => {
    const { h1, goModH1, entries, unpacked } = check(buildZip([]));
    expect({ h1, goModH1, entries, unpacked }).toEqual({
      h1: 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      goModH1: null,
      entries: 0,
      unpacked: 0,
    });
  });

  it('takes the go.mod hash from the root only', () => {
    expect(check(buildZip([{ name: `${ROOT}go.mod/x` }])).goModH1).toBeNull();
  });

  it('counts folder entries as empty files under their names with a slash', () => {
    const empty = createHash('sha256').digest('hex');
    const { h1, entries } = check(buildZip([{ name: ROOT }, { name: `${ROOT}d/` }]));
    expect(entries).toBe(2);
    expect(h1).toBe(hashFileList([`${ROOT}d/`, ROOT].map((name) => ({ name, sha256: empty }))));
  });

  it('hashes the whole file, bytes before and after the archive too', () => {
    const zip = buildZip([GO_MOD], { before: Buffer.alloc(9, 'a'), after: Buffer.alloc(900, 'z') });
    expect(check(zip).sha256).toBe(createHash('sha256').update(zip).digest('hex'));
  });

  it('hashes a file of many windows once and in order', () => {
    const noise = createHash('shake256', { outputLength: 3_500_000 }).update('seed').digest();
    const zip = buildZip([GO_MOD, { name: `${ROOT}noise`, content: noise }, M_GO]);
    const facts = check(zip);
    expect(facts.sha512).toBe(createHash('sha512').update(zip).digest('hex'));
    expect(facts.h1).toBe(
      hashFileList(
        [GO_MOD, M_GO, { name: `${ROOT}noise`, content: noise }].map(({ name, content }) => ({
          name: String(name),
          sha256: createHash('sha256')
            .update(content ?? '')
            .digest('hex'),
        })),
      ),
    );
  });
});

describe('accepts what the Go client accepts', { timeout: 30_000 }, () => {
  it.each(ODD_ZIPS)('$rule', ({ zip }) => {
    expect(check(zip()).h1).toMatch(/^h1:/);
  });
});

describe('refuses', { timeout: 30_000 }, () => {
  it.each(HOSTILE_ZIPS)('$rule', ({ zip, reason }) => {
    const error = refusal(write(zip()));
    expect(error.code).toBe('ZIP_INVALID');
    expect(error.message).toBe(`example.com/m@v1.0.0: invalid module zip: ${reason}`);
    expect(error.module).toBe('example.com/m@v1.0.0');
    expect(error.hint).toMatch(/another upstream/);
  });

  it('a file over 500 MiB before it reads any of it', () => {
    const file = write(Buffer.alloc(0));
    truncateSync(file, 524_288_001);
    expect(refusal(file).message).toBe(
      'example.com/m@v1.0.0: invalid module zip: the file has 524288001 bytes, more than 524288000',
    );
  });

  it('a central directory over 128 MiB before it reads any of it', () => {
    const file = join(folder, 'sparse.zip');
    const end = buildZip([], { directorySize: 150_000_000 });
    writeFileSync(file, '');
    truncateSync(file, 150_000_000);
    writeFileSync(file, end, { flag: 'a' });
    expect(refusal(file).message).toBe(
      'example.com/m@v1.0.0: invalid module zip: the central directory is larger than 134217728 bytes',
    );
  });

  it('half a million entries and one', () => {
    const one = buildZip([GO_MOD]);
    const header = one.subarray(one.lastIndexOf('PK\x01\x02'), -22);
    const end = Buffer.from(one.subarray(-22));
    end.writeUInt16LE(500_001 % 65_536, 10);
    end.writeUInt32LE(500_001 * header.length, 12);
    end.writeUInt32LE(0, 16);
    expect(refusal(write(Buffer.concat([Buffer.alloc(500_001 * header.length, header), end]))).message).toBe(
      'example.com/m@v1.0.0: invalid module zip: there are more than 500000 entries',
    );
  });

  it('few entries that name half a million folders', () => {
    const zip = buildZip(
      Array.from({ length: 20 }, (_, i) => ({ name: `${ROOT}${i}${'/a'.repeat(32_000)}` })),
    );
    expect(refusal(write(zip)).message).toBe(
      'example.com/m@v1.0.0: invalid module zip: there are more than 500000 files and folders',
    );
  });

  it('passes on an error of the file system as it is', () => {
    expect(() => checkModuleZip(join(folder, 'none.zip'), MV)).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'open' }),
    );
    expect(() => checkModuleZip(folder, MV)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });
});

describe('a valid zip with one change', () => {
  const valid = buildZip([GO_MOD, { ...M_GO, method: 0 }, { name: `${ROOT}d/` }]);

  /** The h1, or the code with which it is refused; anything else is thrown on. */
  function outcome(zip: Buffer): string {
    const file = write(zip);
    try {
      return checkModuleZip(file, MV).h1;
    } catch (error) {
      if (error instanceof VerificationError) return error.code;
      throw error;
    }
  }

  it('is refused wherever it is cut', () => {
    const outcomes = Array.from({ length: valid.length }, (_, length) => outcome(valid.subarray(0, length)));
    expect(new Set(outcomes)).toEqual(new Set(['ZIP_INVALID']));
  });

  it('is refused or has the same h1, whichever bit is flipped', { timeout: 60_000 }, () => {
    const { h1 } = check(valid);
    const seen = new Set<string>();
    for (let bit = 0; bit < valid.length * 8; bit++) {
      const flipped = Buffer.from(valid);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      seen.add(outcome(flipped));
    }
    expect(seen).toEqual(new Set(['ZIP_INVALID', h1]));
  });
});

describe('h1', () => {
  it('depends on neither the order, nor the method, nor the place of the entries', () => {
    const names = ['a', 'A1', 'b/c', 'b/d/e', 'é', '\uff41', '\u{20000}', 'z.go'];
    const files = names.map((name, i) => ({ name: ROOT + name, content: `content ${i}` }));
    const expected = check(buildZip(files)).h1;
    const permutation = fc.shuffledSubarray([...files.keys()], { minLength: files.length });
    const methods = fc.array(fc.constantFrom(0, 8), { minLength: files.length, maxLength: files.length });
    fc.assert(
      fc.property(permutation, permutation, methods, fc.boolean(), (layout, order, methods, zip64) => {
        const specs = layout.flatMap((i) => files.slice(i, i + 1).map((file) => ({ ...file, zip64 })));
        const zip = buildZip(
          specs.map((spec, i) => ({ ...spec, method: methods[i] ?? 8 })),
          { order, zip64 },
        );
        expect(check(zip).h1).toBe(expected);
      }),
    );
  });
});
