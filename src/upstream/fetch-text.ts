/**
 * A text file from any URL, as a seed's go.sum: by the same rules for redirects, credentials, certificates, retries
 * and pages in place of files as the upstreams, but apart from their counts. Its identity in messages is the redacted URL.
 */
import { UpstreamError } from '../errors.ts';
import { MemorySink } from './body.ts';
import { basicAuthOf, type SecretHeaders, secretHeaders } from './credentials.ts';
import { Dispatchers, type ProxyEnvironment } from './dispatchers.ts';
import type { HttpContext } from './exchange.ts';
import { HttpFailure, toUpstreamError } from './failure.ts';
import { httpGet } from './http-get.ts';
import { parseNetrc } from './netrc.ts';
import { redactUrl } from './redact.ts';
import { DEFAULT_TRIES, type RetryEvent, type RetryOptions, withTries } from './retry.ts';
import { type Timeouts, withDefaults } from './timeouts.ts';
import { Traffic } from './traffic.ts';

export interface FetchTextOptions {
  readonly userAgent: string;
  /** Sent to the URL's origin only; names in any case. */
  readonly headers?: SecretHeaders | undefined;
  /** Certificates in PEM, trusted besides the system's. */
  readonly ca?: string | undefined;
  readonly maxBytes: number;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Tries in all; default 5. */
  readonly retries?: number | undefined;
  readonly netrc?: string | undefined;
  readonly env?: ProxyEnvironment | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  readonly random?: RetryOptions['random'];
  readonly sleep?: RetryOptions['sleep'];
}

/** Throws UpstreamError `<redacted URL>: <what failed>: <cause>`, or the reason of the aborted signal. */
export async function fetchText(url: URL, options: FetchTextOptions): Promise<string> {
  const timeouts = withDefaults(options.timeouts);
  const dispatchers = new Dispatchers({
    connections: 1,
    connectTimeout: timeouts.connect,
    env: options.env ?? {},
  });
  try {
    return await read(url, options, {
      dispatcher: dispatchers.for(options.ca),
      timeouts,
      userAgent: options.userAgent,
      traffic: new Traffic(),
    });
  } catch (error) {
    throw error instanceof HttpFailure ? toUpstreamError(redactUrl(url), error) : error;
  } finally {
    await dispatchers.close();
  }
}

async function read(url: URL, options: FetchTextOptions, context: HttpContext): Promise<string> {
  const { maxBytes, signal = new AbortController().signal, onRetry, random, sleep } = options;
  let sink = new MemorySink();
  const request = {
    url: withoutUser(url),
    secretHeaders: credentials(url, options),
    maxBytes,
    signal,
    sink: () => {
      sink = new MemorySink();
      return sink;
    },
  };
  const retry = { tries: options.retries ?? DEFAULT_TRIES, random, sleep };
  await withTries(() => httpGet(request, context), retry, { signal, onRetry });
  return sink.bytes.toString('utf8');
}

function credentials(url: URL, options: FetchTextOptions): SecretHeaders {
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  try {
    const netrc = parseNetrc(options.netrc ?? '');
    return secretHeaders(url, Object.fromEntries(headers), basicAuthOf(url), netrc);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    const message = `${redactUrl(url)}: rejected: its user name or password has a broken % escape`;
    throw new UpstreamError('REJECTED', message);
  }
}

function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}
