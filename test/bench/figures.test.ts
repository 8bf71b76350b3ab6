import { describe, expect, it } from 'vitest';
import type { Round } from './contenders.ts';
import { figuresOf, marksOf, median } from './figures.ts';
import { renderReport } from './report.ts';

const timing = (seconds: number, cpuSeconds = seconds, peakMegabytes = 100) => ({
  seconds,
  cpuSeconds,
  peakMegabytes,
});

/** `slow` stretches every time, as a neighbour on the machine does; the ratios within the round stay. */
const round = (slow: number, cold = 3, requests = 0): Round => ({
  curl: timing(slow),
  hash: timing(2 * slow),
  go: timing(10 * slow),
  cold: { ...timing(cold * slow, 4, 100 * slow), requests: 9 },
  unchanged: { ...timing(0.5), requests },
  coldLog: { ...timing(1.2 * cold * slow), requests: 18 },
  unchangedLog: { ...timing(0.5), requests: 0 },
});

const measured = (rounds: readonly Round[], name: string) =>
  marksOf(rounds).find((mark) => mark.name === name)?.value;

describe('median', () => {
  it.each([
    ['of one number is the number', [7], 7],
    ['of three is the middle one, whatever their order', [30, 1, 2], 2],
    ['of an even count is between the middle two', [4, 1, 2, 100], 3],
  ])('%s', (_, numbers, expected) => {
    expect(median(numbers)).toBe(expected);
  });
});

describe('figures', () => {
  it('have the median and the range of the seconds, the worst peak, and the requests where they are counted', () => {
    const [curl, , , cold] = figuresOf([round(1), round(3), round(2)]);
    expect(curl).toEqual({
      contender: 'curl',
      seconds: 2,
      least: 1,
      most: 3,
      cpuSeconds: 2,
      peakMegabytes: 100,
      requests: undefined,
    });
    expect(cold).toMatchObject({
      seconds: 6,
      least: 3,
      most: 9,
      cpuSeconds: 4,
      peakMegabytes: 300,
      requests: 9,
    });
  });

  it('leave out what was not timed', () => {
    expect(figuresOf([round(1)]).map((figure) => figure.contender)).toEqual([
      'curl',
      'hash',
      'go',
      'cold',
      'unchanged',
      'coldLog',
      'unchangedLog',
    ]);
  });
});

describe('marks', () => {
  it('compare what ran in the same round, so that a slow round changes no ratio', () => {
    expect(measured([round(1), round(50), round(1)], 'cold sync / `go mod download`')).toBeCloseTo(0.3);
    expect(measured([round(1), round(50), round(1)], 'cold sync / (curl + inflate and SHA-256)')).toBeCloseTo(
      1,
    );
    const perLog = 'cold sync with the checksum database / without';
    expect(measured([round(1), round(50), round(1)], perLog)).toBeCloseTo(1.2);
  });

  it('take the worst of requests and peaks, which no other round makes good', () => {
    const rounds = [round(1), round(2, 3, 5), round(1)];
    expect(measured(rounds, 'nothing new, requests')).toBe(5);
    expect(measured(rounds, 'peak memory of the cold sync')).toBe(200);
  });
});

describe('the report', () => {
  const rendered = (rounds: readonly Round[]) =>
    renderReport({
      machine: { machine: 'a small one' },
      work: '3 files',
      rounds: rounds.length,
      figures: figuresOf(rounds),
      marks: marksOf(rounds),
    });

  it('says of each mark whether it holds, the limit itself included', () => {
    const text = rendered([round(1, 3.5)]);
    expect(text).toContain('| cold sync / `go mod download` | 0.35 × | 0.35 × | holds |');
    expect(text).toContain('| CPU time of the cold sync / of `go mod download` | 0.40 × | – | |');
    expect(text).toContain('| nothing new | 0.50 s | 0.6 s | holds |');
    expect(text).toContain('| peak memory of the cold sync | 100 MB | 512 MB | holds |');
  });

  it('says so of what does not hold, by however little', () => {
    const text = rendered([round(1, 3.501, 1)]);
    expect(text).toContain('| cold sync / `go mod download` | 0.35 × | 0.35 × | does not hold |');
    expect(text).toContain('| nothing new, requests | 1 | 0 | does not hold |');
  });

  it('never lets a mark hold that was not measured', () => {
    const { cold: _, ...without } = round(1);
    expect(rendered([without])).toContain(
      '| peak memory of the cold sync | NaN MB | 512 MB | does not hold |',
    );
  });

  it('has a row for each thing that was timed', () => {
    const rows = rendered([round(1), round(2)]).split('\n');
    expect(rows).toContain('| `modferry sync`, cold | 4.50 (3.00–6.00) | 4.0 | 200 | 9 |');
    expect(rows).toContain('| `go mod download`, all zips | 15.00 (10.00–20.00) | 15.0 | 100 | – |');
  });
});
