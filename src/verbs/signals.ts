/** SIGINT and SIGTERM: the first lets what is under way finish, the second ends it. */
import { InterruptedError } from '../errors.ts';
import type { Io } from './context.ts';
import { exitOfSignal } from './exit.ts';
import { printError } from './print-error.ts';

/** npm passes a signal on that the terminal has sent already: two within this time, in milliseconds, are one. */
const SAME_SIGNAL = 400;

export class SignalWatch {
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();
  readonly #end: () => void;
  #first: 'SIGINT' | 'SIGTERM' | undefined;
  #at = 0;

  constructor(io: Io, onFirst: () => void) {
    this.#end = io.onSignal((signal) => {
      const now = Date.now();
      if (this.#first === undefined) {
        this.#first = signal;
        this.#at = now;
        this.#stop.abort(new InterruptedError('INTERRUPTED', `stopped by ${signal}`));
        onFirst();
      } else if (now - this.#at > SAME_SIGNAL) {
        this.#abort.abort(new InterruptedError('INTERRUPTED', 'stopped by a second signal'));
      }
    });
  }

  get signal(): 'SIGINT' | 'SIGTERM' | undefined {
    return this.#first;
  }

  /** Runs a verb's work. Interrupted before it could report, its error is printed here: the signal sets the code. */
  async guard(io: Io, json: boolean, work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      printError(error, io, json);
      return exitOfSignal(this.#first);
    } finally {
      this.#end();
    }
  }

  /** Aborted by the first signal. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborted by the second signal. */
  get abort(): AbortSignal {
    return this.#abort.signal;
  }
}
