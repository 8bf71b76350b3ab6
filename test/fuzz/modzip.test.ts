/** Module zips: damaged ones, and ones that are made of lies. What passes has the h1 that a plain reader finds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { VerificationError } from '../../src/errors.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { checkModuleZip, type ZipFacts } from '../../src/modzip/check.ts';
import { ZipHasher } from '../../src/modzip/zip-hasher.ts';
import { buildZip, type ZipEntrySpec, type ZipSpec } from '../support/zip-builder.ts';
import { fuzz, showBytes } from './campaign.ts';
import { mutate, oddText } from './mutate.ts';
import { plainH1 } from './plain-zip.ts';
import type { Chance } from './random.ts';
import { expectSound } from './sound.ts';

const MV = parseModuleVersion('example.com/m', 'v1.0.0');
const ROOT = 'example.com/m@v1.0.0/';
const BIG = Array.from({ length: 3_000 }, (_, i) => (i * 2_654_435_761) >>> 13).join(',');
const NAMES = ['go.mod', 'm.go', 'M.go', 'd/', 'd/e.go', 'LICENSE', 'é.go', '漢字/x', 'sub/go.mod', 'z', ''];

const folder = mkdtempSync(join(tmpdir(), 'modferry-fuzz-'));
const hasher = new ZipHasher();
const file = join(folder, 'm.zip');

afterAll(async () => {
  await hasher.close();
  rmSync(folder, { recursive: true, force: true });
});

const FILES: readonly ZipEntrySpec[] = [
  { name: `${ROOT}go.mod`, content: 'module example.com/m\n' },
  { name: `${ROOT}m.go`, content: 'package m\n', descriptor: 'none' },
  { name: `${ROOT}d/` },
  { name: `${ROOT}d/big.txt`, content: BIG },
  { name: `${ROOT}d/stored.txt`, content: BIG.slice(0, 500), method: 0, descriptor: 'unsigned' },
];
const VALID: readonly Buffer[] = [
  buildZip(FILES),
  buildZip(FILES.slice(0, 2), {
    comment: Buffer.from('PK\x05\x06 a comment'),
    before: Buffer.from('#!/bin/sh\n'),
  }),
  buildZip(
    FILES.map((spec) => ({ ...spec, zip64: true })),
    { zip64: true },
  ),
  buildZip([]),
];

test('damaged zips', async (context) => {
  const make = (chance: Chance) => mutate(chance, VALID);
  expectSound(await fuzz({ name: 'damaged zips', make, show: showBytes, judge: judgeZip }, context));
});

test('zips made of lies', async (context) => {
  const make = (chance: Chance) =>
    buildZip(
      chance.many(0, 6, () => madeEntry(chance)),
      madeEnd(chance),
    );
  expectSound(await fuzz({ name: 'zips made of lies', make, show: showBytes, judge: judgeZip }, context));
});

test('zips in the worker', async (context) => {
  const row = await fuzz(
    {
      name: 'zips in the worker',
      make: (chance) => mutate(chance, VALID),
      show: showBytes,
      judge: async (zip) => {
        writeFileSync(file, zip);
        const here = outcome(() => checkModuleZip(file, MV));
        const there = await hasher.check(file, MV).catch(refusal);
        expect(there).toEqual(here);
        return typeof here === 'object';
      },
    },
    context,
  );
  expectSound(row);
});

function judgeZip(zip: Buffer): boolean {
  writeFileSync(file, zip);
  const facts = outcome(() => checkModuleZip(file, MV));
  if (typeof facts === 'string') return false;
  expect(facts.h1).toBe(plainH1(zip));
  expect(facts.size).toBe(zip.length);
  return true;
}

function outcome(check: () => ZipFacts): ZipFacts | string {
  try {
    return check();
  } catch (error) {
    return refusal(error);
  }
}

/** Only a refusal of the zip is one. */
function refusal(error: unknown): string {
  if (error instanceof VerificationError && error.code === 'ZIP_INVALID') return error.message;
  throw error;
}

/** True in most of what it says. */
function madeEntry(chance: Chance): ZipEntrySpec {
  const name = ROOT + (chance.once(12) ? oddText(chance) : chance.pick(NAMES));
  const content = name.endsWith('/') ? '' : chance.pick(['', 'package m\n', BIG]);
  const lies: readonly (() => Partial<ZipEntrySpec>)[] = [
    () => ({ size: number(chance) }),
    () => ({ compressedSize: number(chance) }),
    () => ({ crc32: chance.below(2 ** 32) }),
    () => ({ method: chance.below(20) }),
    () => ({ flags: chance.below(65_536) }),
    () => ({ headerOffset: chance.below(4_000) }),
    () => ({ data: deflateRawSync(Buffer.alloc(chance.below(2_000_000))) }),
    () => ({ data: chance.bytes(chance.below(40)) }),
    () => ({ extra: chance.bytes(chance.below(40)) }),
    () => ({ zip64: true }),
    () => ({ disk: chance.below(3) }),
    () => ({ descriptorCrc: 7 }),
    () => ({ creator: 3 << 8, externalAttributes: chance.below(65_536) * 65_536 }),
    () => ({ local: { name: chance.pick(NAMES), extra: chance.bytes(chance.below(9)) } }),
    () => ({ local: { signature: chance.below(2 ** 32) } }),
    () => ({ name: name.slice(chance.below(30)) }),
  ];
  const descriptor = chance.pick(['signed', 'unsigned', 'none'] as const);
  const method = chance.once(4) ? 0 : 8;
  const honest: ZipEntrySpec = { name, content, ...(name.endsWith('/') ? {} : { descriptor, method }) };
  return chance.once(8) ? { ...honest, ...chance.pick(lies)() } : honest;
}

function madeEnd(chance: Chance): ZipSpec {
  const lies: readonly (() => ZipSpec)[] = [
    () => ({ before: chance.bytes(chance.below(50)) }),
    () => ({ after: chance.bytes(chance.below(50)) }),
    () => ({ comment: chance.bytes(chance.below(50)) }),
    () => ({ commentLength: chance.below(65_536) }),
    () => ({ count: chance.below(70_000) }),
    () => ({ directorySize: number(chance) }),
    () => ({ directoryOffset: number(chance) }),
    () => ({ disk: chance.below(3) }),
    () => ({ zip64: true }),
    () => ({ zip64: true, locator: { at: chance.below(4_000), disks: chance.below(3) } }),
  ];
  return chance.once(4) ? chance.pick(lies)() : {};
}

function number(chance: Chance): number {
  return chance.once(2)
    ? chance.below(2_000)
    : Math.min(2 ** 32 - 1, 2 ** chance.between(0, 32) - chance.below(2));
}
