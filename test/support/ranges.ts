/**
 * How the upstream of the tests answers a Range: as RFC 9110 says (If-Range included), or wrong in one of the ways of
 * real servers, caches and filters.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What vouches for a body: a strong entity tag, a weak one, a Last-Modified of long ago or of this moment, or nothing. */
export type Validator = 'strong' | 'weak' | 'date' | 'new date' | 'none';

/** Instead of the rest that was asked for. A number is a status. */
export type RangeFault =
  | number
  /** Status 200 and the whole. */
  | 'ignored'
  /** From one byte earlier, as its Content-Range says. */
  | 'early'
  /** Bytes from one earlier, though its Content-Range says what was asked for. */
  | 'lying'
  /** Half of it, as its Content-Range says. */
  | 'half'
  /** Half of it with the Content-Range of all, and a proper end. */
  | 'ending'
  /** Of a file that is a byte longer. */
  | 'longer'
  /** Of a total that is not told. */
  | 'of unknown total'
  /** Without a Content-Range. */
  | 'unnamed'
  /** Under another entity tag. */
  | 'retagged'
  /** In parts with headers of their own. */
  | 'multipart'
  /** Said to be compressed. */
  | 'compressed'
  /** With status 206 though nobody asked for a part. */
  | 'unasked';

export interface Whole {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const LONG_AGO = 'Tue, 02 Jan 2024 03:04:05 GMT';

/** The answer with status 200, or what stands in for it. */
export function answerOfFile(
  body: Buffer,
  asked: IncomingHttpHeaders,
  validator: Validator,
  fault: RangeFault | undefined,
): Whole {
  const headers = { 'accept-ranges': 'bytes', ...validatorOf(body, validator) };
  if (fault === 'unasked') return partial(body, 0, headers, undefined);
  const from = startOf(asked, headers);
  if (from === undefined || fault === 'ignored') return { status: 200, headers, body };
  if (typeof fault === 'number') return { status: fault, headers: {}, body: Buffer.from('no part\n') };
  if (from >= body.length) {
    return { status: 416, headers: { 'content-range': `bytes */${body.length}` }, body: Buffer.alloc(0) };
  }
  return partial(body, from, headers, fault);
}

/** Where the rest that is asked for begins; undefined: the whole is. */
function startOf(asked: IncomingHttpHeaders, ours: Readonly<Record<string, string>>): number | undefined {
  const start = /^bytes=(\d+)-$/.exec(asked.range ?? '')?.[1];
  const condition = asked['if-range'];
  const holds = condition === undefined || condition === ours.etag || condition === ours['last-modified'];
  return start === undefined || !holds ? undefined : Number(start);
}

function partial(
  body: Buffer,
  from: number,
  headers: Readonly<Record<string, string>>,
  fault: RangeFault | undefined,
): Whole {
  const total = body.length;
  const half = Math.floor((from + total) / 2);
  const named = (first: number, last: number, of: number | '*') => ({
    ...headers,
    'content-range': `bytes ${first}-${last}/${of}`,
  });
  const right = { status: 206, headers: named(from, total - 1, total), body: body.subarray(from) };
  switch (fault) {
    case 'early':
      return { ...right, headers: named(from - 1, total - 1, total), body: body.subarray(from - 1) };
    case 'lying':
      return { ...right, body: body.subarray(from - 1, -1) };
    case 'half':
      return { ...right, headers: named(from, half - 1, total), body: body.subarray(from, half) };
    case 'ending':
      return { ...right, body: body.subarray(from, half) };
    case 'longer':
      return {
        ...right,
        headers: named(from, total, total + 1),
        body: Buffer.concat([right.body, Buffer.of(0)]),
      };
    case 'of unknown total':
      return { ...right, headers: named(from, total - 1, '*') };
    case 'unnamed':
      return { ...right, headers };
    case 'retagged':
      return { ...right, headers: { ...right.headers, etag: '"another"' } };
    case 'multipart':
      return { ...right, headers: { ...headers, 'content-type': 'multipart/byteranges; boundary=x' } };
    case 'compressed':
      return { ...right, headers: { ...right.headers, 'content-encoding': 'gzip' } };
    default:
      return right;
  }
}

function validatorOf(body: Buffer, validator: Validator): Record<string, string> {
  const tag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
  switch (validator) {
    case 'strong':
      return { etag: tag, 'last-modified': LONG_AGO };
    case 'weak':
      return { etag: `W/${tag}`, 'last-modified': LONG_AGO };
    case 'date':
      return { 'last-modified': LONG_AGO };
    case 'new date':
      return { 'last-modified': new Date().toUTCString() };
    case 'none':
      return {};
  }
}
