import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpFailure } from '../../src/upstream/failure.ts';
import { parseRetryAfter, type RetryEvent, retryDelay, withTries } from '../../src/upstream/retry.ts';

describe('retryDelay', () => {
  it.each([
    ['nothing where chance says so', 1, 0, undefined, 0],
    ['up to half a second after the first try', 1, 0.999, undefined, 499],
    ['up to twice as long after each further one', 3, 0.999, undefined, 1998],
    ['a minute at most', 30, 0.999, undefined, 59940],
    ['at least what the server asks for', 1, 0.5, 7000, 7000],
    ['longer than the server asks for, if chance says so', 5, 0.99, 1000, 7920],
    ['two minutes at most, whatever the server asks for', 1, 0, 86_400_000, 120_000],
  ])('waits %s', (_, attempt, chance, retryAfter, delay) => {
    expect(retryDelay(attempt, chance, retryAfter)).toBe(delay);
  });

  it('is never negative, and never above two minutes', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(2000), chance, fc.option(fc.nat(), { nil: undefined }), (attempt, random, after) => {
        const delay = retryDelay(attempt + 1, random, after);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(120_000);
      }),
    );
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-11-01T10:00:00Z');

  it.each([
    ['seconds', '120', 120_000],
    ['a date', 'Sun, 01 Nov 2026 10:00:30 GMT', 30_000],
    ['a date in the past as no wait', 'Sun, 01 Nov 2026 09:00:00 GMT', 0],
    ['the old form of a date', 'Sunday, 01-Nov-26 10:00:30 GMT', 30_000],
  ])('reads %s', (_, value, milliseconds) => {
    expect(parseRetryAfter(value, now)).toBe(milliseconds);
  });

  it.each([['-1'], ['1.5'], ['soon'], [''], ['2026-11-01'], ['99999999999'], [undefined]])(
    'passes over %j',
    (value) => {
      expect(parseRetryAfter(value, now)).toBeUndefined();
    },
  );
});

describe('withTries', () => {
  const never = new AbortController().signal;
  const later = (retryAfter?: number) => new HttpFailure('UNAVAILABLE', '503', { retryAfter });

  async function run(results: (string | Error)[], tries = 3) {
    const waits: number[] = [];
    const events: RetryEvent[] = [];
    const options = { tries, random: () => 0.5, sleep: async (wait: number) => void waits.push(wait) };
    const attempt = async () => {
      const result = results.shift();
      if (typeof result === 'string') return result;
      throw result;
    };
    const outcome = await withTries(attempt, options, {
      signal: never,
      onRetry: (event) => events.push(event),
    }).then(
      (value) => value,
      (error: Error) => error.message,
    );
    return { outcome, waits, events, left: results.length };
  }

  it('gives the first success, after longer and longer waits', async () => {
    const { outcome, waits, events } = await run([later(), later(), 'ok']);
    expect(outcome).toBe('ok');
    expect(waits).toEqual([250, 500]);
    expect(events).toEqual([
      { attempt: 1, tries: 3, delay: 250, reason: 'unavailable: 503' },
      { attempt: 2, tries: 3, delay: 500, reason: 'unavailable: 503' },
    ]);
  });

  it('waits as long as the server asks', async () => {
    expect((await run([later(9000), 'ok'])).waits).toEqual([9000]);
  });

  it('ends with the last failure and the number of tries', async () => {
    const truncated = new HttpFailure('TRUNCATED', '1 of 2 bytes');
    expect(await run([later(), later(), truncated, 'too late'])).toMatchObject({
      outcome: 'truncated: 1 of 2 bytes after 3 tries',
      left: 1,
    });
  });

  it('does not try again what would fail again', async () => {
    expect(await run([new HttpFailure('REJECTED', '403'), 'too late'])).toMatchObject({
      outcome: 'rejected: 403',
      waits: [],
      left: 1,
    });
  });

  it('does not judge other errors', async () => {
    expect(await run([new TypeError('a bug'), 'too late'])).toMatchObject({ outcome: 'a bug', left: 1 });
  });

  it('does not count a single try', async () => {
    expect((await run([later()], 1)).outcome).toBe('unavailable: 503');
  });

  it('ends early when told to stop', async () => {
    const failure = await withTries(
      () => Promise.reject(later()),
      { tries: 9 },
      { signal: never, stop: () => true },
    ).catch((error: Error) => error.message);
    expect(failure).toBe('unavailable: 503');
  });

  it('throws the reason of an abort from the middle of a wait of minutes', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by hand');
    const attempt = async () => {
      setImmediate(() => controller.abort(reason));
      throw later(60_000);
    };
    await expect(withTries(attempt, { tries: 2 }, { signal: controller.signal })).rejects.toBe(reason);
  });
});
