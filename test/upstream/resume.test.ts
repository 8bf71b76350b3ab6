/**
 * A cut download of a zip goes on where it was cut, where the upstream vouches for the rest; in every other case it
 * begins anew. Judged by the bytes of the file and by what was asked for.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamRetry, Upstreams, UpstreamsOptions } from '../../src/upstream/upstreams.ts';
import type { RangeFault } from '../support/ranges.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { makeCertificate } from './certificate.ts';
import { failureOf, M, reader } from './harness.ts';

const ZIP = 'example.com/m/@v/v1.0.0.zip';
/** Where most downloads here are cut. */
const CUT = 100_000;
const BYTES = someBytes(300_000);
const TAG = `"${createHash('sha256').update(BYTES).digest('hex').slice(0, 16)}"`;

const tls = makeCertificate();

let up: UpstreamServer;
let opened: { close(): Promise<void> }[] = [];
let folder: string;
let file: string;
let retries: UpstreamRetry[] = [];

beforeEach(async () => {
  retries = [];
  folder = await mkdtemp(join(tmpdir(), 'modferry-resume-'));
  file = join(folder, 'm.zip');
});

afterEach(async () => {
  for (const each of opened) await each.close();
  opened = [];
  await rm(folder, { recursive: true });
});

async function serve(options: Parameters<typeof startUpstream>[0] = {}): Promise<UpstreamServer> {
  const server = await startUpstream(options);
  server.put(ZIP, BYTES);
  opened.unshift(server);
  return server;
}

function open(spec: Parameters<typeof reader>[0], options: Partial<UpstreamsOptions> = {}): Upstreams {
  const upstreams = reader(spec, { onRetry: (event) => retries.push(event), ...options });
  opened.unshift(upstreams);
  return upstreams;
}

/** What each request asked for: the whole, or from a byte under a condition. */
function asked(server = up): (string | undefined)[] {
  return server.requests.map(({ headers }) =>
    headers.range === undefined ? 'all' : `${headers.range} if ${headers['if-range']}`,
  );
}

const REST = `bytes=${CUT}- if ${TAG}`;

