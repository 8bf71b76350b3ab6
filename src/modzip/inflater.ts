/**
 * Raw deflate (RFC 1951) into a buffer of the caller, in steps, synchronously, with one zlib state for many entries.
 * `inflateRawSync` makes a stream and a fresh output for each call, which cost a quarter of the whole check, and
 * cannot stop half-way through an entry that does not fit in memory. So this drives the native handle below Node's
 * stream, which Node does not document: the constructor checks that it has the shape we rely on.
 */

import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import { InvalidZip } from './invalid-zip.ts';

/** Node's `lib/zlib.js` calls exactly these; unchanged since Node 11. */
interface NativeHandle {
  writeSync(
    flush: number,
    input: Buffer,
    inputOffset: number,
    inputLength: number,
    output: Buffer,
    outputOffset: number,
    outputLength: number,
  ): void;
  reset(): void;
  onerror: (message: string) => void;
}

export class Inflater {
  readonly #stream: InflateRaw;
  readonly #handle: NativeHandle;
  /** After each step: [free bytes left in the output, bytes left in the input]. */
  readonly #left: Uint32Array;
  #failure: string | undefined;

  constructor() {
    this.#stream = createInflateRaw();
    const { handle, left } = internals(this.#stream);
    this.#handle = handle;
    this.#left = left;
    // Node's own handler would destroy the stream; ours only remembers, and `start` resets the state.
    this.#handle.onerror = (message) => {
      this.#failure = message;
    };
  }

  /** Begins another deflate stream. */
  start(): void {
    this.#failure = undefined;
    this.#handle.reset();
  }

  /**
   * Inflates `input[offset, offset + length)` into `output` from its beginning and returns the bytes produced. When
   * that fills `output`, call again with the `inputLeft` bytes at the end of the same input. `last` says that no
   * input follows; then a stream that is not complete is an error, unless `output` is full. Bytes after the end of
   * the stream are ignored, as in Go. Throws InvalidZip with zlib's reason; then `start` must come next.
   */
  step(input: Buffer, offset: number, length: number, last: boolean, output: Buffer): number {
    // The native side aborts the process when it is given a range outside a buffer.
    if (offset + length > input.length) throw new RangeError('the input range lies outside its buffer');
    const flush = last ? constants.Z_FINISH : constants.Z_NO_FLUSH;
    this.#handle.writeSync(flush, input, offset, length, output, 0, output.length);
    if (this.#failure !== undefined) throw new InvalidZip(`damaged deflate data (${this.#failure})`);
    return output.length - (this.#left[0] ?? 0);
  }

  get inputLeft(): number {
    return this.#left[1] ?? 0;
  }

  /** Frees the native state. */
  close(): void {
    this.#stream.close();
  }
}

function internals(stream: InflateRaw): { handle: NativeHandle; left: Uint32Array } {
  // A claim about Node's internals, checked in the next lines.
  const { _handle, _writeState } = stream as unknown as { _handle?: NativeHandle; _writeState?: unknown };
  const usable =
    typeof _handle?.writeSync === 'function' &&
    typeof _handle.reset === 'function' &&
    _writeState instanceof Uint32Array &&
    _writeState.length === 2;
  if (!usable)
    throw new Error(`zlib of Node ${process.version} has no synchronous handle of the known shape`);
  return { handle: _handle, left: _writeState };
}
