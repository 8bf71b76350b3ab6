/**
 * The list of upstreams as a person writes it: GOPROXY's own syntax, or a list whose elements are that or an object.
 * What comes out is ready to use and holds secrets apart from names: `name` may be shown, `auth` and `headers` never.
 * Sources: `go help goproxy` and proxyList in cmd/go/internal/modfetch.
 */
import { X509Certificate } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isAbsolute } from 'node:path';
import { ConfigError, ModuleError } from '../errors.ts';
import { type Pattern, parsePatterns } from '../gomod/pattern.ts';
import { type BasicAuth, basicAuthOf, type SecretHeaders } from './credentials.ts';
import { redactUrl } from './redact.ts';

/** After `,` only "not found" goes on to the next entry, after `|` any failure does. */
export type FallbackRule = ',' | '|';

export interface UpstreamEntry {
  /** Without user information and fragment; its path has no slash at the end. A query is kept, as it may be a key. */
  readonly url: URL;
  /** The redacted URL, for messages and the ledger. */
  readonly name: string;
  /** What moves on from this entry to the one after it. */
  readonly fallback: FallbackRule;
  readonly headers: SecretHeaders;
  readonly auth?: BasicAuth;
  /** Certificates in PEM, trusted besides the system's. */
  readonly ca?: string;
  /** Only modules that match are asked for here. */
  readonly only?: readonly Pattern[];
  /** Modules that match are never asked for here. */
  readonly except?: readonly Pattern[];
}

/** The object form of an element. `ca` is PEM text; patterns are as in GOPRIVATE. */
export interface UpstreamSpec {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly ca?: string | undefined;
  readonly only?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
}

export interface UpstreamList {
  /** At least one. */
  readonly entries: readonly UpstreamEntry[];
  /** `direct` or `off`, and the names of whatever came after it: a mirror asks proxies only. */
  readonly dropped: readonly string[];
}

/** An element before its URL is read, and the configuration field to name in an error. */
interface Element {
  readonly field: string;
  readonly text: string;
  readonly fallback: FallbackRule;
  readonly spec?: UpstreamSpec;
}

/**
 * Reads `spec`, whose elements join as with `,`. Throws ConfigError: CONFIG_INVALID names the field (`field`, by
 * default `upstream`), NO_UPSTREAM where no entry is left.
 */
export function parseUpstreams(
  spec: string | readonly (string | UpstreamSpec)[],
  field = 'upstream',
): UpstreamList {
  const elements = typeof spec === 'string' ? splitProxyList(spec, field) : listElements(spec, field);
  const end = elements.findIndex(({ text }) => text === 'direct' || text === 'off');
  const used = end < 0 ? elements : elements.slice(0, end);
  const dropped = end < 0 ? [] : elements.slice(end).map(({ text }) => displayName(text));
  const entries = used.map(parseElement);
  if (entries.length === 0) {
    const left = dropped.length === 0 ? 'the list is empty' : `only ${dropped.join(', ')}`;
    const hint = 'name a GOPROXY server, for example https://goproxy.cn';
    throw new ConfigError('NO_UPSTREAM', `${field}: no server to fetch from: ${left}`, { hint });
  }
  return { entries, dropped };
}

function listElements(spec: readonly (string | UpstreamSpec)[], field: string): Element[] {
  return spec.flatMap((element, index): Element[] => {
    const name = `${field}[${index}]`;
    if (typeof element === 'string') return splitProxyList(element, name);
    return [{ field: name, text: element.url.trim(), fallback: ',', spec: element }];
  });
}

/** Splits GOPROXY syntax. Empty elements are skipped, as Go does. */
function splitProxyList(list: string, field: string): Element[] {
  return Array.from(list.matchAll(/([^,|]*)([,|]?)/g), ([, text = '', separator]): Element => {
    return { field, text: text.trim(), fallback: separator === '|' ? '|' : ',' };
  }).filter(({ text }) => text !== '');
}

function parseElement({ field, text, fallback, spec }: Element): UpstreamEntry {
  const urlField = spec === undefined ? field : `${field}.url`;
  const parsed = parseUrl(text, urlField);
  const auth = readAuth(parsed, urlField);
  const url = withoutCredentials(parsed);
  return {
    url,
    name: redactUrl(url),
    fallback,
    headers: readHeaders(spec?.headers ?? {}, `${field}.headers`),
    ...(auth === undefined ? {} : { auth }),
    ...(spec?.ca === undefined ? {} : { ca: checkedCertificates(spec.ca, `${field}.ca`) }),
    ...(spec?.only === undefined ? {} : { only: readPatterns(spec.only, `${field}.only`) }),
    ...(spec?.except === undefined ? {} : { except: readPatterns(spec.except, `${field}.except`) }),
  };
}

function parseUrl(text: string, field: string): URL {
  const url = URL.parse(withScheme(text));
  if (url === null) throw invalid(field, 'not a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(field, `${displayName(text)} is neither https nor http`);
  }
  return url;
}

/** As Go does: a text with a dot, colon or slash that is no URL and no file path is a host name for https. */
function withScheme(text: string): string {
  const isHost = /[.:/]/.test(text) && !text.includes(':/') && !isAbsolute(text);
  return isHost ? `https://${text}` : text;
}

function readAuth(url: URL, field: string): BasicAuth | undefined {
  try {
    return basicAuthOf(url);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw invalid(field, 'its user name or password has a broken % escape');
  }
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  bare.pathname = bare.pathname.replace(/\/+$/, '');
  return bare;
}

function readHeaders(headers: Readonly<Record<string, string>>, field: string): SecretHeaders {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      // Node's error quotes the value, which may be a password; the name is enough to find it.
      throw invalid(`${field}[${JSON.stringify(name)}]`, 'not a valid header');
    }
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(entries);
}

function checkedCertificates(pem: string, field: string): string {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (certificates === null) throw invalid(field, 'no PEM certificate in it');
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw invalid(field, `certificate ${index + 1} cannot be read`, error);
    }
  }
  return pem;
}

function readPatterns(patterns: readonly string[], field: string): readonly Pattern[] {
  try {
    return parsePatterns(patterns.join(','));
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw invalid(field, error.message, error);
  }
}

function displayName(text: string): string {
  return text === 'direct' || text === 'off' ? text : redactUrl(withScheme(text));
}

function invalid(field: string, problem: string, cause?: unknown): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${field}: ${problem}`, { cause });
}
