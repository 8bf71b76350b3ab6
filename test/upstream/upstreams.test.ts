/** What each endpoint gives, and the whole message of each way in which an upstream can fail to give it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upstreams } from '../../src/upstream/upstreams.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { failureOf, M, mv, reader } from './harness.ts';

let up: UpstreamServer;
let upstreams: Upstreams;
let folder: string;

beforeEach(async () => {
  up = await startUpstream();
  up.add({
    path: 'example.com/m',
    version: 'v1.0.0',
    files: { 'm.go': 'package m\n', big: 'x'.repeat(5000) },
  });
  upstreams = reader(up.url);
  folder = await mkdtemp(join(tmpdir(), 'modferry-upstream-'));
});

afterEach(async () => {
  await upstreams.close();
  await up.close();
  await rm(folder, { recursive: true });
});

describe('an upstream that behaves', () => {
  it('gives info, mod and zip, and counts requests and bytes', async () => {
    const file = join(folder, 'm.zip');
    const expected = up.file('example.com/m/@v/v1.0.0.zip');
    expect(await upstreams.info(M)).toEqual({
      info: { version: 'v1.0.0', time: '2024-01-02T03:04:05Z' },
      upstream: up.url,
    });
    expect(await upstreams.mod(M)).toEqual({ body: Buffer.from('module example.com/m\n'), upstream: up.url });
    expect(await upstreams.zip(M, file)).toEqual({ size: expected.length, upstream: up.url });
    expect(await readFile(file)).toEqual(expected);
    const bytes =
      up.file('example.com/m/@v/v1.0.0.info').length + 'module example.com/m\n'.length + expected.length;
    expect(upstreams.stats).toEqual({ requests: 3, bytes });
  });

  it('is asked plainly: GET, no compression, our name, and no connection before the first request', async () => {
    expect(up.requests).toEqual([]);
    await upstreams.mod(M);
    expect(up.requests).toHaveLength(1);
    expect(up.requests[0]).toMatchObject({
      method: 'GET',
      path: 'example.com/m/@v/v1.0.0.mod',
      headers: { 'accept-encoding': 'identity', 'user-agent': 'modferry/test' },
    });
    expect(up.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is asked for capitals as %21 and the small letter', async () => {
    up.add({ path: 'example.com/Azure/SDK', version: 'v1.0.0-RC1', files: {} });
    await upstreams.mod(mv('example.com/Azure/SDK@v1.0.0-RC1'));
    expect(up.requests[0]?.path).toBe('example.com/%21azure/%21s%21d%21k/@v/v1.0.0-%21r%21c1.mod');
  });

  it('is asked below its path, with its query', async () => {
    up.put('go/proxy/example.com/m/@v/v1.0.0.mod', 'module below\n');
    const below = reader(`${up.url}/go/proxy/?key=k`);
    expect((await below.mod(M)).body.toString()).toBe('module below\n');
    expect(up.requests[0]?.path).toBe('go/proxy/example.com/m/@v/v1.0.0.mod?key=k');
    await below.close();
  });

  it('gives an empty mod and an empty zip as they are, for others to judge', async () => {
    up.put('example.com/m/@v/v1.0.0.mod', '');
    up.put('example.com/m/@v/v1.0.0.zip', '');
    expect((await upstreams.mod(M)).body).toHaveLength(0);
    expect((await upstreams.zip(M, join(folder, 'm.zip'))).size).toBe(0);
    expect(await readdir(folder)).toEqual(['m.zip']);
  });

  it('gives a body without a Content-Length', async () => {
    up.fault('example.com/m/@v/v1.0.0.mod', { contentLength: 'none' });
    expect((await upstreams.mod(M)).body.toString()).toBe('module example.com/m\n');
  });

  it('gives a list of the canonical versions, without the rest', async () => {
    const lines = [
      'v1.0.0',
      'v1.1.0 2024-01-02T03:04:05Z',
      'v2.0.0',
      'master',
      'v1.2',
      'v0.0.0-20240102030405-abcdefabcdef',
    ];
    up.put('example.com/m/@v/list', `${lines.join('\n')}\r\n\nv1.0.1-rc.1`);
    expect(await upstreams.list(M.path)).toEqual({
      versions: ['v1.0.0', 'v1.1.0', 'v1.0.1-rc.1'],
      upstream: up.url,
    });
  });

  it('gives an empty list', async () => {
    up.put('example.com/m/@v/list', '');
    expect((await upstreams.list(M.path)).versions).toEqual([]);
  });

  it('gives the latest version, whatever it is', async () => {
    up.put('example.com/m/@latest', '{"Version":"v0.0.0-20240102030405-abcdefabcdef"}');
    expect(await upstreams.latest(M.path)).toEqual({
      info: { version: 'v0.0.0-20240102030405-abcdefabcdef' },
      upstream: up.url,
    });
  });

  it('gives any path below its base', async () => {
    up.put('sumdb/sum.golang.org/supported', '');
    up.put('sumdb/sum.golang.org/lookup/example.com/!m@v1.0.0', 'record');
    expect((await upstreams.get('sumdb/sum.golang.org/supported')).body).toHaveLength(0);
    const record = await upstreams.get('sumdb/sum.golang.org/lookup/example.com/!m@v1.0.0', {
      module: M.path,
    });
    expect(record).toEqual({ body: Buffer.from('record'), upstream: up.url });
    expect(up.requests.at(-1)?.path).toBe('sumdb/sum.golang.org/lookup/example.com/%21m@v1.0.0');
  });

  it('may be slow to answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    up.fault(/mod$/, { until: promise });
    const answer = upstreams.mod(M);
    resolve();
    expect((await answer).body.toString()).toBe('module example.com/m\n');
  });
});

describe('an upstream that refuses or fails', () => {
  const text = { 'content-type': 'text/plain; charset=utf-8' };

  it.each<[string, Fault, string, string, number]>([
    ['404 is not found', { status: 404 }, 'NOT_FOUND', 'not found: 404', 1],
    ['410 is not found', { status: 410 }, 'NOT_FOUND', 'not found: 410', 1],
    ['a page with 404 is not found', { status: 404, page: true }, 'NOT_FOUND', 'not found: 404', 1],
    [
      'a 404 cut short is not found',
      { status: 404, body: 'none', contentLength: 99, truncate: 2 },
      'NOT_FOUND',
      'not found: 404',
      1,
    ],
    [
      'an endless 404 is not found',
      { status: 404, body: 'n'.repeat(9000), endless: true },
      'NOT_FOUND',
      'not found: 404',
      1,
    ],
    ['403 is a refusal', { status: 403, body: '' }, 'REJECTED', 'rejected: 403', 1],
    [
      'the line of a refusal is told',
      { status: 403, headers: text, body: '\n withheld \u001b[31mby policy\r\nmore\n' },
      'REJECTED',
      'rejected: 403: withheld [31mby policy',
      1,
    ],
    [
      'a long line is cut',
      { status: 403, headers: text, body: 'y'.repeat(9999) },
      'REJECTED',
      `rejected: 403: ${'y'.repeat(200)}`,
      1,
    ],
    ['a page of a refusal is not told', { status: 403, page: true }, 'REJECTED', 'rejected: 403', 1],
    ['401 is a refusal', { status: 401, body: '' }, 'REJECTED', 'rejected: 401', 1],
    ['204 is not the file', { status: 204, body: '' }, 'REJECTED', 'rejected: 204', 1],
    [
      '206 is not the file, and tried again',
      { status: 206, headers: { 'content-type': 'x/y' } },
      'REJECTED',
      'rejected: 206: a part that was not asked for after 2 tries',
      2,
    ],
    ['500 is tried again', { status: 500 }, 'UNAVAILABLE', 'unavailable: 500 after 2 tries', 2],
    ['503 is tried again', { status: 503 }, 'UNAVAILABLE', 'unavailable: 503 after 2 tries', 2],
    ['429 is tried again', { status: 429 }, 'UNAVAILABLE', 'unavailable: 429 after 2 tries', 2],
    ['408 is tried again', { status: 408 }, 'UNAVAILABLE', 'unavailable: 408 after 2 tries', 2],
    [
      'a reset is tried again',
      { reset: true },
      'UNAVAILABLE',
      'unavailable: connection closed before an answer after 2 tries',
      2,
    ],
    [
      'a portal is believed nothing',
      { page: true },
      'BAD_CONTENT',
      'wrong content: a web page in place of the file',
      1,
    ],
    [
      'a page of another type is seen, too',
      { body: '\ufeff\r\n <?xml?>', headers: { 'content-type': 'application/zip' } },
      'BAD_CONTENT',
      'wrong content: a web page in place of the file',
      1,
    ],
    [
      'a page after a piece of spaces is seen, too',
      { body: `${' '.repeat(300_000)}<html>` },
      'BAD_CONTENT',
      'wrong content: a web page in place of the file',
      1,
    ],
    [
      'compression is refused',
      { headers: { 'content-encoding': 'gzip' } },
      'BAD_CONTENT',
      'wrong content: sent compressed, though plain bytes were asked for',
      1,
    ],
    [
      'a cut body is tried again',
      { body: 'z'.repeat(100), truncate: 40 },
      'TRUNCATED',
      'truncated: 40 of 100 bytes after 2 tries',
      2,
    ],
    [
      'a body cut in its chunks is tried again',
      { body: 'z'.repeat(100), contentLength: 'none', truncate: 40 },
      'TRUNCATED',
      'truncated: cut after 40 bytes after 2 tries',
      2,
    ],
    [
      'a body that announces too much is cut',
      { body: 'z'.repeat(100), contentLength: 150, truncate: 100 },
      'TRUNCATED',
      'truncated: 100 of 150 bytes after 2 tries',
      2,
    ],
  ])('%s', async (_, fault, code, what, requests) => {
    for (const file of ['mod', 'zip']) {
      up.forget();
      up.fault(`example.com/m/@v/v1.0.0.${file}`, fault);
      const asked = file === 'mod' ? upstreams.mod(M) : upstreams.zip(M, join(folder, 'm.zip'));
      const message = `example.com/m@v1.0.0: ${file} from ${up.url}: ${what}`;
      expect(await failureOf(asked)).toEqual({ code, message, module: 'example.com/m@v1.0.0' });
      expect(up.requests).toHaveLength(requests);
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it.each([
    ['another version', '{"Version":"v1.0.1"}', 'the Version is v1.0.1'],
    ['no JSON', 'not json', 'not a JSON object'],
  ])('an info of %s is wrong, and not tried again', async (_, body, reason) => {
    up.fault(/info$/, { body });
    expect(await failureOf(upstreams.info(M))).toEqual({
      code: 'BAD_INFO',
      message: `example.com/m@v1.0.0: info from ${up.url}: wrong info: ${reason}`,
      module: 'example.com/m@v1.0.0',
    });
    expect(upstreams.stats.requests).toBe(1);
  });

  it.each([
    ['no JSON', '[', 'no version of this module in it'],
    ['another major version', '{"Version":"v2.0.0"}', 'no version of this module in it'],
    ['a wrong time', '{"Version":"v1.0.0","Time":"today"}', 'the Time is not an RFC 3339 date and time'],
  ])('a latest of %s is wrong', async (_, body, reason) => {
    up.fault(/latest$/, { body });
    expect(await failureOf(upstreams.latest(M.path))).toEqual({
      code: 'BAD_INFO',
      message: `example.com/m: latest from ${up.url}: wrong info: ${reason}`,
      module: 'example.com/m',
    });
  });

  it('a page is no list', async () => {
    up.fault(/list$/, { page: true });
    expect(await failureOf(upstreams.list(M.path))).toMatchObject({ code: 'BAD_CONTENT' });
  });

  it('a connection that is refused is told with the number of tries', async () => {
    await up.close();
    expect(await failureOf(upstreams.mod(M))).toMatchObject({
      code: 'UNAVAILABLE',
      message: `example.com/m@v1.0.0: mod from ${up.url}: unavailable: connection refused after 2 tries`,
    });
    up = await startUpstream();
  });

  it('too many bytes are refused when announced, and cut off when not', async () => {
    up.put('big', 'b'.repeat(1000));
    const told = { code: 'TOO_LARGE', message: `big: file from ${up.url}: too large: more than 999 bytes` };
    expect(await failureOf(upstreams.get('big', { maxBytes: 999 }))).toEqual(told);
    expect(upstreams.stats.bytes).toBe(0);
    up.fault('big', { endless: true });
    expect(await failureOf(upstreams.get('big', { maxBytes: 999 }))).toEqual(told);
    up.heal();
    expect((await upstreams.get('big', { maxBytes: 1000 })).body).toHaveLength(1000);
  });

  it.each([
    ['silence', { stall: 0 }, 'UNAVAILABLE', 'unavailable: no answer in time'],
    [
      'a body that stalls',
      { body: 'z'.repeat(9), stall: 4 },
      'TRUNCATED',
      'truncated: 4 of 9 bytes, then nothing for 0.1 s',
    ],
  ])('%s is ended', async (_, fault, code, what) => {
    await upstreams.close();
    upstreams = reader(up.url, { retries: 1, timeouts: { idle: 100 } });
    up.fault(/mod$/, fault);
    const message = `example.com/m@v1.0.0: mod from ${up.url}: ${what}`;
    expect(await failureOf(upstreams.mod(M))).toEqual({ code, message, module: 'example.com/m@v1.0.0' });
  });

  it('a drip below the minimum rate is ended', async () => {
    await upstreams.close();
    upstreams = reader(up.url, { retries: 1, timeouts: { minRate: 1e9, rateWindow: 50 } });
    up.fault(/zip$/, { drip: 10 });
    const told = await failureOf(upstreams.zip(M, join(folder, 'm.zip')));
    expect(told.code).toBe('UNAVAILABLE');
    expect(told.message).toMatch(
      /^example\.com\/m@v1\.0\.0: zip from http:\S+: unavailable: too slow: \d+ bytes in 0\.05 s$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('a body that takes longer than its total time is ended', async () => {
    await upstreams.close();
    upstreams = reader(up.url, { retries: 1, timeouts: { total: 100 } });
    up.fault(/mod$/, { drip: 30 });
    expect(await failureOf(upstreams.mod(M))).toMatchObject({
      code: 'UNAVAILABLE',
      message: `example.com/m@v1.0.0: mod from ${up.url}: unavailable: not done within 0.1 s`,
    });
  });
});

describe('a file that is tried again', () => {
  it('holds the bytes of the last try only', async () => {
    const right = up.file('example.com/m/@v/v1.0.0.zip');
    const longer = Buffer.alloc(right.length + 5000, 'w');
    up.fault(/zip$/, { times: 1, body: longer, truncate: longer.length - 10 });
    const file = join(folder, 'm.zip');
    expect(await upstreams.zip(M, file)).toEqual({ size: right.length, upstream: up.url });
    expect(await readFile(file)).toEqual(right);
    expect(upstreams.stats).toEqual({ requests: 2, bytes: longer.length - 10 + right.length });
  });

  it('is announced before each further try, with Retry-After honoured', async () => {
    await upstreams.close();
    const events: unknown[] = [];
    const waits: number[] = [];
    upstreams = reader(up.url, {
      retries: 3,
      onRetry: (event) => events.push(event),
      sleep: async (wait) => void waits.push(wait),
    });
    up.fault(/mod$/, { times: 1, status: 429, headers: { 'retry-after': '7' } });
    up.fault(/mod$/, { times: 1, status: 503 });
    await upstreams.mod(M);
    expect(waits).toEqual([7000, 0]);
    const common = { subject: 'example.com/m@v1.0.0', file: 'mod', upstream: up.url, tries: 3 };
    expect(events).toEqual([
      { ...common, attempt: 1, delay: 7000, reason: 'unavailable: 429' },
      { ...common, attempt: 2, delay: 0, reason: 'unavailable: 503' },
    ]);
  });

  it('is a SiteError where it exists already, which stays as it is, without a request', async () => {
    const file = join(folder, 'm.zip');
    await writeFile(file, 'mine');
    const told = await failureOf(upstreams.zip(M, file));
    expect(told).toEqual({
      code: 'IO',
      message: `example.com/m@v1.0.0: zip: cannot be written: EEXIST: file already exists, open '${file}'`,
    });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(up.requests).toEqual([]);
  });
});
