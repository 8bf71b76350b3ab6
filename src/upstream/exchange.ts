/**
 * One request and its answer, on undici's dispatch interface: pieces of the body reach the sink without a stream in
 * between, which halves the time and the memory of a small file. An answer is complete, or an HttpFailure says what
 * cut it short; the sink is finished or discarded before either is known.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { BodyJudge, type BodySink, type ExpectedBody, tooLarge, webPage } from './body.ts';
import type { Deadline } from './deadline.ts';
import { HttpFailure, isBodyTimeout, networkFailure } from './failure.ts';
import type { Timeouts } from './timeouts.ts';
import type { Traffic } from './traffic.ts';

/** What stays the same from request to request. */
export interface HttpContext {
  readonly dispatcher: Dispatcher;
  readonly timeouts: Timeouts;
  readonly userAgent: string;
  readonly traffic: Traffic;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of a body with status 200, in bytes: it is in the sink. */
  readonly size: number;
  /** The first bytes of any other body. */
  readonly start: Buffer;
}

/** Bytes of a refusal's body that are kept. */
const START_BYTES = 4096;
/** Beyond this a connection is closed rather than an unwanted body read to its end. */
const DRAIN_BYTES = 64 << 10;

/** One request. Throws HttpFailure, the reason of the deadline's signal, or the sink's error. */
export async function exchange(
  method: 'GET' | 'HEAD',
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: ExpectedBody & { readonly sink: BodySink },
  context: HttpContext,
  deadline: Deadline,
): Promise<Answer> {
  const receiver = new Receiver(body.sink, body, context, deadline);
  const { signal } = deadline;
  const onAbort = () => receiver.stop(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    const path = url.pathname + url.search;
    const { idle } = context.timeouts;
    const limits = { headersTimeout: idle, bodyTimeout: idle };
    context.traffic.requests++;
    context.dispatcher.dispatch({ origin: url.origin, path, method, headers, ...limits }, receiver);
    const answer = await receiver.answer;
    await body.sink.finish();
    return answer;
  } catch (error) {
    await body.sink.discard();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    deadline.endWatch();
  }
}

/** Settles once; what undici reports afterwards of a request that was stopped is ignored. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #sink: BodySink;
  readonly #judge: BodyJudge;
  readonly #isBinary: boolean;
  readonly #context: HttpContext;
  readonly #deadline: Deadline;
  readonly #settled = Promise.withResolvers<Answer>();
  readonly #start: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #stopped: { readonly reason: unknown } | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #unwanted = 0;

  constructor(sink: BodySink, expected: ExpectedBody, context: HttpContext, deadline: Deadline) {
    this.#sink = sink;
    this.#judge = new BodyJudge(expected);
    this.#isBinary = expected.binary === true;
    this.#context = context;
    this.#deadline = deadline;
  }

  get answer(): Promise<Answer> {
    return this.#settled.promise;
  }

  /** Ends the request, and rejects with `reason`, at once, even while it waits for a connection. */
  stop(reason: unknown): void {
    this.#stopped ??= { reason };
    this.#settled.reject(reason);
    this.#controller?.abort(asError(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopped !== undefined) controller.abort(asError(this.#stopped.reason));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // An interim answer, as 103 Early Hints, comes before the real one.
    if (status < 200 || this.#stopped !== undefined) return;
    this.#status = status;
    this.#headers = headers;
    if (status !== 200) return;
    const refusal = this.#refuseHeaders();
    if (refusal !== undefined) this.stop(refusal);
    else this.#deadline.watchRate(() => this.#judge.received, this.#context.traffic);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stopped !== undefined) return;
    this.#context.traffic.bytes += chunk.length;
    if (this.#status === 200) this.#takeBody(controller, chunk);
    else this.#takeUnwanted(chunk);
  }

  /** Only after as many bytes as were announced: undici holds HTTP/1.1 and HTTP/2 to the Content-Length. */
  onResponseEnd(): void {
    this.#complete();
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#stopped !== undefined) return;
    if (this.#status === 0) this.stop(networkFailure(error));
    else if (this.#status === 200) this.stop(this.#cutShort(error));
    // Another status has said what matters: a cut explanation changes nothing.
    else this.#complete();
  }

  #complete(): void {
    const start = Buffer.concat(this.#start).subarray(0, START_BYTES);
    const size = this.#judge.received;
    this.#settled.resolve({ status: this.#status, headers: this.#headers, size, start });
  }

  #takeBody(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const failure = this.#judge.check(chunk);
    if (failure !== undefined) this.stop(failure);
    else if (!this.#sink.write(chunk)) {
      controller.pause();
      this.#sink.drained().then(
        () => controller.resume(),
        (error: unknown) => this.stop(error),
      );
    }
  }

  #takeUnwanted(chunk: Buffer): void {
    if (this.#unwanted < START_BYTES) this.#start.push(chunk);
    this.#unwanted += chunk.length;
    if (this.#unwanted <= DRAIN_BYTES) return;
    this.#complete();
    this.stop(new HttpFailure('TOO_LARGE', 'an answer that nobody wants to its end'));
  }

  #refuseHeaders(): HttpFailure | undefined {
    const announced = this.#announced();
    if (announced !== undefined && announced > this.#judge.maxBytes) return tooLarge(this.#judge.maxBytes);
    if (this.#isBinary && /^text\/html\b/i.test(this.#headers['content-type'] ?? '')) return webPage();
    const encoding = this.#headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return undefined;
    return new HttpFailure('BAD_CONTENT', 'sent compressed, though plain bytes were asked for');
  }

  #cutShort(cause: unknown): HttpFailure {
    const announced = this.#announced();
    const { received } = this.#judge;
    const amount =
      announced === undefined ? `cut after ${received} bytes` : `${received} of ${announced} bytes`;
    const stalled = isBodyTimeout(cause) ? `, then nothing for ${this.#context.timeouts.idle / 1000} s` : '';
    return new HttpFailure('TRUNCATED', amount + stalled, { cause });
  }

  #announced(): number | undefined {
    const value = this.#headers['content-length'];
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  }
}

/** undici wants an error; what we reject with is the reason as it is. */
function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
