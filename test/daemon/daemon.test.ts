/** The loop with a clock that tests turn: what runs when, and why. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Daemon, type DaemonDeps, type Loaded, type RunEnd } from '../../src/daemon/daemon.ts';
import type { Reason } from '../../src/daemon/due.ts';
import { Schedule } from '../../src/daemon/schedule.ts';

const DONE: RunEnd = { exit: 0, isWorthRetry: false };
const INCOMPLETE: RunEnd = { exit: 3, isWorthRetry: true };
const MINUTE = 60_000;

afterEach(() => void vi.useRealTimers());

interface Setup {
  /** When it begins. */
  readonly now: string;
  readonly lastRun?: string;
  /** How each run ends; after the last one the daemon is stopped. */
  readonly ends: readonly RunEnd[];
  /** Milliseconds that each run takes. */
  readonly takes?: number;
  readonly line?: string;
  /** What happens to the clock beside the waiting, as when the machine sleeps: milliseconds, once each. */
  readonly jumps?: number[];
  readonly load?: () => Promise<Loaded<string>>;
}

interface Ran {
  readonly at: string;
  readonly reason: Reason;
  readonly config: string;
}

/** Runs a daemon to its end on a clock that stands still but for its own waiting. */
async function runDaemon(setup: Setup) {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(setup.now) });
  const stop = new AbortController();
  const ran: Ran[] = [];
  const errors: string[] = [];
  const rereads: boolean[] = [];
  const ends = [...setup.ends];
  const jumps = [...(setup.jumps ?? [])];
  const loaded = (config: string): Loaded<string> => ({
    config,
    schedule: new Schedule(setup.line ?? '0 3 * * *', 'UTC', 'mirror.config.ts'),
    jitter: 0,
    retryAfter: 15 * MINUTE,
  });
  let rereadCount = 0;
  const deps: DaemonDeps<string> = {
    load: setup.load ?? (async () => loaded(`config ${++rereadCount}`)),
    run: async (config, reason) => {
      ran.push({ at: new Date().toISOString(), reason, config });
      vi.setSystemTime(Date.now() + (setup.takes ?? 0));
      const end = ends.shift() ?? DONE;
      if (ends.length === 0) stop.abort();
      return end;
    },
    lastRun: async () => (setup.lastRun === undefined ? undefined : new Date(setup.lastRun)),
    clock: {
      now: () => new Date(),
      sleep: async (milliseconds) => void vi.setSystemTime(Date.now() + milliseconds + (jumps.shift() ?? 0)),
    },
    random: () => 0,
    stop: stop.signal,
    log: { info: () => {}, error: (message) => void errors.push(message) },
    onReread: (ok) => void rereads.push(ok),
    onDue: () => {},
  };
  await new Daemon(loaded('config 0'), deps).run();
  return { ran, errors, rereads };
}

const timesOf = (ran: readonly Ran[]) => ran.map(({ at, reason }) => `${at.slice(5, 19)} ${reason}`);

describe('the daemon', () => {
  it('runs at once where nothing ever ran, then by the schedule, and reads the configuration before each', async () => {
    const { ran, rereads } = await runDaemon({ now: '2026-11-26T00:00:00Z', ends: [DONE, DONE, DONE] });
    expect(timesOf(ran)).toEqual([
      '11-26T00:00:00 start',
      '11-26T03:00:00 schedule',
      '11-27T03:00:00 schedule',
    ]);
    expect(ran.map(({ config }) => config)).toEqual(['config 1', 'config 2', 'config 3']);
    expect(rereads).toEqual([true, true, true]);
  });

  it('waits for the schedule where the last run missed none', async () => {
    const { ran } = await runDaemon({
      now: '2026-11-26T02:00:00Z',
      lastRun: '2026-11-25T03:00:02Z',
      ends: [DONE],
    });
    expect(timesOf(ran)).toEqual(['11-26T03:00:00 schedule']);
  });

  it('makes up at once what was missed while it was down', async () => {
    const { ran } = await runDaemon({
      now: '2026-11-26T09:00:00Z',
      lastRun: '2026-11-25T03:00:02Z',
      ends: [DONE, DONE],
    });
    expect(timesOf(ran)).toEqual(['11-26T09:00:00 missed', '11-27T03:00:00 schedule']);
  });

  it('makes up once what was missed while the machine slept', async () => {
    const { ran } = await runDaemon({
      now: '2026-11-26T02:59:50Z',
      lastRun: '2026-11-25T03:00:02Z',
      // Two nights pass within one look at the clock.
      jumps: [50 * 60 * MINUTE],
      ends: [DONE, DONE],
    });
    expect(timesOf(ran)).toEqual(['11-28T05:00:00 missed', '11-29T03:00:00 schedule']);
  });

  it('never runs twice at once: what comes due meanwhile is left out', async () => {
    const { ran } = await runDaemon({
      now: '2026-11-26T00:00:00Z',
      line: '* * * * *',
      takes: 150_000,
      ends: [DONE, DONE, DONE],
    });
    expect(timesOf(ran)).toEqual([
      '11-26T00:00:00 start',
      '11-26T00:03:00 schedule',
      '11-26T00:06:00 schedule',
    ]);
  });

  it('tries an incomplete run again, each time later, and starts anew after a good one', async () => {
    const { ran } = await runDaemon({
      now: '2026-11-26T03:30:00Z',
      ends: [INCOMPLETE, INCOMPLETE, INCOMPLETE, DONE, INCOMPLETE, DONE],
    });
    expect(timesOf(ran)).toEqual([
      '11-26T03:30:00 start',
      '11-26T03:45:00 retry',
      '11-26T04:15:00 retry',
      '11-26T05:15:00 retry',
      '11-27T03:00:00 schedule',
      '11-27T03:15:00 retry',
    ]);
  });

  it('goes on with the last good configuration, and says so', async () => {
    let count = 0;
    const load = async (): Promise<Loaded<string>> => {
      throw new Error(`mirror.config.ts: seeds: wrong ${++count}`);
    };
    const { ran, errors, rereads } = await runDaemon({
      now: '2026-11-26T00:00:00Z',
      ends: [DONE, DONE],
      load,
    });
    expect(ran.map(({ config }) => config)).toEqual(['config 0', 'config 0']);
    expect(rereads).toEqual([false, false]);
    expect(errors).toEqual([
      'mirror.config.ts: seeds: wrong 1: going on with the configuration that was read before',
      'mirror.config.ts: seeds: wrong 2: going on with the configuration that was read before',
    ]);
  });

  it('follows a schedule that was changed', async () => {
    const load = async (): Promise<Loaded<string>> => ({
      config: 'new',
      schedule: new Schedule('0 12 * * *', 'UTC', 'mirror.config.ts'),
      jitter: 30 * MINUTE,
      retryAfter: MINUTE,
    });
    const { ran } = await runDaemon({ now: '2026-11-26T00:00:00Z', ends: [DONE, DONE], load });
    expect(timesOf(ran)).toEqual(['11-26T00:00:00 start', '11-26T12:00:00 schedule']);
  });
});
