/**
 * Writes a body to an open file, one write at a time, each of all that gathered meanwhile. It holds little, and asks
 * the network to wait while the disk is busy.
 */
import { writev } from 'node:fs';
import { reached } from '../barrier.ts';
import type { BodySink } from './body.ts';

/** Bytes that may gather while a write is under way. Four times as much gained nothing measurable. */
const BUFFER_BYTES = 256 << 10;

type Waiter = PromiseWithResolvers<void>;

export class FileSink implements BodySink {
  readonly #fd: number;
  #queue: Buffer[] = [];
  #queued = 0;
  #position: number;
  #writing = false;
  #error: Error | undefined;
  /** Waits for room in the queue, and for its end. */
  #room: Waiter | undefined;
  #idle: Waiter | undefined;

  /** The first byte goes to `from`; the file is not cut off there. */
  constructor(fd: number, from = 0) {
    this.#fd = fd;
    this.#position = from;
  }

  /** Where the body ends, so far, in the file. */
  get position(): number {
    return this.#position;
  }

  write(chunk: Buffer): boolean {
    this.#queue.push(chunk);
    this.#queued += chunk.length;
    if (!this.#writing) this.#flush();
    return this.#queued < BUFFER_BYTES && this.#error === undefined;
  }

  async drained(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#queued < BUFFER_BYTES) return;
    this.#room = Promise.withResolvers<void>();
    await this.#room.promise;
  }

  async finish(): Promise<void> {
    await this.#untilIdle();
    if (this.#error !== undefined) throw this.#error;
  }

  async discard(): Promise<void> {
    this.#empty();
    await this.#untilIdle();
  }

  async #untilIdle(): Promise<void> {
    if (!this.#writing) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  #flush(): void {
    // After an error the rest is dropped: nobody wants it any more.
    if (this.#error !== undefined) this.#empty();
    const pieces = this.#queue;
    this.#writing = pieces.length > 0;
    if (this.#writing) this.#writeAll(pieces, this.#queued);
    else this.#idle?.resolve();
    this.#empty();
    if (this.#error === undefined) this.#room?.resolve();
    else this.#room?.reject(this.#error);
    this.#room = undefined;
  }

  #writeAll(pieces: Buffer[], length: number): void {
    writev(this.#fd, pieces, this.#position, (error, written = 0) => {
      this.#position += written;
      reached('download half written');
      this.#error = error ?? undefined;
      // A write may be short, as just before the disk is full: the next one says why.
      const isShort = error === null && written < length;
      if (isShort) this.#writeAll([Buffer.concat(pieces).subarray(written)], length - written);
      else this.#flush();
    });
  }

  #empty(): void {
    this.#queue = [];
    this.#queued = 0;
  }
}
