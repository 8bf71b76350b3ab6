/**
 * What becomes of a body as it comes in: it is judged piece by piece, and goes into a sink. A page in place of a file,
 * as a captive portal sends it with status 200 and any content type, is refused before a byte of it is kept.
 */
import { HttpFailure } from './failure.ts';

/** Where a body goes. Pieces are not copied: whoever gives one does not touch it again. */
export interface BodySink {
  /** Takes a piece. False: wait for `drained` before giving more. */
  write(chunk: Buffer): boolean;
  /** Resolves when there is room again. Rejects with the disk's error. */
  drained(): Promise<void>;
  /** Resolves when all is written. Rejects with the disk's error. */
  finish(): Promise<void>;
  /** Drops what is not written yet; resolves when no write is under way. Never rejects. */
  discard(): Promise<void>;
}

const LESS_THAN = 0x3c;
/** Spaces, and the byte order mark of UTF-8: what may come before the first byte that counts. */
const LEADING: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** What is known of a body before it comes. */
export interface ExpectedBody {
  readonly maxBytes: number;
  /** It may begin with any byte: a page is then known by its content type alone. */
  readonly binary?: boolean | undefined;
}

/** Judges the pieces of one body, in order. */
export class BodyJudge {
  readonly #maxBytes: number;
  #received: number;
  #isContent: boolean;

  /** `from`: so many bytes of the body came earlier, and were judged then. */
  constructor({ maxBytes, binary = false }: ExpectedBody, from = 0) {
    this.#maxBytes = maxBytes;
    this.#received = from;
    this.#isContent = binary || from > 0;
  }

  /** Bytes so far, those that came earlier included. */
  get received(): number {
    return this.#received;
  }

  /** It cannot turn out to be a page any more. */
  get isContent(): boolean {
    return this.#isContent;
  }

  /** TOO_LARGE with the first byte too many, BAD_CONTENT at the `<` of a page; undefined as long as all is well. */
  check(chunk: Buffer): HttpFailure | undefined {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) return tooLarge(this.#maxBytes);
    if (this.#isContent) return undefined;
    const first = chunk.find((byte) => !LEADING.has(byte));
    if (first === LESS_THAN) return webPage();
    this.#isContent = first !== undefined;
    return undefined;
  }
}

export function webPage(): HttpFailure {
  return new HttpFailure('BAD_CONTENT', 'a web page in place of the file');
}

export function tooLarge(maxBytes: number): HttpFailure {
  return new HttpFailure('TOO_LARGE', `more than ${maxBytes} bytes`);
}

/** Keeps a body in memory. */
export class MemorySink implements BodySink {
  readonly #chunks: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  write(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return true;
  }

  async drained(): Promise<void> {}

  async finish(): Promise<void> {}

  async discard(): Promise<void> {}
}
