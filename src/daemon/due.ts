/** When the next run begins, and why. Pure. */

export type Reason = 'start' | 'schedule' | 'missed' | 'retry';

export interface Due {
  readonly at: Date;
  readonly reason: Reason;
}

/** How a run ended, as far as the next one depends on it. */
export interface Ended {
  readonly at: Date;
  /** It may go better soon: something was missing, locked, or the disk failed. */
  readonly isWorthRetry: boolean;
  /** How many such runs there were in a row, this one included. */
  readonly failures: number;
}

export interface Times {
  /** The schedule's next time; undefined where it has none. */
  readonly next: Date | undefined;
  /** Milliseconds: up to so much later a scheduled run begins. */
  readonly jitter: number;
  /** Milliseconds to the first retry; each further one waits twice as long. */
  readonly retryAfter: number;
}

/** Retries never wait longer than this, in milliseconds. */
const LONGEST_RETRY = 4 * 3_600_000;

/** A retry that would come with the scheduled run or after it is that run. `chance` is from 0 to below 1. */
export function dueAfter(
  ended: Ended | undefined,
  { next, jitter, retryAfter }: Times,
  chance: number,
): Due | undefined {
  const scheduled = next && new Date(next.getTime() + Math.floor(jitter * chance));
  if (ended?.isWorthRetry) {
    const wait = Math.min(LONGEST_RETRY, retryAfter * 2 ** (ended.failures - 1));
    const retry = new Date(ended.at.getTime() + wait);
    if (scheduled === undefined || retry < scheduled) return { at: retry, reason: 'retry' };
  }
  return scheduled && { at: scheduled, reason: 'schedule' };
}
