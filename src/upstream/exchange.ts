/**
 * One request and its answer, on undici's dispatch interface: pieces of the body reach the sink without a stream in
 * between, which halves the time and the memory of a small file. An answer is complete, or an HttpFailure says what
 * cut it short; the sink is finished or discarded before either is known.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Deadline } from './deadline.ts';
import { HttpFailure, isBodyTimeout, networkFailure } from './failure.ts';
import { beginBody, type IncomingBody, type WantedBody } from './incoming-body.ts';
import type { Timeouts } from './timeouts.ts';
import type { Traffic } from './traffic.ts';

/** What stays the same from request to request. */
export interface HttpContext {
  readonly dispatcher: Dispatcher;
  readonly timeouts: Timeouts;
  readonly userAgent: string;
  readonly traffic: Traffic;
  /** Told of each request that was sent, once it is over. */
  readonly onExchange?: ((event: ExchangeEvent) => void) | undefined;
}

export interface ExchangeEvent {
  /** `failed`: there was no answer, or it was cut short or cannot be the file. */
  readonly status: number | 'failed';
  /** From the dispatch, a wait for a free connection included, to the end of the body. */
  readonly seconds: number;
  /** Of the body, as far as it came. */
  readonly bytes: number;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: WantedBody;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body is the file, or what lacked of it, and in the sink. */
  readonly isWanted: boolean;
  /** Of a wanted body, in bytes: of the whole file. */
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
  request: ExchangeRequest,
  context: HttpContext,
  deadline: Deadline,
): Promise<Answer> {
  const receiver = new Receiver(request, context, deadline);
  const { signal } = deadline;
  const onAbort = () => receiver.stop(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    const answer = await send(request, context, receiver);
    await receiver.body?.finish();
    return answer;
  } catch (error) {
    await receiver.body?.abandon(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    deadline.endWatch();
  }
}

async function send(request: ExchangeRequest, context: HttpContext, receiver: Receiver): Promise<Answer> {
  const { url, method, headers } = request;
  const { idle } = context.timeouts;
  const limits = { headersTimeout: idle, bodyTimeout: idle };
  const start = performance.now();
  let status: ExchangeEvent['status'] = 'failed';
  context.traffic.requests++;
  context.dispatcher.dispatch(
    { origin: url.origin, path: url.pathname + url.search, method, headers, ...limits },
    receiver,
  );
  try {
    const answer = await receiver.answer;
    status = answer.status;
    return answer;
  } finally {
    const seconds = (performance.now() - start) / 1000;
    context.onExchange?.({ status, seconds, bytes: receiver.bytes });
  }
}

/** Settles once; what undici reports afterwards of a request that was stopped is ignored. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #context: HttpContext;
  readonly #deadline: Deadline;
  readonly #settled = Promise.withResolvers<Answer>();
  readonly #start: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #stopped: { readonly reason: unknown } | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #body: IncomingBody | undefined;
  #bytes = 0;

  constructor(request: ExchangeRequest, context: HttpContext, deadline: Deadline) {
    this.#request = request;
    this.#context = context;
    this.#deadline = deadline;
  }

  get answer(): Promise<Answer> {
    return this.#settled.promise;
  }

  /** What is wanted of the answer, once that has begun. */
  get body(): IncomingBody | undefined {
    return this.#body;
  }

  /** Of this answer's body, so far. */
  get bytes(): number {
    return this.#bytes;
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
    const { url, body: wanted } = this.#request;
    const body = beginBody({ url, status, headers }, wanted);
    if (body instanceof HttpFailure) this.stop(body);
    else if (body !== undefined) {
      this.#body = body;
      this.#deadline.watchRate(() => body.received, this.#context.traffic);
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stopped !== undefined) return;
    this.#context.traffic.bytes += chunk.length;
    this.#bytes += chunk.length;
    if (this.#body === undefined) this.#takeUnwanted(chunk);
    else this.#takeBody(controller, this.#body, chunk);
  }

  /** Only after as many bytes as were announced: undici holds HTTP/1.1 and HTTP/2 to the Content-Length. */
  onResponseEnd(): void {
    const failure = this.#body?.ended();
    if (failure === undefined) this.#complete();
    else this.#settled.reject(failure);
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#stopped !== undefined) return;
    if (this.#status === 0) this.stop(networkFailure(error));
    else if (this.#body !== undefined) this.stop(this.#body.cutShort(this.#stall(error), error));
    // Another status has said what matters: a cut explanation changes nothing.
    else this.#complete();
  }

  #complete(): void {
    this.#settled.resolve({
      status: this.#status,
      headers: this.#headers,
      isWanted: this.#body !== undefined,
      size: this.#body?.received ?? 0,
      start: Buffer.concat(this.#start).subarray(0, START_BYTES),
    });
  }

  #takeBody(controller: Dispatcher.DispatchController, body: IncomingBody, chunk: Buffer): void {
    const failure = body.check(chunk);
    if (failure !== undefined) this.stop(failure);
    else if (!body.sink.write(chunk)) {
      controller.pause();
      body.sink.drained().then(
        () => controller.resume(),
        (error: unknown) => this.stop(error),
      );
    }
  }

  #takeUnwanted(chunk: Buffer): void {
    if (this.#bytes - chunk.length < START_BYTES) this.#start.push(chunk);
    if (this.#bytes <= DRAIN_BYTES) return;
    this.#complete();
    this.stop(new HttpFailure('TOO_LARGE', 'an answer that nobody wants to its end'));
  }

  #stall(cause: unknown): string {
    return isBodyTimeout(cause) ? `, then nothing for ${this.#context.timeouts.idle / 1000} s` : '';
  }
}

/** undici wants an error; what we reject with is the reason as it is. */
function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
