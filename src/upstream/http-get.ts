/**
 * One GET to its end: redirects are followed here rather than by undici, which would carry our headers to other hosts,
 * and only status 200 is success. It knows nothing of modules. Whatever the server does, it ends in time.
 */
import type { BodySink } from './body.ts';
import { type SecretHeaders, secretsOf } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { type Answer, exchange, type HttpContext } from './exchange.ts';
import { HttpFailure } from './failure.ts';
import { isRedirect, RedirectChain } from './redirects.ts';
import { statusFailure } from './status.ts';

export interface GetRequest {
  /** HEAD asks for the size alone; default GET. */
  readonly method?: 'GET' | 'HEAD' | undefined;
  readonly url: URL;
  /** Sent to the origin of `url` only. */
  readonly secretHeaders: SecretHeaders;
  readonly maxBytes: number;
  /** Any byte may be its first; default: what begins with `<` is taken for a page. */
  readonly binary?: boolean | undefined;
  /** Makes the empty place for the body, which holds something after a status of 200 only. */
  readonly sink: () => BodySink | Promise<BodySink>;
  readonly signal: AbortSignal;
}

/** Resolves with the size of the body, in bytes, as announced where the method is HEAD. Throws HttpFailure, the signal's reason, or the sink's error. */
export async function httpGet(request: GetRequest, context: HttpContext): Promise<number> {
  const { signal, maxBytes, binary, method = 'GET' } = request;
  const body = { sink: await request.sink(), maxBytes, binary };
  const deadline = new Deadline(context.timeouts, signal);
  const chain = new RedirectChain(request.url);
  try {
    for (;;) {
      const answer = await exchange(
        method,
        chain.url,
        headersFor(chain.url, request, context),
        body,
        context,
        deadline,
      );
      if (answer.status === 200) return method === 'GET' ? answer.size : announcedSize(answer);
      if (!isRedirect(answer.status)) throw statusFailure(answer, Date.now(), secretsIn(request, chain.url));
      chain.follow(answer.headers.location);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof HttpFailure ? error.with(chain.suffix) : error;
  } finally {
    deadline.end();
  }
}

function announcedSize({ headers }: Answer): number {
  const length = headers['content-length'];
  if (length === undefined || !/^\d+$/.test(length))
    throw new HttpFailure('REJECTED', 'no size is announced');
  return Number(length);
}

/** A server that was led to may repeat what the one before it was told. */
function secretsIn({ url, secretHeaders }: GetRequest, asked: URL): string[] {
  return [...secretsOf(url, secretHeaders), ...secretsOf(asked, {})];
}

function headersFor(url: URL, request: GetRequest, context: HttpContext): Record<string, string> {
  const secrets = url.origin === request.url.origin ? request.secretHeaders : {};
  return { 'user-agent': context.userAgent, ...secrets, 'accept-encoding': 'identity' };
}
