/** Credentials reach the server they are for, and nothing that a person reads. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretHeaders } from '../../src/upstream/credentials.ts';
import { fetchText } from '../../src/upstream/fetch-text.ts';
import { parseNetrc } from '../../src/upstream/netrc.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { everythingIn, M, reader } from './harness.ts';

const SECRET = 's3cret';

let up: UpstreamServer;

beforeEach(async () => {
  up = await startUpstream();
});

afterEach(async () => {
  await up.close();
});

describe('secretHeaders', () => {
  const netrc = parseNetrc('machine a.example login net password rc\n');
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const auth = { username: 'me', password: 'pä:ss' };

  it.each([
    ['nothing where there is nothing', 'https://b.example', {}, undefined, {}],
    ['the user information of the URL', 'https://b.example', {}, auth, { authorization: basic('me:pä:ss') }],
    [
      'the user information before netrc',
      'https://a.example',
      {},
      auth,
      { authorization: basic('me:pä:ss') },
    ],
    ['netrc', 'https://a.example/go', {}, undefined, { authorization: basic('net:rc') }],
    ['no netrc in the clear', 'http://a.example', {}, undefined, {}],
    [
      'a configured header before both',
      'https://a.example',
      { authorization: 'Bearer t' },
      auth,
      { authorization: 'Bearer t' },
    ],
    [
      'other headers besides',
      'https://a.example',
      { 'x-key': 'k' },
      undefined,
      { 'x-key': 'k', authorization: basic('net:rc') },
    ],
  ])('gives %s', (_, url, headers, userInfo, expected) => {
    expect(secretHeaders(new URL(url), headers, userInfo, netrc)).toEqual(expected);
  });
});

describe('an error', () => {
  it.each<[string, Fault]>([
    ['a refusal', { status: 401, body: '' }],
    ['not found', { status: 404 }],
    ['later', { status: 503 }],
    ['a reset', { reset: true }],
    ['a page', { page: true }],
    ['a cut body', { contentLength: 99, truncate: 1 }],
    ['a redirect with a signed URL', { redirect: `/x?signature=${SECRET}` }],
    ['a redirect in a circle', { redirect: `/loop?signature=${SECRET}` }],
  ])('of %s holds no secret, nor do its causes, nor does what is told of retries', async (_, fault) => {
    up.fault('loop', { redirect: `/loop?signature=${SECRET}` });
    up.fault(/mod$/, fault);
    const events: unknown[] = [];
    const url = `${up.url.replace('//', `//me:${SECRET}@`)}/?key=${SECRET}`;
    const upstreams = reader([{ url, headers: { 'X-Key': SECRET } }], {
      onRetry: (event) => events.push(event),
    });
    const error: unknown = await upstreams.mod(M).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(everythingIn(error) + JSON.stringify(events)).not.toContain(SECRET);
    await upstreams.close();
  });

  it('of a connection that fails holds no secret either', async () => {
    const url = `http://me:${SECRET}@127.0.0.1:1/?key=${SECRET}`;
    const upstreams = reader(url);
    const error: unknown = await upstreams.mod(M).catch((reason: unknown) => reason);
    expect(everythingIn(error)).toContain(
      'mod from http://127.0.0.1:1: unavailable: connection refused after 2 tries',
    );
    expect(everythingIn(error)).not.toContain(SECRET);
    await upstreams.close();
  });
});

describe('fetchText', () => {
  const options = {
    userAgent: 'modferry/test',
    maxBytes: 1000,
    retries: 2,
    random: () => 0,
    sleep: async () => {},
  };

  it('gives the text, asked for with the credentials of the URL and the headers', async () => {
    up.put('team/go.sum', 'text\n');
    const url = new URL(`${up.url.replace('//', `//me:${SECRET}@`)}/team/go.sum?ref=main`);
    expect(await fetchText(url, { ...options, headers: { 'Private-Token': 'tok' } })).toBe('text\n');
    expect(up.requests[0]).toMatchObject({
      path: 'team/go.sum?ref=main',
      headers: { authorization: `Basic ${btoa(`me:${SECRET}`)}`, 'private-token': 'tok' },
    });
  });

  it.each<[string, Fault, string, string]>([
    ['404', { status: 404 }, 'NOT_FOUND', 'not found: 404'],
    ['403', { status: 403, body: 'no entry' }, 'REJECTED', 'rejected: 403: no entry'],
    ['503', { status: 503 }, 'UNAVAILABLE', 'unavailable: 503 after 2 tries'],
    ['a page to log in', { page: true }, 'BAD_CONTENT', 'wrong content: a web page in place of the file'],
    ['too much', { body: 'x'.repeat(1001) }, 'TOO_LARGE', 'too large: more than 1000 bytes'],
    [
      'a cut body',
      { contentLength: 99, truncate: 3, body: 'text' },
      'TRUNCATED',
      'truncated: 3 of 99 bytes after 2 tries',
    ],
  ])('tells of %s with the redacted URL', async (_, fault, code, what) => {
    up.fault('go.sum', fault);
    const url = new URL(`${up.url.replace('//', `//me:${SECRET}@`)}/go.sum?token=${SECRET}`);
    const error: unknown = await fetchText(url, options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: `${up.url}/go.sum: ${what}` });
    expect(everythingIn(error)).not.toContain(SECRET);
  });

  it('tells of a broken escape in the password', async () => {
    const url = new URL(`${up.url.replace('//', '//me:%zz@')}/go.sum`);
    await expect(fetchText(url, options)).rejects.toMatchObject({
      code: 'REJECTED',
      message: `${up.url}/go.sum: rejected: its user name or password has a broken % escape`,
    });
  });

  it('throws the reason of an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by hand');
    up.fault('go.sum', { stall: 0 });
    const text = fetchText(new URL(`${up.url}/go.sum`), { ...options, signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(text).rejects.toBe(reason);
  });
});
