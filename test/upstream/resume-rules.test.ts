/** The rules of what may be gone on with, and of what is its rest: one wrong header at a time. */
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isRestOf, LEAST_PART, type Part, partOf, Resume } from '../../src/upstream/resume.ts';

const url = new URL('https://proxy.example/m.zip?signature=1');
const TOTAL = 300_000;
const LONG_AGO = 'Tue, 02 Jan 2024 03:04:05 GMT';

describe('a cut body', () => {
  const left = (headers: IncomingHttpHeaders, size = 100_000) => partOf({ url, status: 200, headers }, size);
  const tagged = { 'content-length': `${TOTAL}`, etag: '"t"' };

  it('leaves its size, its total, what vouches for it and where it came from, without the query', () => {
    expect(left(tagged)).toEqual({
      size: 100_000,
      total: TOTAL,
      validator: '"t"',
      place: 'https://proxy.example/m.zip',
    });
  });

  it.each<[string, IncomingHttpHeaders, string]>([
    ['a strong entity tag', { etag: '"t"', 'last-modified': LONG_AGO, date: LONG_AGO }, '"t"'],
    ['an empty entity tag', { etag: '""' }, '""'],
    [
      'a date a minute before the answer',
      { 'last-modified': LONG_AGO, date: 'Tue, 02 Jan 2024 03:05:05 GMT' },
      LONG_AGO,
    ],
  ])('is vouched for by %s', (_, headers, validator) => {
    expect(left(headers)).toMatchObject({ validator, total: undefined });
  });

  it.each<[string, IncomingHttpHeaders]>([
    ['a weak entity tag', { etag: 'W/"t"' }],
    [
      'a date beside a weak entity tag',
      { etag: 'W/"t"', 'last-modified': LONG_AGO, date: 'Wed, 03 Jan 2024 03:04:05 GMT' },
    ],
    ['an entity tag without quotes', { etag: 't' }],
    ['an entity tag that would make two headers', { etag: '"t"\r\nx: "y"' }],
    [
      'a date less than a minute before the answer',
      { 'last-modified': LONG_AGO, date: 'Tue, 02 Jan 2024 03:05:04 GMT' },
    ],
    ['a date without one of the answer', { 'last-modified': LONG_AGO }],
    ['no date at all', { 'last-modified': 'yesterday', date: LONG_AGO }],
    ['nothing', {}],
    ['a server that sends no parts', { etag: '"t"', 'accept-ranges': 'none' }],
  ])('is not vouched for by %s', (_, headers) => {
    expect(left(headers)).toBeUndefined();
  });

  it('is not worth going on with below 64 KiB, nor where nothing lacks', () => {
    expect(left(tagged, LEAST_PART - 1)).toBeUndefined();
    expect(left(tagged, LEAST_PART)).toMatchObject({ size: LEAST_PART });
    expect(left(tagged, TOTAL)).toBeUndefined();
  });
});

describe('the rest', () => {
  const part: Part = { size: 100_000, total: TOTAL, validator: '"t"', place: 'https://proxy.example/m.zip' };
  const right = { 'content-range': 'bytes 100000-299999/300000', 'content-length': '200000', etag: '"t"' };
  const verdict = (headers: IncomingHttpHeaders, of = part, status = 206, from = url) =>
    isRestOf(of, { url: from, status, headers });

  it.each<[string, IncomingHttpHeaders, Part]>([
    ['what was asked for', right, part],
    ['the same without an entity tag', { ...right, etag: undefined }, part],
    ['the same without a length', { ...right, 'content-length': undefined }, part],
    ['what is the first to tell the total', right, { ...part, total: undefined }],
    [
      'what has the same date',
      { ...right, etag: undefined, 'last-modified': LONG_AGO },
      { ...part, validator: LONG_AGO },
    ],
  ])('is %s', (_, headers, of) => {
    expect(verdict(headers, of)).toBe(true);
  });

  it.each<[string, IncomingHttpHeaders]>([
    ['without a Content-Range', { ...right, 'content-range': undefined }],
    [
      'from elsewhere',
      { ...right, 'content-range': 'bytes 99999-299999/300000', 'content-length': undefined },
    ],
    [
      'to elsewhere',
      { ...right, 'content-range': 'bytes 100000-299998/300000', 'content-length': undefined },
    ],
    [
      'of another total',
      { ...right, 'content-range': 'bytes 100000-300000/300001', 'content-length': undefined },
    ],
    ['of a total that is not told', { ...right, 'content-range': 'bytes 100000-299999/*' }],
    ['in another unit', { ...right, 'content-range': 'lines 100000-299999/300000' }],
    ['with more around it', { ...right, 'content-range': 'bytes 100000-299999/300000, bytes 0-1/300000' }],
    ['of another length than its range', { ...right, 'content-length': '200001' }],
    ['with another entity tag', { ...right, etag: '"u"' }],
    ['with an entity tag that is weak now', { ...right, etag: 'W/"t"' }],
  ])('is nothing %s', (_, headers) => {
    expect(verdict(headers)).toBe(false);
  });

  it('has no other date, nor an entity tag where there was none', () => {
    const dated = { ...part, validator: LONG_AGO };
    expect(
      verdict({ ...right, etag: undefined, 'last-modified': 'Wed, 03 Jan 2024 03:04:05 GMT' }, dated),
    ).toBe(false);
    expect(verdict({ ...right, 'last-modified': LONG_AGO }, dated)).toBe(false);
  });

  it('comes with status 206 and from the same place, whatever the query', () => {
    expect(verdict(right, part, 200)).toBe(false);
    expect(verdict(right, part, 206, new URL('https://proxy.example/m.zip?signature=2'))).toBe(true);
    expect(verdict(right, part, 206, new URL('https://other.example/m.zip'))).toBe(false);
    expect(verdict(right, part, 206, new URL('https://proxy.example/n.zip'))).toBe(false);
  });
});

describe('what the tries hand on', () => {
  const part: Part = { size: 100_000, total: TOTAL, validator: '"t"', place: 'p' };

  it('asks for the rest on a condition, or for the whole', () => {
    const resume = new Resume();
    expect(resume.headers).toEqual({});
    resume.keep(part);
    expect(resume.headers).toEqual({ range: 'bytes=100000-', 'if-range': '"t"' });
    resume.keep(undefined);
    expect(resume.headers).toEqual({});
  });

  it.each([200, 206, 304, 400, 403, 412, 416, 500, 501])(
    'is forgotten for a status of %i, once',
    (status) => {
      const resume = new Resume();
      resume.keep(part);
      expect([resume.isRefusedBy(status), resume.part, resume.isRefusedBy(status)]).toEqual([
        true,
        undefined,
        false,
      ]);
    },
  );

  it.each([404, 410, 408, 429, 502, 503, 504])('is kept for a status of %i', (status) => {
    const resume = new Resume();
    resume.keep(part);
    expect([resume.isRefusedBy(status), resume.part]).toEqual([false, part]);
  });
});
