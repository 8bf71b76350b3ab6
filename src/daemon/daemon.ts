/**
 * Runs on a schedule until it is stopped. One run at a time, since there is one loop. The configuration is read again
 * before each; where that fails the last good one stays in force, and it is said. A run that was missed, while the
 * machine slept or the daemon was down, is made up at once; one that may go better soon is tried again.
 */
import type { Due, Ended, Reason } from './due.ts';
import { dueAfter, type Times } from './due.ts';
import { giveMemoryBack } from './memory.ts';
import type { Schedule } from './schedule.ts';
import { type Clock, waitUntil } from './wait.ts';

/** A configuration that was read and understood. */
export interface Loaded<C> {
  readonly config: C;
  readonly schedule: Schedule;
  /** Milliseconds. */
  readonly jitter: number;
  readonly retryAfter: number;
}

export interface RunEnd {
  readonly exit: number;
  readonly isWorthRetry: boolean;
}

export interface DaemonDeps<C> {
  /** Throws where the configuration is wrong. */
  readonly load: () => Promise<Loaded<C>>;
  /** Never throws: whatever goes wrong is an exit code. */
  readonly run: (config: C, reason: Reason) => Promise<RunEnd>;
  /** When the newest run before this process began, whoever did it. */
  readonly lastRun: (config: C) => Promise<Date | undefined>;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Ends the loop; a run under way has it too. */
  readonly stop: AbortSignal;
  readonly log: { info(message: string): void; error(message: string): void };
  readonly onReread: (ok: boolean) => void;
  readonly onDue: (due: Due | undefined) => void;
}

/** So late, in milliseconds, a scheduled run counts as made up. */
const LATE = 60_000;

export class Daemon<C> {
  readonly #deps: DaemonDeps<C>;
  #loaded: Loaded<C>;
  #failures = 0;

  constructor(loaded: Loaded<C>, deps: DaemonDeps<C>) {
    this.#loaded = loaded;
    this.#deps = deps;
  }

  /** Resolves once it was stopped and the run under way has ended. */
  async run(): Promise<void> {
    const { clock, stop, log } = this.#deps;
    let due = await this.#firstDue();
    while (due !== undefined) {
      this.#deps.onDue(due);
      if (due.at > clock.now()) log.info(`next run at ${due.at.toISOString()} (${due.reason})`);
      await waitUntil(due.at, clock, stop);
      if (stop.aborted) return;
      await this.#reread();
      const ended = await this.#runOnce(this.#reasonOf(due));
      if (stop.aborted) return;
      due = this.#dueAfter(ended);
    }
    this.#deps.onDue(undefined);
    log.error('the schedule names no further time: nothing is left to do');
  }

  async #firstDue(): Promise<Due | undefined> {
    const { clock, lastRun } = this.#deps;
    const now = clock.now();
    const last = await lastRun(this.#loaded.config);
    if (last === undefined) return { at: now, reason: 'start' };
    if (this.#loaded.schedule.hasBetween(last, now)) return { at: now, reason: 'missed' };
    return this.#dueAfter(undefined);
  }

  #dueAfter(ended: Ended | undefined): Due | undefined {
    const { schedule, jitter, retryAfter } = this.#loaded;
    const times: Times = { next: schedule.next(), jitter, retryAfter };
    return dueAfter(ended, times, this.#deps.random());
  }

  #reasonOf({ at, reason }: Due): Reason {
    const late = this.#deps.clock.now().getTime() - at.getTime();
    return reason === 'schedule' && late > LATE ? 'missed' : reason;
  }

  async #runOnce(reason: Reason): Promise<Ended> {
    const { isWorthRetry } = await this.#deps.run(this.#loaded.config, reason);
    giveMemoryBack();
    this.#failures = isWorthRetry ? this.#failures + 1 : 0;
    return { at: this.#deps.clock.now(), isWorthRetry, failures: this.#failures };
  }

  async #reread(): Promise<void> {
    try {
      const loaded = await this.#deps.load();
      this.#loaded.schedule.end();
      this.#loaded = loaded;
      this.#deps.onReread(true);
    } catch (error) {
      this.#deps.onReread(false);
      const message = error instanceof Error ? error.message : String(error);
      this.#deps.log.error(`${message}: going on with the configuration that was read before`);
    }
  }
}
