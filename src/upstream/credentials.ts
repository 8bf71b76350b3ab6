/**
 * What proves to a server who we are: the user information of its URL, the headers that were configured for it, and
 * .netrc. All of it is for one origin (scheme, host and port) only; whoever follows a redirect elsewhere drops it.
 */
import { findLogin, type NetrcLogin } from './netrc.ts';

export interface BasicAuth {
  readonly username: string;
  readonly password: string;
}

/** Header names are in lower case. */
export type SecretHeaders = Readonly<Record<string, string>>;

/** The user information of a URL; undefined where it has none. Throws URIError for a broken percent escape. */
export function basicAuthOf(url: URL): BasicAuth | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

/**
 * The headers for `url`'s origin. A configured `authorization` wins, then the URL's user information, then .netrc,
 * which is used over https only: it is for many machines and programs, so that nobody chose to send it in the clear.
 */
export function secretHeaders(
  url: URL,
  headers: SecretHeaders,
  auth: BasicAuth | undefined,
  netrc: readonly NetrcLogin[],
): SecretHeaders {
  if (headers.authorization !== undefined) return headers;
  const chosen = auth ?? (url.protocol === 'https:' ? netrcAuth(url, netrc) : undefined);
  if (chosen === undefined) return headers;
  const token = Buffer.from(`${chosen.username}:${chosen.password}`).toString('base64');
  return { ...headers, authorization: `Basic ${token}` };
}

function netrcAuth(url: URL, netrc: readonly NetrcLogin[]): BasicAuth | undefined {
  const login = findLogin(netrc, url);
  return login && { username: login.login, password: login.password };
}

/** Every text that may be secret in a request, in the forms in which a server might repeat it. */
export function secretsOf(url: URL, headers: SecretHeaders): string[] {
  const values = Object.values(headers).flatMap((value) => [value, ...wordsOf(value)]);
  const known = [...values, url.search.slice(1), ...url.searchParams.values()];
  return [...known, ...known.map((text) => encodeURIComponent(text.toWellFormed()))];
}

/** What follows `Bearer` or `Basic`; of the latter also what it encodes. */
function wordsOf(header: string): string[] {
  const [scheme = '', token = ''] = header.split(' ');
  if (!/^basic$/i.test(scheme)) return [token];
  const pair = Buffer.from(token, 'base64').toString('utf8');
  return [token, pair, pair.slice(pair.indexOf(':') + 1)];
}
