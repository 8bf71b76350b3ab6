/**
 * The Go command's own packages judge the same zips: what they refuse we refuse, what we take they take with the same
 * h1, and where we are stricter the table says so.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerificationError } from '../../src/errors.ts';
import { checkModuleZip } from '../../src/modzip/check.ts';
import { buildZip } from '../support/zip-builder.ts';
import { askOracle, buildOracle, findGoSources } from '../support/zip-oracle/oracle.ts';
import { GO_MOD, HOSTILE_ZIPS, M_GO, MV, ODD_ZIPS, ROOT } from './hostile-zips.ts';

const sources = findGoSources();
if (sources === undefined)
  process.stderr.write('SKIPPED: no go with its sources, so module zips are not compared\n');

describe.skipIf(sources === undefined)('compared with the go command', { timeout: 120_000 }, () => {
  let folder: string;
  let program: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zip-oracle-'));
    mkdirSync(join(folder, 'build'));
    if (sources !== undefined) program = buildOracle(sources, join(folder, 'build'));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  function compare(zips: readonly Buffer[]) {
    const files = zips.map((zip, i) => {
      const file = join(folder, `${i}.zip`);
      writeFileSync(file, zip);
      return file;
    });
    const verdicts = askOracle(program, files, MV);
    return files.map((file, i) => ({ go: verdicts[i], ours: ourVerdict(file) }));
  }

  it('refuses every hostile zip that Go refuses, and is stricter only where the table says so', () => {
    const compared = compare(HOSTILE_ZIPS.map(({ zip }) => zip()));
    const accepted = HOSTILE_ZIPS.filter((_, i) => compared[i]?.go?.error === '').map(({ rule }) => rule);
    expect(accepted).toEqual(HOSTILE_ZIPS.filter((zip) => zip.goAccepts).map(({ rule }) => rule));
  });

  it('takes every odd zip that Go takes, with the same h1', () => {
    const compared = compare(ODD_ZIPS.map(({ zip }) => zip()));
    const ours = compared.map((each, i) => [ODD_ZIPS[i]?.rule, each.ours.error, each.ours.h1]);
    expect(ours).toEqual(compared.map((each, i) => [ODD_ZIPS[i]?.rule, each.go?.error, each.go?.h1]));
  });

  it('never takes a zip with two changed bytes that Go refuses or hashes otherwise', () => {
    const valid = buildZip(
      [
        GO_MOD,
        { ...M_GO, method: 0, zip64: true },
        { name: `${ROOT}d/` },
        { ...M_GO, name: `${ROOT}d/e`, descriptor: 'none' },
      ],
      { zip64: true },
    );
    const change = fc.tuple(
      fc.nat({ max: valid.length - 1 }),
      fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xff), fc.nat({ max: 255 })),
    );
    const changes = fc.sample(fc.tuple(change, change), { numRuns: 3_000, seed: 20_260_601 });
    const zips = changes.map((both) => {
      const zip = Buffer.from(valid);
      for (const [at, byte] of both) zip[at] = byte;
      return zip;
    });
    const compared = compare(zips);
    const taken = compared.filter(({ ours }) => ours.error === '');
    expect(taken.map(({ ours }) => ours.h1)).toEqual(taken.map(({ go }) => go?.h1));
    expect(taken.length).toBeGreaterThan(100);
    expect(compared.length - taken.length).toBeGreaterThan(100);
  });
});

function ourVerdict(file: string) {
  try {
    return { error: '', h1: checkModuleZip(file, MV).h1 };
  } catch (error) {
    if (error instanceof VerificationError) return { error: error.message, h1: '' };
    throw error;
  }
}
