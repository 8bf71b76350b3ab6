/** By a clock of its own: bodies share the minimum rate, and what is over is not judged. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../../src/upstream/deadline.ts';
import { DEFAULT_TIMEOUTS } from '../../src/upstream/timeouts.ts';
import { Traffic } from '../../src/upstream/traffic.ts';

const never = new AbortController().signal;
/** What a lone body must bring in each window. */
const FLOOR = 1_500_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function body(traffic: Traffic, from = 0) {
  const deadline = new Deadline(DEFAULT_TIMEOUTS, never);
  let received = from;
  deadline.watchRate(() => received, traffic);
  return {
    deadline,
    brings: (bytes: number) => {
      received += bytes;
    },
    get verdict(): string {
      const { reason } = deadline.signal;
      return reason instanceof Error ? reason.message : 'fine';
    },
  };
}

describe('the minimum rate', () => {
  it('is not asked for in the first 15 seconds', () => {
    const one = body(new Traffic());
    vi.advanceTimersByTime(14_999);
    expect(one.verdict).toBe('fine');
    vi.advanceTimersByTime(1);
    expect(one.verdict).toBe('unavailable: too slow: 0 bytes in 15 s');
  });

  it('must be met in every window, not on average', () => {
    const one = body(new Traffic());
    one.brings(10 * FLOOR);
    vi.advanceTimersByTime(15_000);
    expect(one.verdict).toBe('fine');
    one.brings(FLOOR);
    vi.advanceTimersByTime(15_000);
    expect(one.verdict).toBe('fine');
    one.brings(FLOOR - 1);
    vi.advanceTimersByTime(15_000);
    expect(one.verdict).toBe('unavailable: too slow: 1499999 bytes in 15 s');
  });

  it('asks the rest of a cut body for as much as a new one', () => {
    const rest = body(new Traffic(), 10 * FLOOR);
    rest.brings(FLOOR - 1);
    vi.advanceTimersByTime(15_000);
    expect(rest.verdict).toBe('unavailable: too slow: 1499999 bytes in 15 s');
  });

  it('is shared by the bodies under way', () => {
    const traffic = new Traffic();
    const bodies = [body(traffic), body(traffic), body(traffic)];
    for (const each of bodies) each.brings(FLOOR / 3);
    vi.advanceTimersByTime(15_000);
    expect(bodies.map(({ verdict }) => verdict)).toEqual(['fine', 'fine', 'fine']);
    bodies[0]?.deadline.endWatch();
    for (const each of bodies) each.brings(FLOOR / 3);
    vi.advanceTimersByTime(15_000);
    expect(bodies.map(({ verdict }) => verdict)).toEqual([
      'fine',
      'unavailable: too slow: 500000 bytes in 15 s',
      'unavailable: too slow: 500000 bytes in 15 s',
    ]);
    expect(traffic.bodies).toBe(2);
  });
});

describe('the end of a request', () => {
  it('comes after its total time', () => {
    const deadline = new Deadline(DEFAULT_TIMEOUTS, never);
    vi.advanceTimersByTime(30 * 60_000 - 1);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toMatchObject({ message: 'unavailable: not done within 1800 s' });
  });

  it('leaves no timer and no listener', () => {
    const parent = new AbortController();
    const deadline = new Deadline(DEFAULT_TIMEOUTS, parent.signal);
    deadline.watchRate(() => 0, new Traffic());
    deadline.end();
    expect(vi.getTimerCount()).toBe(0);
    parent.abort();
    expect(deadline.signal.aborted).toBe(false);
  });
});
