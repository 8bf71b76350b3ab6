/**
 * Checks module zips in worker threads, one zip a thread at a time, so that the main thread stays free for the
 * network. The threads begin with the first check and live until `close`.
 */

import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { ZipFacts } from './check.ts';
import { type CheckTask, type TaskResult, unwrapTask } from './task-result.ts';

export type { ZipFacts };

export interface ZipHasherOptions {
  /** At most this many zips at once; the default is the number of cores that the process may use. */
  readonly threads?: number;
}

/** Of each thread. What V8 takes when left alone adds 100 MB to the peak and saves no time. */
const YOUNG_GENERATION_MB = 6;

export class ZipHasher {
  readonly #threads: number;
  #pool: Promise<Piscina<CheckTask, TaskResult>> | undefined;
  readonly #running = new Set<Promise<TaskResult>>();
  #closed = false;

  constructor(options: ZipHasherOptions = {}) {
    this.#threads = Math.max(1, options.threads ?? availableParallelism());
  }

  /**
   * Checks the zip against every rule and hashes it. Waits in line when all threads are busy, without a limit: the
   * caller bounds how many zips it brings. Throws VerificationError ZIP_INVALID, an error of the file system as it
   * is, or the signal's reason; an abort stops the thread in the middle of its zip.
   */
  async check(file: string, mv: ModuleVersion, signal?: AbortSignal): Promise<ZipFacts> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error('the zip hasher is closed');
    const running = this.#run({ file, mv }, signal);
    this.#running.add(running);
    try {
      return unwrapTask(await running);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Takes no more zips, waits for those that were brought, and ends the threads. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    // The pool's own way of closing gives up after a time and drops what still waits in line.
    await Promise.allSettled(this.#running);
    await (await this.#pool)?.destroy();
  }

  async #run(task: CheckTask, signal: AbortSignal | undefined): Promise<TaskResult> {
    this.#pool ??= startPool(this.#threads);
    const pool = await this.#pool;
    return pool.run(task, signal === undefined ? {} : { signal });
  }
}

async function startPool(threads: number): Promise<Piscina<CheckTask, TaskResult>> {
  // Loaded only when the first zip comes: most verbs never check one.
  const { Piscina } = await import('piscina');
  return new Piscina<CheckTask, TaskResult>({
    filename: fileURLToPath(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)),
    name: 'check',
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    // By default a thread sleeps between two tasks without a turn of its event loop, and only in such a turn does Node
    // give back zlib's state and old buffers: 11 KB for each zip, 220 MB after 20,000.
    atomics: 'disabled',
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
}
