/**
 * Reads a file once from front to back through a buffer of bounded size, and hashes all of it on the way. A part is
 * asked for by its place; places must not go backwards. Without digests the bytes between two parts are skipped.
 */

import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { InvalidZip } from './invalid-zip.ts';

/** The largest part that can be asked for. */
export const WINDOW_BYTES = 1_048_576;

/** Of the whole file, in lower-case hex. */
export interface FileDigests {
  readonly sha256: string;
  readonly sha512: string;
}

export class SequentialWindow {
  /** Holds the part that was asked for last, at the index that `at` returned; overwritten by the next call. */
  readonly buffer: Buffer;
  readonly #fd: number;
  readonly #fileSize: number;
  readonly #hashes: readonly Hash[];
  #start = 0;
  #filled = 0;

  constructor(fd: number, fileSize: number, options: { readonly digests: boolean }) {
    this.buffer = Buffer.allocUnsafe(Math.min(fileSize, WINDOW_BYTES));
    this.#fd = fd;
    this.#fileSize = fileSize;
    this.#hashes = options.digests ? [createHash('sha256'), createHash('sha512')] : [];
  }

  /**
   * The index in `buffer` at which the `length` bytes from `offset` lie. Precondition: `offset` is not before that
   * of an earlier call and `length` ≤ WINDOW_BYTES. Throws InvalidZip when the part reaches beyond the file.
   */
  at(offset: number, length: number): number {
    const index = offset - this.#start;
    if (index >= 0 && index + length <= this.#filled) return index;
    if (offset + length > this.#fileSize) throw new InvalidZip(`the file ends at byte ${this.#fileSize}`);
    if (index < 0 || length > WINDOW_BYTES) throw new Error(`no part of ${length} bytes at ${offset}`);
    this.#moveTo(offset);
    while (this.#filled < length) this.#readMore();
    return 0;
  }

  /** Reads what is left. Precondition: made with digests, called once. */
  finish(): FileDigests {
    this.#moveTo(this.#fileSize);
    const [sha256, sha512] = this.#hashes.map((hash) => hash.digest('hex'));
    if (sha256 === undefined || sha512 === undefined) throw new Error('this window was made without digests');
    return { sha256, sha512 };
  }

  #moveTo(offset: number): void {
    while (this.#hashes.length > 0 && this.#start + this.#filled < offset) {
      this.#start += this.#filled;
      this.#filled = 0;
      this.#readMore();
    }
    const kept = Math.max(0, this.#start + this.#filled - offset);
    this.buffer.copyWithin(0, this.#filled - kept, this.#filled);
    this.#start = offset;
    this.#filled = kept;
  }

  #readMore(): void {
    const from = this.#start + this.#filled;
    const room = Math.min(this.buffer.length - this.#filled, this.#fileSize - from);
    const count = readSync(this.#fd, this.buffer, this.#filled, room, from);
    if (count === 0) throw new InvalidZip(`the file ends at byte ${from}`);
    const fresh = this.buffer.subarray(this.#filled, this.#filled + count);
    for (const hash of this.#hashes) hash.update(fresh);
    this.#filled += count;
  }
}
