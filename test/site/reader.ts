/**
 * A reader that hammers on a path from a thread of its own, without a pause, while the test changes what is there:
 * it notes every different text that it read, and everything that went wrong.
 */
import { Worker } from 'node:worker_threads';

const CODE = `
  const { readFileSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const { path, shared } = workerData;
  const [stop, reads] = [0, 1];
  const seen = new Set();
  const failures = new Set();
  while (Atomics.load(shared, stop) === 0) {
    try { seen.add(readFileSync(path, 'utf8')); } catch (error) { failures.add(error.message); }
    Atomics.add(shared, reads, 1);
  }
  parentPort.postMessage({ seen: [...seen], failures: [...failures] });
`;

export interface Seen {
  readonly seen: readonly string[];
  readonly failures: readonly string[];
}

export class Reader {
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #result: Promise<Seen>;

  constructor(path: string) {
    const worker = new Worker(CODE, { eval: true, workerData: { path, shared: this.#shared } });
    this.#result = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  }

  /** Resolves when the path was read twice more: once at least began after the call. */
  async reads(): Promise<void> {
    const before = Atomics.load(this.#shared, 1);
    while (Atomics.load(this.#shared, 1) < before + 2) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends the reading and tells what was seen. */
  stop(): Promise<Seen> {
    Atomics.store(this.#shared, 0, 1);
    return this.#result;
  }
}
