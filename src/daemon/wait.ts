/**
 * Waits for a time of the clock on the wall. A long timer stands still while the machine sleeps, so the clock is looked
 * at again and again.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds. After waking up, a run that was missed begins within this. */
const LOOK_EVERY = 15_000;

export interface Clock {
  readonly now: () => Date;
  /** Resolves after so many milliseconds, or early once the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const REAL_CLOCK: Clock = {
  now: () => new Date(),
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};

/** Resolves when it is that time, or once the signal is aborted. */
export async function waitUntil(at: Date, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const left = at.getTime() - clock.now().getTime();
    if (left <= 0 || signal.aborted) return;
    await clock.sleep(Math.min(left, LOOK_EVERY), signal);
  }
}
