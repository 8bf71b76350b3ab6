/**
 * How a cut download goes on: its rest is asked for by Range, on the condition (If-Range) that the file is the same
 * still. Whatever is not exactly that rest makes the download begin anew, so that a file is never put together from
 * two. The whole is hashed afterwards all the same. Source: RFC 9110, sections 8.8.2.2, 13.1.5, 14.4 and 15.3.7.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** Bytes. Less than this costs no more to bring again than a question for the rest may go wrong. */
export const LEAST_PART = 64 << 10;
/** Milliseconds by which a Date must be later than a Last-Modified: nobody changed the file within one tick since. */
const CLOCK_MARGIN = 60_000;

const KEEPING: readonly number[] = [404, 410, 408, 429, 502, 503, 504];

/** Who answered, and with what. */
export interface AnswerHead {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** The start of a file, cut off where it lies. */
export interface Part {
  /** Bytes. */
  readonly size: number;
  /** Bytes of the whole file, where they were announced. */
  readonly total: number | undefined;
  /** What must still be true of the file: a strong entity tag, or a date. */
  readonly validator: string;
  /** A validator says something of one place only: where it came from, without the query that may be signed. */
  readonly place: string;
}

/** What the tries of one file at one upstream hand on to one another. */
export class Resume {
  #part: Part | undefined;

  get part(): Part | undefined {
    return this.#part;
  }

  /** The headers that ask for the rest; none where the file is asked for from its start. */
  get headers(): Readonly<Record<string, string>> {
    if (this.#part === undefined) return {};
    return { range: `bytes=${this.#part.size}-`, 'if-range': this.#part.validator };
  }

  /** The next request asks for what comes after `part`; undefined: for the whole file. */
  keep(part: Part | undefined): void {
    this.#part = part;
  }

  /**
   * Whether an answer may be to the Range rather than to the file: then the next request asks for the whole file.
   * That a server is busy, or has no such file, it would say of the whole as well.
   */
  isRefusedBy(status: number): boolean {
    if (this.#part === undefined || KEEPING.includes(status)) return false;
    this.#part = undefined;
    return true;
  }
}

/** What a body that was cut after `size` bytes leaves to go on from; undefined where nothing vouches for its rest. */
export function partOf({ url, headers }: AnswerHead, size: number): Part | undefined {
  const total = contentLength(headers);
  const validator = validatorOf(headers);
  if (validator === undefined || size < LEAST_PART || size === total) return undefined;
  return { size, total, validator, place: placeOf(url) };
}

/** Whether a 206 is the rest of `part`, all of it and nothing else. */
export function isRestOf(part: Part, { url, status, headers }: AnswerHead): boolean {
  const total = totalOfRest(headers);
  const range = `bytes ${part.size}-${(total ?? 0) - 1}/${total}`;
  return (
    status === 206 &&
    total !== undefined &&
    headers['content-range'] === range &&
    total === (part.total ?? total) &&
    (contentLength(headers) ?? total - part.size) === total - part.size &&
    isSame(part.validator, headers) &&
    placeOf(url) === part.place
  );
}

/** Bytes of the whole file, as a Content-Range says. */
export function totalOfRest(headers: IncomingHttpHeaders): number | undefined {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

export function contentLength(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['content-length'];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** A weak entity tag allows neither itself nor a date (13.1.5). */
function validatorOf(headers: IncomingHttpHeaders): string | undefined {
  const { etag, date, 'last-modified': modified } = headers;
  if (headers['accept-ranges'] === 'none') return undefined;
  if (etag !== undefined) return isEntityTag(etag) ? etag : undefined;
  if (modified === undefined || date === undefined) return undefined;
  return Date.parse(date) - Date.parse(modified) >= CLOCK_MARGIN ? modified : undefined;
}

/** A 206 need not repeat the validator; if it does, it must be the same. */
function isSame(validator: string, { etag, 'last-modified': modified }: IncomingHttpHeaders): boolean {
  if (isEntityTag(validator)) return (etag ?? validator) === validator;
  return etag === undefined && (modified ?? validator) === validator;
}

function isEntityTag(value: string): boolean {
  return /^"[\x21\x23-\x7e]*"$/.test(value);
}

function placeOf({ origin, pathname }: URL): string {
  return origin + pathname;
}
