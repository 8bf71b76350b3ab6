/**
 * The end of a request that would not end by itself: after its total time, or when its body comes more slowly than
 * its share of the minimum rate. Both abort `signal` with the failure as its reason; so does the caller's signal.
 */
import { HttpFailure } from './failure.ts';
import type { Timeouts } from './timeouts.ts';
import type { Traffic } from './traffic.ts';

export class Deadline {
  readonly #timeouts: Timeouts;
  readonly #parent: AbortSignal;
  readonly #controller = new AbortController();
  readonly #total: NodeJS.Timeout;
  #stopWatch: (() => void) | undefined;

  /** Starts the total time. Call `end` when the request is over, or its timers go on. */
  constructor(timeouts: Timeouts, parent: AbortSignal) {
    this.#timeouts = timeouts;
    this.#parent = parent;
    this.#total = setTimeout(() => this.#onTotal(), timeouts.total);
    parent.addEventListener('abort', this.#onParent);
    if (parent.aborted) this.#onParent();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Judges, at the end of each window, what `received` gained in it. */
  watchRate(received: () => number, traffic: Traffic): void {
    const { minRate, rateWindow } = this.#timeouts;
    let before = received();
    traffic.bodies++;
    const timer = setInterval(() => {
      const gained = received() - before;
      before += gained;
      const share = (minRate * rateWindow) / 1000 / traffic.bodies;
      if (gained < share) this.#controller.abort(tooSlow(gained, rateWindow));
    }, rateWindow);
    this.#stopWatch = () => {
      traffic.bodies--;
      clearInterval(timer);
    };
  }

  /** The body is over. */
  endWatch(): void {
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  end(): void {
    this.endWatch();
    clearTimeout(this.#total);
    this.#parent.removeEventListener('abort', this.#onParent);
  }

  readonly #onParent = (): void => {
    this.#controller.abort(this.#parent.reason);
  };

  #onTotal(): void {
    const { total } = this.#timeouts;
    this.#controller.abort(new HttpFailure('UNAVAILABLE', `not done within ${total / 1000} s`));
  }
}

function tooSlow(gained: number, rateWindow: number): HttpFailure {
  return new HttpFailure('UNAVAILABLE', `too slow: ${gained} bytes in ${rateWindow / 1000} s`);
}
