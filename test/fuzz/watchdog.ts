/**
 * Ends this process when one input takes too long. It looks from a thread of its own: an endless loop in the main
 * thread leaves nothing else that could. What it prints says which input it was.
 */
import { Worker } from 'node:worker_threads';

const WATCH = `
  const { workerData } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const at = new Int32Array(workerData.shared);
  const limit = workerData.seconds * 1000;
  let seen = -1;
  let since = Date.now();
  setInterval(() => {
    const now = Atomics.load(at, 0);
    if (now !== seen) { seen = now; since = Date.now(); return; }
    if (Date.now() - since < limit) return;
    writeSync(2, workerData.text.replace('NUMBER', String(now)) + '\\n');
    process.kill(process.pid, 'SIGKILL');
  }, 250);
`;

export class Watchdog {
  readonly #at: Int32Array;
  readonly #worker: Worker;

  /** `text` tells of an input by its number. */
  constructor(seconds: number, text: (number: string) => string) {
    const shared = new SharedArrayBuffer(4);
    this.#at = new Int32Array(shared);
    this.#worker = new Worker(WATCH, { eval: true, workerData: { shared, seconds, text: text('NUMBER') } });
  }

  begin(number: number): void {
    Atomics.store(this.#at, 0, number);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
