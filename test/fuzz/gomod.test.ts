/** go.sum, go.mod, go.work, `.info`, `@v/list` and `@latest`: what projects and upstreams write. */
import { expect, test } from 'vitest';
import { GoSumError, ModuleError } from '../../src/errors.ts';
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from '../../src/gomod/escape.ts';
import { type GoMod, parseGoMod } from '../../src/gomod/go-mod.ts';
import { formatGoSum, parseGoSum } from '../../src/gomod/go-sum.ts';
import { parseGoWork } from '../../src/gomod/go-work.ts';
import { formatInfo, parseInfo } from '../../src/gomod/info.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { HttpFailure } from '../../src/upstream/failure.ts';
import { parseLatest, parseVersionList } from '../../src/upstream/listing.ts';
import { fuzz, showText, takes } from './campaign.ts';
import { madeGoMod, madeGoSum, madeGoWork, madeInfo, madeList } from './grammar.ts';
import { mutateText } from './mutate.ts';
import type { Chance } from './random.ts';
import { expectSound } from './sound.ts';

const MV = parseModuleVersion('example.com/m', 'v1.2.3');

/** Half of them are made by the grammar, half are such with damage. */
const texts = (make: (chance: Chance) => string) => (chance: Chance) =>
  chance.once(2) ? make(chance) : mutateText(chance, [make(chance), make(chance)]);

test('go.sum', async (context) => {
  const row = await fuzz(
    {
      name: 'go.sum',
      make: texts(madeGoSum),
      show: showText,
      judge: (text) =>
        takes([GoSumError], () => {
          const lines = parseGoSum(text, 'go.sum');
          for (const { mv } of lines) expectInside(escapePath(mv.path), escapeVersion(mv.version));
          const written = formatGoSum(lines);
          expect(formatGoSum(parseGoSum(written, 'go.sum'))).toBe(written);
          const entries = new Set(lines.map(({ mv, file, h1 }) => `${mv.path} ${mv.version} ${file} ${h1}`));
          expect(parseGoSum(written, 'go.sum')).toHaveLength(entries.size);
        }),
    },
    context,
  );
  expectSound(row);
});

test('go.mod of a main module', async (context) => {
  const row = await fuzz(
    {
      name: 'go.mod of a main module',
      make: texts(madeGoMod),
      show: showText,
      judge: (text) =>
        takes([ModuleError], () => {
          const strict = parseGoMod(text, 'go.mod', { lax: false });
          // What passes the strict reading passes the other, and means the same there.
          expect(essence(parseGoMod(text, 'go.mod', { lax: true }))).toEqual(essence(strict));
        }),
    },
    context,
  );
  expectSound(row);
});

test('go.mod of a dependency', async (context) => {
  const judge = (text: string) => takes([ModuleError], () => parseGoMod(text, 'go.mod', { lax: true }));
  const row = await fuzz(
    { name: 'go.mod of a dependency', make: texts(madeGoMod), show: showText, judge },
    context,
  );
  expectSound(row);
});

test('go.work', async (context) => {
  const judge = (text: string) => takes([ModuleError], () => parseGoWork(text, 'go.work'));
  expectSound(await fuzz({ name: 'go.work', make: texts(madeGoWork), show: showText, judge }, context));
});

test('.info', async (context) => {
  const row = await fuzz(
    {
      name: '.info',
      make: texts(madeInfo),
      show: showText,
      judge: (text) => {
        const result = parseInfo(text, MV);
        if (!result.ok) return false;
        const published = formatInfo(result.info);
        expect(parseInfo(published, MV)).toEqual(result);
        expect(published.length).toBeLessThan(50_000);
        return true;
      },
    },
    context,
  );
  expectSound(row);
});

test('@v/list and @latest', async (context) => {
  const row = await fuzz(
    {
      name: '@v/list and @latest',
      make: texts((chance) => (chance.once(2) ? madeList(chance) : madeInfo(chance))),
      show: showText,
      judge: (text) => {
        const versions = parseVersionList(text, MV.path);
        for (const version of versions) expectInside(escapePath(MV.path), escapeVersion(version));
        const isLatest = takes([HttpFailure], () => {
          const { version } = parseLatest(text, MV.path);
          expectInside(escapePath(MV.path), escapeVersion(version));
        });
        return isLatest || versions.length > 0;
      },
    },
    context,
  );
  expectSound(row);
});

/** What both readings of a go.mod must agree on; only the strict one reads the rest. */
function essence({ module, go, require, retract }: GoMod) {
  return { module, go, require, retract };
}

/** Escaped names stay in their folder, and come back as they were. */
function expectInside(path: string, version: string): void {
  for (const element of `${path}/@v/${version}`.split('/')) {
    if (element === '' || element.startsWith('.')) throw new Error(`${path} ${version} leaves its folder`);
  }
  if (/[\\\0:\n]/.test(path + version)) throw new Error(`${path} ${version} is no harmless name`);
  expect(escapePath(unescapePath(path))).toBe(path);
  expect(escapeVersion(unescapeVersion(version))).toBe(version);
}