describe.each([
  ['HTTP/1.1', undefined],
  ['HTTP/2', tls],
] as const)('over %s', (protocol, certificate) => {
  describe.skipIf(protocol === 'HTTP/2' && tls === undefined)('a cut zip', () => {
    let upstreams: Upstreams;

    beforeEach(async () => {
      up = await serve(certificate && { tls: certificate, http2: true });
      upstreams = openHere();
    });

    const openHere = (options: Partial<UpstreamsOptions> = {}) =>
      open([{ url: up.url, ...(certificate && { ca: certificate.cert }) }], options);

    it('goes on where it was cut, and is told so', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT });

      expect(await upstreams.zip(M, file)).toEqual({ size: BYTES.length, upstream: up.url });

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST]);
      expect(up.requests[1]?.httpVersion).toBe(certificate ? '2.0' : '1.1');
      expect(upstreams.stats).toEqual({ requests: 2, bytes: BYTES.length });
      expect(retries).toEqual([
        {
          subject: 'example.com/m@v1.0.0',
          file: 'zip',
          upstream: up.url,
          attempt: 1,
          tries: 2,
          delay: 0,
          reason: `truncated: ${CUT} of ${BYTES.length} bytes`,
          from: CUT,
        },
      ]);
    });

    it('goes on as often as it is cut', async () => {
      const patient = openHere({ retries: 4 });
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { times: 1, truncate: 50_000 });
      up.fault(ZIP, { times: 1, truncate: 1 });

      expect((await patient.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST, `bytes=150000- if ${TAG}`, `bytes=150001- if ${TAG}`]);
      expect(patient.stats.bytes).toBe(BYTES.length);
    });

    it('goes on after a stall', async () => {
      const hasty = openHere({ timeouts: { idle: 500 } });
      up.fault(ZIP, { times: 1, stall: CUT });

      await hasty.zip(M, file);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST]);
    });

    it('goes on though it was never told how long the file is', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT, contentLength: 'none' });
      up.fault(ZIP, { times: 1, contentLength: 'none' });

      expect((await upstreams.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST]);
    });

    it('ends with what is there of the whole after its last try', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { truncate: 50_000 });

      expect(await failureOf(upstreams.zip(M, file))).toEqual({
        code: 'TRUNCATED',
        message: `example.com/m@v1.0.0: zip from ${up.url}: truncated: 150000 of 300000 bytes after 2 tries`,
        module: 'example.com/m@v1.0.0',
      });
      expect(asked()).toEqual(['all', REST]);
      expect(await readdir(folder)).toEqual([]);
    });

    it('begins anew in the same try where a part without a length begins elsewhere', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { range: 'early', contentLength: 'none' });

      expect((await upstreams.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST, 'all']);
    });

    it('begins anew after a rest that is longer than it may be', async () => {
      const patient = openHere({ retries: 3 });
      const headers = { 'content-range': `bytes ${CUT}-299999/300000`, etag: TAG };
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { times: 1, status: 206, headers, body: BYTES, contentLength: 'none' });

      expect((await patient.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST, 'all']);
    });

    it('forgets what it had once a whole file has begun, however little of that came', async () => {
      const patient = openHere({ retries: 3 });
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { times: 1, truncate: 10, body: someBytes(300_000, 'changed') });

      expect((await patient.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST, 'all']);
    });

    it.each<[string, RangeFault]>([
      ['refuses a part with 416', 416],
      ['refuses a part with 400', 400],
      ['refuses a part with 403', 403],
      ['fails at a part with 500', 500],
      ['does not know how to send a part', 501],
      ['sends a part that begins elsewhere', 'early'],
      ['sends a piece of the part', 'half'],
      ['sends a part of a longer file', 'longer'],
      ['sends a part of a total it does not tell', 'of unknown total'],
      ['sends a part and does not say which', 'unnamed'],
      ['sends a part of what has another entity tag', 'retagged'],
      ['sends parts with headers of their own', 'multipart'],
      ['compresses the part', 'compressed'],
    ])('begins anew in the same try where the server %s', async (_, range) => {
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { range });

      expect((await upstreams.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST, 'all']);
      expect(retries).toHaveLength(1);
    });

    it('takes the whole from byte 0 where the server ignores a Range', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { range: 'ignored' });

      expect((await upstreams.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST]);
      expect(upstreams.stats.bytes).toBe(CUT + BYTES.length);
    });

    it('takes the whole of what has changed meanwhile, though it is shorter than what was here', async () => {
      const changed = BYTES.subarray(1, 80_000);
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { body: changed });

      expect((await upstreams.zip(M, file)).size).toBe(changed.length);

      expect(await readFile(file)).toEqual(changed);
      expect(asked()).toEqual(['all', REST]);
    });

    it('goes on with the new file, not the old one, where that is cut as well', async () => {
      const patient = openHere({ retries: 3 });
      const changed = someBytes(200_000, 'changed');
      up.put(ZIP, changed);
      up.fault(ZIP, { times: 1, truncate: CUT, body: BYTES });
      up.fault(ZIP, { times: 1, truncate: 70_000 });

      expect((await patient.zip(M, file)).size).toBe(changed.length);

      expect(await readFile(file)).toEqual(changed);
      expect(asked().map((text) => text?.split(' ')[0])).toEqual(['all', `bytes=${CUT}-`, 'bytes=70000-']);
    });

    it('is told as truncated where the rest ends early, though properly', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { range: 'ending', contentLength: 'none' });

      expect(await failureOf(upstreams.zip(M, file))).toMatchObject({
        code: 'TRUNCATED',
        message: `example.com/m@v1.0.0: zip from ${up.url}: truncated: 200000 of 300000 bytes after 2 tries`,
      });
    });

    it.each<[string, Fault]>([
      ['a weak entity tag', { validator: 'weak' }],
      ['a date that is too new', { validator: 'new date' }],
      ['nothing that vouches for it', { validator: 'none' }],
      ['no wish to send parts', { headers: { 'accept-ranges': 'none' } }],
      ['less than is worth going on with', { truncate: 65_535 }],
    ])('begins anew where there is %s', async (_, fault) => {
      up.fault(ZIP, { times: 1, truncate: CUT, ...fault });

      await upstreams.zip(M, file);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', 'all']);
      expect(retries).toMatchObject([{ from: undefined }]);
    });

    it('goes on by a date that is old enough', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT, validator: 'date' });
      up.fault(ZIP, { validator: 'date' });

      await upstreams.zip(M, file);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', `bytes=${CUT}- if Tue, 02 Jan 2024 03:04:05 GMT`]);
    });

    it.each<[string, Fault]>([
      ['503', { status: 503 }],
      ['429', { status: 429 }],
      ['a reset', { reset: true }],
    ])('still goes on after %s in between', async (_, fault) => {
      const patient = openHere({ retries: 3 });
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { times: 1, ...fault });

      await patient.zip(M, file);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', REST, REST]);
    });

    it('that is gone meanwhile is not found, and not asked for again', async () => {
      up.fault(ZIP, { times: 1, truncate: CUT });
      up.fault(ZIP, { status: 404 });

      expect(await failureOf(upstreams.zip(M, file))).toMatchObject({ code: 'NOT_FOUND' });
      expect(asked()).toEqual(['all', REST]);
      expect(await readdir(folder)).toEqual([]);
    });

    it('of a server that cuts everything and refuses every part ends with its tries', async () => {
      const patient = openHere({ retries: 3 });
      up.fault(ZIP, { truncate: CUT, range: 'early' });

      expect(await failureOf(patient.zip(M, file))).toMatchObject({
        code: 'TRUNCATED',
        message: `example.com/m@v1.0.0: zip from ${up.url}: truncated: ${CUT} of 300000 bytes after 3 tries`,
      });
      expect(asked()).toEqual(['all', REST, 'all', REST, 'all']);
    });

    it('is never taken from a part that nobody asked for', async () => {
      up.fault(ZIP, { times: 1, range: 'unasked' });

      expect((await upstreams.zip(M, file)).size).toBe(BYTES.length);

      expect(await readFile(file)).toEqual(BYTES);
      expect(asked()).toEqual(['all', 'all']);
      expect(retries).toMatchObject([{ reason: 'rejected: 206: a part that was not asked for' }]);
    });
  });
});

