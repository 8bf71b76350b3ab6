/**
 * A body that is wanted, as it comes in: the file after a 200, or the rest of a cut one after a 206. It is judged as
 * one file, whichever it is, and what is cut short leaves behind what a further try may go on from.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { BodyJudge, type BodySink, type ExpectedBody, tooLarge, webPage } from './body.ts';
import { HttpFailure } from './failure.ts';
import {
  type AnswerHead,
  contentLength,
  isRestOf,
  type Part,
  partOf,
  type Resume,
  totalOfRest,
} from './resume.ts';

export interface WantedBody extends ExpectedBody {
  /** Makes the place for the body once an answer brings it: what lies before the byte `from` stays, the rest goes. */
  readonly sink: (from: number) => BodySink;
  /** Given where a cut body is worth going on with. */
  readonly resume?: Resume | undefined;
}

/** Undefined: an answer whose body nobody wants. HttpFailure: a 200 whose headers say that it cannot be the file. */
export function beginBody(head: AnswerHead, wanted: WantedBody): IncomingBody | HttpFailure | undefined {
  const { status, headers } = head;
  const part = wanted.resume?.part;
  if (part !== undefined && isRestOf(part, head)) {
    const refusal = refuseHeaders(headers, totalOfRest(headers), wanted);
    return refusal === undefined ? new IncomingBody(head, wanted, part) : undefined;
  }
  if (status !== 200) return undefined;
  return refuseHeaders(headers, contentLength(headers), wanted) ?? new IncomingBody(head, wanted);
}

export class IncomingBody {
  readonly #head: AnswerHead;
  readonly #resume: Resume | undefined;
  /** What it is the rest of. */
  readonly #part: Part | undefined;
  readonly #total: number | undefined;
  readonly #judge: BodyJudge;
  readonly #sink: BodySink;

  constructor(head: AnswerHead, wanted: WantedBody, part?: Part) {
    const from = part?.size ?? 0;
    this.#head = head;
    this.#resume = wanted.resume;
    this.#part = part;
    this.#total = part === undefined ? contentLength(head.headers) : totalOfRest(head.headers);
    this.#judge = new BodyJudge(wanted, from);
    this.#sink = wanted.sink(from);
  }

  /** Bytes of the file that are here, those of earlier tries included. */
  get received(): number {
    return this.#judge.received;
  }

  get sink(): BodySink {
    return this.#sink;
  }

  check(chunk: Buffer): HttpFailure | undefined {
    return this.#judge.check(chunk);
  }

  /** Why a body that ended properly is not whole: undici counts what one answer announces, and we what the file has. */
  ended(): HttpFailure | undefined {
    const isWhole = this.#part === undefined || this.received === this.#total;
    return isWhole ? undefined : this.cutShort('');
  }

  cutShort(suffix: string, cause?: unknown): HttpFailure {
    const amount =
      this.#total === undefined
        ? `cut after ${this.received} bytes`
        : `${this.received} of ${this.#total} bytes`;
    return new HttpFailure('TRUNCATED', amount + suffix, { cause });
  }

  async finish(): Promise<void> {
    await this.#sink.finish();
  }

  /** After a failure: what came is written for a further try to go on from, or dropped. Rejects with the disk's error. */
  async abandon(reason: unknown): Promise<void> {
    const mayGoOn = reason instanceof HttpFailure && reason.retryable && this.#judge.isContent;
    const left = mayGoOn && this.#resume !== undefined ? this.#left() : undefined;
    this.#resume?.keep(left);
    if (left === undefined) await this.#sink.discard();
    else await this.#sink.finish();
  }

  #left(): Part | undefined {
    if (this.#part === undefined) return partOf(this.#head, this.received);
    const { received } = this;
    return received < (this.#total ?? 0) ? { ...this.#part, total: this.#total, size: received } : undefined;
  }
}

/** `announced`: bytes of the whole file. */
function refuseHeaders(
  headers: IncomingHttpHeaders,
  announced: number | undefined,
  wanted: ExpectedBody,
): HttpFailure | undefined {
  if (announced !== undefined && announced > wanted.maxBytes) return tooLarge(wanted.maxBytes);
  if (wanted.binary && /^text\/html\b/i.test(headers['content-type'] ?? '')) return webPage();
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return undefined;
  return new HttpFailure('BAD_CONTENT', 'sent compressed, though plain bytes were asked for');
}
