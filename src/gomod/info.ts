/**
 * The `.info` file of a module version. No hash covers it, so what an upstream sends is only checked for its shape,
 * and what we publish is our own text with known fields in a fixed order.
 * Source: RevInfo and Origin in cmd/go/internal/modfetch.
 */
import type { ModuleVersion } from './module-version.ts';
import { quote } from './text.ts';
import type { Version } from './version.ts';

export interface ModuleInfo {
  readonly version: Version;
  /** Commit time in RFC 3339, as the upstream wrote it. */
  readonly time?: string;
  readonly origin?: Origin;
}

/** Where the version came from, as an upstream claims. */
export interface Origin {
  readonly vcs?: string;
  /** http or https, without user, password, query and fragment. */
  readonly url?: string;
  readonly subdir?: string;
  readonly hash?: string;
  readonly ref?: string;
}

export type InfoResult =
  | { readonly ok: true; readonly info: ModuleInfo }
  | { readonly ok: false; readonly reason: string };

const LONGEST_TIME = 64;
/** Room for a URL, a Git ref or a folder of any real repository. */
const LONGEST_TEXT = 2048;
const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const UNPRINTABLE = /\p{C}/u;

/**
 * Reads an upstream's `.info` for `mv`. It must be a JSON object whose `Version` is the one asked for and whose `Time`,
 * if any, is an RFC 3339 instant that Go reads. An `Origin` that is not plainly harmless is left out: no build needs it.
 */
export function parseInfo(text: string, mv: ModuleVersion): InfoResult {
  const value = parseObject(text);
  if (value === undefined) return refuse('not a JSON object');
  const { Version: version, Time: time } = value;
  if (typeof version !== 'string') return refuse('no Version');
  if (version !== mv.version) return refuse(`the Version is ${quote(version)}`);
  const origin = readOrigin(value.Origin);
  const info: ModuleInfo = { version: mv.version, ...(origin === undefined ? {} : { origin }) };
  if (time === undefined || time === null) return { ok: true, info };
  if (typeof time !== 'string' || !isRfc3339(time))
    return refuse('the Time is not an RFC 3339 date and time');
  return { ok: true, info: { ...info, time } };
}

/** The bytes we publish: `{"Version":…,"Time":…,"Origin":{…}}`. The same info always gives the same text. */
export function formatInfo(info: ModuleInfo): string {
  const { version, time, origin } = info;
  return JSON.stringify({
    Version: version,
    Time: time,
    Origin: origin && {
      VCS: origin.vcs,
      URL: origin.url,
      Subdir: origin.subdir,
      Hash: origin.hash,
      Ref: origin.ref,
    },
  });
}

function refuse(reason: string): InfoResult {
  return { ok: false, reason };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isObject(value) ? value : undefined;
}

/** Go knows no leap seconds and no 30 February: the date must come back as it was written. */
function isRfc3339(text: string): boolean {
  const dateTime = text.length > LONGEST_TIME ? undefined : RFC3339.exec(text)?.[1];
  if (dateTime === undefined) return false;
  const time = new Date(`${dateTime}Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString() === `${dateTime}.000Z`;
}

function readOrigin(value: unknown): Origin | undefined {
  if (!isObject(value)) return undefined;
  const { VCS, URL: address, Subdir, Hash, Ref } = value;
  if (![VCS, address, Subdir, Hash, Ref].every(isAbsentOrSane)) return undefined;
  const url = typeof address === 'string' ? plainUrl(address) : undefined;
  if (address !== undefined && url === undefined) return undefined;
  const known = { vcs: VCS, url, subdir: Subdir, hash: Hash, ref: Ref };
  const present = Object.entries(known).filter(([, text]) => typeof text === 'string');
  return present.length === 0 ? undefined : Object.fromEntries(present);
}

function isAbsentOrSane(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'string') return false;
  return value !== '' && value.length <= LONGEST_TEXT && !UNPRINTABLE.test(value);
}

function plainUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href.length <= LONGEST_TEXT ? url.href : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
