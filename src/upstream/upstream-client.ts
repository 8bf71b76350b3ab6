/**
 * One upstream: where it is, how to prove ourselves to it, how often to try, and when to give it up. It fetches paths
 * below its base; which module they belong to is the business of its caller.
 */
import type { BodySink } from './body.ts';
import { CIRCUIT_LIMIT, Circuit } from './circuit.ts';
import type { SecretHeaders } from './credentials.ts';
import type { HttpContext } from './exchange.ts';
import { HttpFailure } from './failure.ts';
import { httpGet } from './http-get.ts';
import type { UpstreamEntry } from './proxy-list.ts';
import { Resume } from './resume.ts';
import { type RetryEvent, type RetryOptions, withTries } from './retry.ts';

export interface ClientGet {
  /** Below the base, escaped for the file system: `example.com/!me/@v/v1.0.0.mod`. */
  readonly path: string;
  readonly method?: 'GET' | 'HEAD' | undefined;
  readonly maxBytes: number;
  readonly binary?: boolean | undefined;
  /** Makes the place for the body once an answer brings it: what lies before the byte `from` stays, the rest goes. */
  readonly sink: (from: number) => BodySink;
  /** A try goes on where the one before was cut, if the upstream lets it; default: each begins anew, with `from` 0. */
  readonly resumable?: boolean | undefined;
  /** What the circuit counts by: a module version, or the path. */
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly onRetry: (event: RetryEvent) => void;
}

export class UpstreamClient {
  readonly entry: UpstreamEntry;
  readonly #headers: SecretHeaders;
  readonly #context: () => HttpContext;
  readonly #retry: RetryOptions;
  readonly #circuit = new Circuit();

  /** `headers` hold the credentials; `context` is asked for at each request, so that nothing is opened before. */
  constructor(entry: UpstreamEntry, headers: SecretHeaders, context: () => HttpContext, retry: RetryOptions) {
    this.entry = entry;
    this.#headers = headers;
    this.#context = context;
    this.#retry = retry;
  }

  /** Resolves with the size of the body, in bytes. Throws HttpFailure, the signal's reason, or the sink's error. */
  async get(request: ClientGet): Promise<number> {
    const circuit = this.#circuit;
    if (circuit.open) {
      throw new HttpFailure('UNAVAILABLE', `given up after ${CIRCUIT_LIMIT} module versions in a row failed`);
    }
    const url = joinUrl(this.entry.url, request.path);
    const resume = request.resumable ? new Resume() : undefined;
    const attempt = () => httpGet({ ...request, url, secretHeaders: this.#headers, resume }, this.#context());
    const { signal } = request;
    const onRetry = (event: RetryEvent) => request.onRetry({ ...event, from: resume?.part?.size });
    try {
      const size = await withTries(attempt, this.#retry, { signal, onRetry, stop: () => circuit.open });
      circuit.answered();
      return size;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const unanswered = error.code === 'UNAVAILABLE' || error.code === 'TRUNCATED';
      if (unanswered) circuit.failed(request.subject);
      else circuit.answered();
      throw error;
    }
  }
}

/** On the wire `!` is `%21`, as the Go command sends it: some servers and caches know only that. */
export function joinUrl(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}/${path.replaceAll('!', '%21')}`;
  return url;
}
