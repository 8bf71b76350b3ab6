/** Reading a few files out of a module zip: the wanted ones, up to a size, and as strictly as the whole check. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModuleZipEntries } from '../../src/modzip/read-entries.ts';
import { buildZip, type ZipEntrySpec } from '../support/zip-builder.ts';
import { GO_MOD, M_GO, MV, ROOT } from './hostile-zips.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-entries-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(specs: readonly ZipEntrySpec[], wants: (name: string) => boolean, maxBytes = 1_000) {
  const file = join(folder, 'm.zip');
  writeFileSync(file, buildZip(specs));
  return readModuleZipEntries(file, MV, wants, maxBytes);
}

const LICENSE: ZipEntrySpec = { name: `${ROOT}LICENSE`, content: 'Copy as you like.\n' };
const NESTED: ZipEntrySpec = { name: `${ROOT}third_party/x/COPYING`, method: 0, content: 'Ask first.\n' };
const isLicense = (name: string) => /(^|\/)(LICENSE|COPYING)$/.test(name);

describe('readModuleZipEntries', () => {
  it('returns the wanted files by their name below the root, with their content', () => {
    expect(read([GO_MOD, NESTED, M_GO, LICENSE], isLicense)).toEqual([
      { name: 'third_party/x/COPYING', size: 11, content: Buffer.from('Ask first.\n') },
      { name: 'LICENSE', size: 18, content: Buffer.from('Copy as you like.\n') },
    ]);
  });

  it('names a file that is larger than asked for, without its content', () => {
    expect(read([LICENSE], isLicense, 17)).toEqual([{ name: 'LICENSE', size: 18, content: null }]);
    expect(read([LICENSE], isLicense, 18)[0]?.content).toHaveLength(18);
  });

  it('reads far apart files without what lies between them', () => {
    const noise = { name: `${ROOT}noise`, method: 0, content: Buffer.alloc(5_000_000, 'x'), crc32: 1 };
    const names = read([LICENSE, noise, NESTED], isLicense).map(({ name, content }) => [
      name,
      String(content),
    ]);
    expect(names).toEqual([
      ['LICENSE', 'Copy as you like.\n'],
      ['third_party/x/COPYING', 'Ask first.\n'],
    ]);
  });

  it('reads a file of several pieces', () => {
    const content = Buffer.from('0123456789'.repeat(300_000));
    expect(read([{ ...LICENSE, content }], isLicense, 3_000_000)[0]?.content?.equals(content)).toBe(true);
  });

  it('asks about files only, and answers an empty list when none is wanted', () => {
    const asked: string[] = [];
    const wants = (name: string) => asked.push(name) === 0;
    expect(read([{ name: ROOT }, { name: `${ROOT}d/` }, M_GO], wants)).toEqual([]);
    expect(asked).toEqual(['m.go']);
  });

  it('refuses a wanted file with a wrong checksum', () => {
    expect(() => read([{ ...LICENSE, crc32: 1 }], isLicense)).toThrow(
      expect.objectContaining({
        code: 'ZIP_INVALID',
        message: 'example.com/m@v1.0.0: invalid module zip: LICENSE: its checksum is wrong',
      }),
    );
  });

  it('refuses a wanted file that lies beyond the end of the zip', () => {
    expect(() => read([{ ...LICENSE, headerOffset: 1_000_000 }], isLicense)).toThrow(
      expect.objectContaining({
        code: 'ZIP_INVALID',
        message: 'example.com/m@v1.0.0: invalid module zip: LICENSE: the file ends at byte 190',
      }),
    );
  });

  it('refuses a zip whose names break a rule, wanted or not', () => {
    expect(() => read([LICENSE, { name: `${ROOT}../x` }], isLicense)).toThrow(
      expect.objectContaining({
        code: 'ZIP_INVALID',
        message:
          'example.com/m@v1.0.0: invalid module zip: ../x: invalid file path: an element ends in a dot',
      }),
    );
  });
});
