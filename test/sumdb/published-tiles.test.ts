import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { tilePath } from '../../src/sumdb/tile.ts';

describe('tilesFor', () => {
  it('is nothing for nothing', () => {
    expect(tilesFor({ size: 0 }, [], [])).toEqual([]);
  });

  it('has no tiles for a head of nothing', () => {
    expect(tilesFor({ size: 1000 }, [512], [{ size: 0 }])).toEqual(tilesFor({ size: 1000 }, [512], []));
  });

  it('is the frontier, the columns, and for an earlier head its frontier and its column', () => {
    const tiles = tilesFor({ size: 70_100 }, [3], [{ size: 50_000 }, { size: 70_100 }, { size: 0 }]);
    expect(tiles.map(tilePath)).toEqual([
      'tile/8/2/000.p/1',
      'tile/8/1/000.p/195',
      'tile/8/1/000',
      'tile/8/1/001.p/17',
      'tile/8/0/000',
      'tile/8/0/195.p/80',
      'tile/8/0/195',
      'tile/8/0/273.p/212',
    ]);
  });

  it('names no tile twice, whatever the records and heads have in common', () => {
    const tiles = tilesFor(
      { size: 1000 },
      [1, 1, 2, 257, 999],
      [{ size: 300 }, { size: 301 }, { size: 300 }],
    );
    const paths = tiles.map(tilePath);
    expect(paths).toHaveLength(new Set(paths).size);
  });

  it('names each tile after the ones that prove it, far beyond 2^32 records too', () => {
    const big = fc.integer({ min: 2 ** 32, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(big, fc.array(fc.maxSafeNat(), { maxLength: 5 }), big, (size, seeds, earlier) => {
        const tiles = tilesFor(
          { size },
          seeds.map((seed) => seed % size),
          [{ size: earlier }],
        );
        expect(tiles.map(({ level }) => level)).toEqual(
          tiles.map(({ level }) => level).toSorted((a, b) => b - a),
        );
      }),
    );
  });
});

interface Trial {
  readonly Size: number;
  readonly Earlier: number;
  readonly IDs: readonly number[];
}

const LARGEST = 150_000;
const TRIALS = 3000;
const BUILD_MILLISECONDS = 180_000;

interface Oracle {
  /** The tiles asked for, one list a trial. */
  readonly ask: (trials: readonly Trial[]) => string[][];
  readonly close: () => void;
}

/** The Go program beside this file; building it needs a Go toolchain, and the first time a GOPROXY. */
function buildOracle(): Oracle | { readonly missing: string } {
  const folder = mkdtempSync(join(tmpdir(), 'modferry-tiles-'));
  const binary = join(folder, 'oracle');
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    cpSync(join(import.meta.dirname, 'tile-oracle'), folder, { recursive: true });
    execFileSync('go', ['build', '-o', binary, '.'], {
      cwd: folder,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' },
      stdio: 'pipe',
      timeout: BUILD_MILLISECONDS,
    });
  } catch (error) {
    close();
    return { missing: error instanceof Error ? error.message : String(error) };
  }
  return { close, ask: (trials) => ask(binary, trials) };
}

function ask(binary: string, trials: readonly Trial[]): string[][] {
  const input = trials.map((trial) => JSON.stringify(trial)).join('\n');
  const output = execFileSync(binary, [String(LARGEST)], { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const oracle = buildOracle();
if ('missing' in oracle) {
  process.stderr.write(`\n*** SKIPPED: tiles against golang.org/x/mod/sumdb: ${oracle.missing}\n\n`);
}

afterAll(() => {
  if ('close' in oracle) oracle.close();
});

describe.skipIf('missing' in oracle)('the client of golang.org/x/mod/sumdb', () => {
  it('asks for exactly the computed tiles, in thousands of random trees, records and earlier heads', () => {
    if ('missing' in oracle) return;
    // Sizes at which levels begin and end are as likely as all others together.
    const near = fc
      .tuple(fc.constantFrom(0, 256, 512, 65_536, 131_072), fc.integer({ min: -2, max: 2 }))
      .map(([at, by]) => Math.max(0, at + by));
    const sizes = fc.oneof(near, fc.nat(LARGEST), fc.nat(2000));
    const trials = fc
      .tuple(sizes, sizes, fc.array(sizes, { minLength: 1, maxLength: 5 }))
      .map(([size, earlier, seeds]) => {
        const Size = Math.max(1, size);
        return { Size, Earlier: Math.min(earlier, Size), IDs: seeds.map((seed) => seed % Size) };
      });
    const chosen = fc.sample(trials, TRIALS);
    const asked = oracle.ask(chosen);
    expect(asked).toHaveLength(TRIALS);
    chosen.forEach((trial, i) => {
      const { Size, Earlier, IDs } = trial;
      const computed = tilesFor({ size: Size }, IDs, [{ size: Earlier }]).map(tilePath);
      expect(asked[i], JSON.stringify(trial)).toEqual(computed.toSorted());
    });
  });
});
