import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/config/duration.ts';
import type { Problem } from '../../src/sync/problem.ts';
import { formatBytes, formatDuration } from '../../src/verbs/progress.ts';
import { renderProblems, renderSeeds, someOf } from '../../src/verbs/render.ts';
import { parseListen } from '../../src/verbs/serve.ts';
import { refusal } from '../gomod/refusal.ts';

describe('parseDuration', () => {
  it.each([
    ['26h', 93_600],
    ['90m', 5400],
    ['2d', 172_800],
    ['45s', 45],
    ['1d12h', 129_600],
    ['0s', 0],
    ['1h1h', 7200],
  ])('reads %s as %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '26', 'h', '1.5h', '-1h', '1 h', '1h ', '1H', '1w', '1h30', '1e3s', '١h'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('parseListen', () => {
  it.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['localhost:80', 'localhost', 80],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['8080', '127.0.0.1', 8080],
    ['[::1]:8080', '::1', 8080],
    ['[::]:65535', '::', 65_535],
    ['mirror.corp.example:443', 'mirror.corp.example', 443],
  ])('reads %s', (text, host, port) => {
    expect(parseListen(text)).toEqual({ host, port });
  });

  it.each([
    '',
    ':',
    ':8080',
    'localhost',
    'localhost:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '::1:8080',
    '[::1]',
    '127.0.0.1:80x',
    'a:b:1',
    '99999',
    'http://a:1',
  ])('refuses %j', (text) => {
    expect(refusal(() => parseListen(text))).toEqual({
      error: 'ConfigError',
      code: 'USAGE',
      message: `listen: '${text}' is no address with a port`,
    });
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1049, '1.0 kB'],
    [1051, '1.1 kB'],
    [999_949, '999.9 kB'],
    [999_951, '1.0 MB'],
    [1_000_000, '1.0 MB'],
    [12_345_678, '12.3 MB'],
    [999_999_999, '1.0 GB'],
    [1e9, '1.0 GB'],
    [1e12, '1.0 TB'],
    [1234e12, '1234.0 TB'],
    [0.4, '0 B'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('never writes a thousand of a unit that has a larger one', () => {
    // Just below a larger unit is where rounding goes up to it.
    const near = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.double({ min: 0.99, max: 999.94, noNaN: true }));
    const bytes = near.map(([power, value]) => Math.floor(value * 1000 ** power));
    fc.assert(
      fc.property(bytes, (bytes) => {
        expect(formatBytes(bytes)).toMatch(/^\d{1,3}(\.\d)? (B|kB|MB|GB|TB)$/);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [0.2, '1 s'],
    [59, '59 s'],
    [60, '1 min'],
    [61, '2 min'],
    [3599, '60 min'],
    [3600, '1.0 h'],
    [5400, '1.5 h'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('someOf', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b', 'c'], 'a, b, c'],
    [['a', 'b', 'c', 'd'], 'a, b, c and 1 more'],
    [['a', 'b', 'c', 'd', 'e'], 'a, b, c and 2 more'],
  ])('of %j', (names, text) => {
    expect(someOf(names)).toBe(text);
  });
});

describe('renderProblems', () => {
  const problem = (version: string, more: Partial<Problem> = {}): Problem => ({
    module: 'example.com/m',
    version,
    file: 'zip',
    code: 'NOT_FOUND',
    message: `example.com/m@${version}: zip: not found`,
    sources: ['go.sum:1'],
    ...more,
  });

  it('says what, who wants it, and what to do', () => {
    expect(
      renderProblems([problem('v1.0.0', { hint: 'try this', sources: ['a:1', 'b:2', 'c:3', 'd:4'] })]),
    ).toEqual([
      'NOT_FOUND: example.com/m@v1.0.0: zip: not found',
      '  wanted by a:1, b:2, c:3 and 1 more',
      '  hint: try this',
    ]);
  });

  it('names no line where the seed itself is what failed', () => {
    const seed = {
      module: null,
      version: null,
      file: null,
      code: 'SEED_UNAVAILABLE',
      message: 'm',
      sources: ['u'],
    };
    expect(renderProblems([seed])).toEqual(['SEED_UNAVAILABLE: m']);
  });

  it('shows the first fifty, and how many more there are', () => {
    const many = Array.from({ length: 53 }, (_, index) => problem(`v1.0.${index}`, { sources: [] }));
    const lines = renderProblems(many);
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('and 3 more problems (--json lists all)');
    expect(renderProblems(many.slice(0, 50))).toHaveLength(50);
  });
});

describe('renderSeeds', () => {
  it('tells the whole from what has gaps', () => {
    expect(
      renderSeeds([
        { source: 'a/go.sum', wanted: 3, missing: 0, accepted: 0, complete: true },
        { source: 'b/go.sum', wanted: 4, missing: 2, accepted: 1, complete: false },
        { source: 'c/go.sum', wanted: 5, missing: 0, accepted: 2, complete: true },
      ]),
    ).toEqual([
      'complete   a/go.sum: 3 module versions',
      'incomplete b/go.sum: 4 module versions, 2 missing, 1 accepted gaps',
      'complete   c/go.sum: 5 module versions, 2 accepted gaps',
    ]);
  });
});