describe('a cut zip', () => {
  beforeEach(async () => {
    up = await serve();
  });

  it('may go on with what would be a web page at the start of a file', async () => {
    const bytes = Buffer.concat([BYTES.subarray(0, CUT), Buffer.from('<html>')]);
    up.put(ZIP, bytes);
    up.fault(ZIP, { times: 1, truncate: CUT });

    await open(up.url).zip(M, file);

    expect(await readFile(file)).toEqual(bytes);
    expect(asked().map((text) => text?.split(' ')[0])).toEqual(['all', `bytes=${CUT}-`]);
  });

  it('is begun anew at another upstream', async () => {
    const second = await serve();
    up.fault(ZIP, { truncate: CUT });

    const { upstream } = await open(`${up.url}|${second.url}`, { retries: 1 }).zip(M, file);

    expect(upstream).toBe(second.url);
    expect(await readFile(file)).toEqual(BYTES);
    expect([asked(), asked(second)]).toEqual([['all'], ['all']]);
  });

  it('goes on after a redirect elsewhere, which carries the Range and no credentials', async () => {
    const elsewhere = await serve();
    elsewhere.put('stored', BYTES);
    elsewhere.fault('stored', { times: 1, truncate: CUT });
    up.fault(ZIP, { redirect: `${elsewhere.url}/stored?signature=1` });
    const url = up.url.replace('//', '//me:secret@');

    await open([{ url, headers: { 'Private-Token': 'tok' } }]).zip(M, file);

    expect(await readFile(file)).toEqual(BYTES);
    expect([asked(), asked(elsewhere)]).toEqual([
      ['all', REST],
      ['all', REST],
    ]);
    expect(up.requests.map(({ headers }) => headers['private-token'])).toEqual(['tok', 'tok']);
    expect(JSON.stringify(elsewhere.requests)).not.toMatch(/authorization|private-token/);
  });

  it('is not put together from two places, whatever their entity tags', async () => {
    const elsewhere = await serve();
    for (const path of ['one', 'two']) elsewhere.put(path, BYTES);
    elsewhere.fault('one', { truncate: CUT });
    up.fault(ZIP, { times: 1, redirect: `${elsewhere.url}/one` });
    up.fault(ZIP, { redirect: `${elsewhere.url}/two` });

    await open(up.url).zip(M, file);

    expect(await readFile(file)).toEqual(BYTES);
    expect(elsewhere.paths).toEqual(['one', 'two', 'two']);
    expect(asked(elsewhere)).toEqual(['all', REST, 'all']);
  });

  it('is counted as a whole against the most that a zip may have', async () => {
    const limit = 500 << 20;
    const headers = { 'content-range': `bytes ${CUT}-${limit}/${limit + 1}`, etag: TAG };
    up.fault(ZIP, { times: 1, truncate: CUT, contentLength: 'none' });
    up.fault(ZIP, { times: 1, status: 206, headers, endless: true });
    up.fault(ZIP, { contentLength: limit + 1, truncate: 10 });

    expect(await failureOf(open(up.url).zip(M, file))).toMatchObject({
      code: 'TOO_LARGE',
      message: `example.com/m@v1.0.0: zip from ${up.url}: too large: more than ${limit} bytes`,
    });
    expect(asked()).toEqual(['all', REST, 'all']);
  });

  it('is begun anew where a file was wrong before: that may have been put together from two', async () => {
    up.fault(ZIP, { times: 1, truncate: CUT });

    await open(up.url).zip(M, file, { avoid: up.url });

    expect(await readFile(file)).toEqual(BYTES);
    expect(asked()).toEqual(['all', 'all']);
  });

  it('of a text is begun anew, however long it is', async () => {
    const path = 'example.com/m/@v/v1.0.0.mod';
    up.put(path, BYTES);
    up.fault(path, { times: 1, truncate: CUT });

    expect((await open(up.url).mod(M)).body).toEqual(BYTES);
    expect(asked()).toEqual(['all', 'all']);
  });
});

/** Looks like a zip to whoever looks at its first bytes, and never repeats itself. */
function someBytes(length: number, seed = 'seed'): Buffer {
  const parts = [Buffer.from('PK')];
  for (let size = 2, count = 0; size < length; size += 32) {
    parts.push(createHash('sha256').update(`${seed} ${count++}`).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}
