import { describe, expect, it } from 'vitest';
import { dueAfter } from '../../src/daemon/due.ts';

const at = (text: string) => new Date(`2026-11-26T${text}Z`);
const MINUTES = 60_000;
const TIMES = { next: at('03:00:00'), jitter: 0, retryAfter: 15 * MINUTES };
const failed = (time: string, failures: number) => ({ at: at(time), isWorthRetry: true, failures });

describe('the next run', () => {
  it('is the next of the schedule', () => {
    expect(dueAfter(undefined, TIMES, 0)).toEqual({ at: at('03:00:00'), reason: 'schedule' });
    expect(dueAfter({ at: at('00:00:00'), isWorthRetry: false, failures: 0 }, TIMES, 0)?.reason).toBe(
      'schedule',
    );
  });

  it.each([
    [0, '03:00:00'],
    [0.5, '03:05:00'],
    [0.999_999, '03:09:59.999'],
  ])('is later by the share %d of the jitter', (chance, expected) => {
    expect(dueAfter(undefined, { ...TIMES, jitter: 10 * MINUTES }, chance)?.at).toEqual(at(expected));
  });

  it.each([
    [1, '00:15:00'],
    [2, '00:30:00'],
    [3, '01:00:00'],
    [4, '02:00:00'],
  ])(
    'is a retry after %i runs in a row that may go better soon, each waiting twice as long',
    (failures, expected) => {
      expect(dueAfter(failed('00:00:00', failures), TIMES, 0)).toEqual({ at: at(expected), reason: 'retry' });
    },
  );

  it('is the scheduled one where the retry would not come before it', () => {
    expect(dueAfter(failed('00:00:00', 5), TIMES, 0)).toEqual({ at: at('03:00:00'), reason: 'schedule' });
    expect(dueAfter(failed('02:45:00', 1), TIMES, 0)?.reason).toBe('schedule');
  });

  it('waits at most four hours for a retry', () => {
    const times = { ...TIMES, next: new Date('2026-12-01T00:00:00Z') };
    expect(dueAfter(failed('00:00:00', 60), times, 0)).toEqual({ at: at('04:00:00'), reason: 'retry' });
  });

  it('is nothing where the schedule is over, but for a retry', () => {
    const times = { ...TIMES, next: undefined };
    expect(dueAfter(undefined, times, 0)).toBeUndefined();
    expect(dueAfter(failed('00:00:00', 1), times, 0)?.reason).toBe('retry');
  });
});
