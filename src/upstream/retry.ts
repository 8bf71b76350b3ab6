/**
 * Trying again: a few tries with exponential backoff and full jitter, so that many clients do not come back at the
 * same moment, and at least as late as Retry-After asks. Time and chance are passed in, so that tests need neither.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { HttpFailure } from './failure.ts';

export const DEFAULT_TRIES = 5;

const FIRST_DELAY = 500;
const LONGEST_DELAY = 60_000;
/** A server may ask for more patience than a backoff has, but not for an afternoon. */
const LONGEST_RETRY_AFTER = 120_000;

export interface RetryOptions {
  /** Tries in all, the first included; at least 1. */
  readonly tries: number;
  /** From 0 to below 1; default Math.random. */
  readonly random?: (() => number) | undefined;
  /** Waits; rejects when the signal is aborted. Default: a timer. */
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** A try failed, and another one comes after `delay` milliseconds. */
export interface RetryEvent {
  /** Which try failed, from 1. */
  readonly attempt: number;
  readonly tries: number;
  readonly delay: number;
  readonly reason: string;
  /** Bytes that are here already, where the next try asks for the rest only. */
  readonly from?: number | undefined;
}

export interface RetryControl {
  readonly signal: AbortSignal;
  /** Asked before each further try: true ends them early. */
  readonly stop?: () => boolean;
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}

/**
 * Runs `attempt` until it succeeds, fails for good, or its tries are used up; throws its last failure then. Whatever
 * is not an HttpFailure is not ours to judge and passes through at once. Throws the signal's reason once aborted.
 */
export async function withTries<T>(
  attempt: () => Promise<T>,
  options: RetryOptions,
  control: RetryControl,
): Promise<T> {
  const random = options.random ?? Math.random;
  const sleep = options.sleep ?? defaultSleep;
  for (let count = 1; ; count++) {
    control.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      control.signal.throwIfAborted();
      if (!(error instanceof HttpFailure) || !error.retryable) throw error;
      if (count >= options.tries || control.stop?.())
        throw count === 1 ? error : error.with(` after ${count} tries`);
      const wait = retryDelay(count, random(), error.retryAfter);
      control.onRetry?.({ attempt: count, tries: options.tries, delay: wait, reason: error.message });
      await sleepUnlessAborted(sleep, wait, control.signal);
    }
  }
}

/** Milliseconds to wait after the try numbered `attempt` (from 1) failed. `chance` is from 0 to below 1. */
export function retryDelay(attempt: number, chance: number, retryAfter: number | undefined): number {
  const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1));
  const asked = Math.min(LONGEST_RETRY_AFTER, retryAfter ?? 0);
  return Math.max(asked, Math.floor(ceiling * chance));
}

/** Milliseconds from `now`, for seconds or an HTTP date (RFC 9110, 10.2.3); undefined for anything else. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse takes many more forms, some in local time; the third of RFC 9110, obsolete, is left out.
  const date = /^[A-Z][a-z]+, .* GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function sleepUnlessAborted(
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await sleep(milliseconds, signal);
  } catch (error) {
    // The timer rejects with an AbortError of its own; the caller is told the reason that it gave.
    signal.throwIfAborted();
    throw error;
  }
}

async function defaultSleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal });
}
