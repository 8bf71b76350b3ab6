import { afterEach, describe, expect, it, vi } from 'vitest';
import { Schedule } from '../../src/daemon/schedule.ts';
import { hintOf } from '../config/hint.ts';
import { refusal } from '../gomod/refusal.ts';

const schedules: Schedule[] = [];
const scheduleOf = (line: string, timezone?: string) => {
  const schedule = new Schedule(line, timezone, 'mirror.config.ts');
  schedules.push(schedule);
  return schedule;
};
afterEach(() => {
  vi.useRealTimers();
  for (const schedule of schedules.splice(0)) schedule.end();
});

/** The next time after a moment. */
function nextAfter(moment: string, line: string, timezone?: string): string | undefined {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(moment) });
  return scheduleOf(line, timezone).next()?.toISOString();
}

describe('a schedule', () => {
  it.each([
    ['2026-11-26T00:00:00Z', '30 3 * * *', 'UTC', '2026-11-26T03:30:00.000Z'],
    ['2026-11-26T03:30:00Z', '30 3 * * *', 'UTC', '2026-11-27T03:30:00.000Z'],
    ['2026-11-26T00:00:00Z', '30 3 * * *', 'Europe/Zurich', '2026-11-26T02:30:00.000Z'],
    ['2026-07-01T00:00:00Z', '30 3 * * *', 'Europe/Zurich', '2026-07-01T01:30:00.000Z'],
    ['2026-11-26T00:00:00Z', '0 22 * * *', 'Pacific/Auckland', '2026-11-26T09:00:00.000Z'],
    ['2026-11-28T00:00:00Z', '0 3 * * 1-5', 'UTC', '2026-11-30T03:00:00.000Z'],
    ['2026-11-26T00:00:10Z', '*/20 * * * * *', 'UTC', '2026-11-26T00:00:20.000Z'],
  ])('after %s, %s in %s is due at %s', (moment, line, timezone, expected) => {
    expect(nextAfter(moment, line, timezone)).toBe(expected);
  });

  it('goes by the time zone of the process where none is given', () => {
    // The suite runs in Pacific/Auckland, 13 hours ahead in November.
    expect(nextAfter('2026-11-26T00:00:00Z', '0 3 * * *')).toBe('2026-11-26T14:00:00.000Z');
  });

  it.each([
    ['0 3 * * *', '2026-11-25T03:00:30Z', '2026-11-26T02:59:00Z', false],
    ['0 3 * * *', '2026-11-25T03:00:30Z', '2026-11-26T03:00:00Z', true],
    ['0 3 * * 1-5', '2026-11-27T03:05:00Z', '2026-11-29T20:00:00Z', false],
    ['0 3 * * 1-5', '2026-11-27T03:05:00Z', '2026-11-30T20:00:00Z', true],
    ['0 3 1 1 *', '2026-01-01T04:00:00Z', '2026-01-20T00:00:00Z', false],
    ['0 3 1 1 *', '2026-01-01T04:00:00Z', '2026-06-01T00:00:00Z', true],
    ['*/20 * * * * *', '2026-11-26T00:00:01Z', '2026-11-26T00:00:19Z', false],
    ['*/20 * * * * *', '2026-11-26T00:00:01Z', '2026-11-26T00:00:20Z', true],
  ])('%s has a time after %s and not after %s: %j', (line, from, to, expected) => {
    expect(scheduleOf(line, 'UTC').hasBetween(new Date(from), new Date(to))).toBe(expected);
  });

  it.each(['', '60 * * * *', '* * *', 'daily', '0 3 * * 9', '0 3 * * * * *'])('refuses %j', (line) => {
    const make = () => new Schedule(line, undefined, 'mirror.config.ts');
    expect(refusal(make)).toMatchObject({ error: 'ConfigError', code: 'CONFIG_INVALID' });
    expect(refusal(make).message).toMatch(`mirror.config.ts: schedule: '${line}' is no cron line`);
    expect(hintOf(make)).toBe("minute, hour, day of the month, month, day of the week, as '30 3 * * *'");
  });

  it('refuses a time zone that is none', () => {
    expect(refusal(() => new Schedule('0 3 * * *', 'Europe/Zürich', 'mirror.config.ts'))).toEqual({
      error: 'ConfigError',
      code: 'CONFIG_INVALID',
      message: "mirror.config.ts: timezone: there is no time zone 'Europe/Zürich'",
    });
  });
});
