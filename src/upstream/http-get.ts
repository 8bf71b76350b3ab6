/**
 * One GET to its end: redirects are followed here rather than by undici, which would carry our headers to other hosts,
 * and only the file, or the rest of it that was asked for, is success. It knows nothing of modules. Whatever the server
 * does, it ends in time.
 */
import { type SecretHeaders, secretsOf } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { type Answer, exchange, type HttpContext } from './exchange.ts';
import { HttpFailure } from './failure.ts';
import type { WantedBody } from './incoming-body.ts';
import { isRedirect, RedirectChain } from './redirects.ts';
import { contentLength } from './resume.ts';
import { statusFailure } from './status.ts';

export interface GetRequest extends WantedBody {
  /** HEAD asks for the size alone; default GET. */
  readonly method?: 'GET' | 'HEAD' | undefined;
  readonly url: URL;
  /** Sent to the origin of `url` only. */
  readonly secretHeaders: SecretHeaders;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the size of the file, in bytes, as announced where the method is HEAD. Throws HttpFailure, the signal's
 * reason, or the sink's error.
 */
export async function httpGet(request: GetRequest, context: HttpContext): Promise<number> {
  const { signal, resume, method = 'GET' } = request;
  const deadline = new Deadline(context.timeouts, signal);
  let chain = new RedirectChain(request.url);
  try {
    for (;;) {
      const headers = headersFor(chain.url, request, context);
      const answer = await exchange({ method, url: chain.url, headers, body: request }, context, deadline);
      if (answer.isWanted) return method === 'GET' ? answer.size : announcedSize(answer);
      if (isRedirect(answer.status)) chain.follow(answer.headers.location);
      else if (resume?.isRefusedBy(answer.status)) chain = new RedirectChain(request.url);
      else throw statusFailure(answer, Date.now(), secretsIn(request, chain.url));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof HttpFailure ? error.with(chain.suffix) : error;
  } finally {
    deadline.end();
  }
}

function announcedSize({ headers }: Answer): number {
  const length = contentLength(headers);
  if (length === undefined) throw new HttpFailure('REJECTED', 'no size is announced');
  return length;
}

/** A server that was led to may repeat what the one before it was told. */
function secretsIn({ url, secretHeaders }: GetRequest, asked: URL): string[] {
  return [...secretsOf(url, secretHeaders), ...secretsOf(asked, {})];
}

function headersFor(url: URL, request: GetRequest, context: HttpContext): Record<string, string> {
  const secrets = url.origin === request.url.origin ? request.secretHeaders : {};
  const range = request.resume?.headers;
  return { 'user-agent': context.userAgent, ...secrets, ...range, 'accept-encoding': 'identity' };
}
