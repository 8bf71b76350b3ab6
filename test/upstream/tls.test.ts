/** Over TLS, with HTTP/1.1 and HTTP/2: trust, and the same failures told in the same words. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upstreams, UpstreamsOptions } from '../../src/upstream/upstreams.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { makeCertificate } from './certificate.ts';
import { failureOf, M, mv, reader } from './harness.ts';

const tls = makeCertificate();

describe.skipIf(tls === undefined)('over TLS', () => {
  const certificate = tls ?? { key: '', cert: '' };
  let plain: UpstreamServer;
  let up: UpstreamServer;
  let upstreams: Upstreams;
  let folder: string;

  beforeEach(async () => {
    plain = await startUpstream();
    await use(true);
    folder = await mkdtemp(join(tmpdir(), 'modferry-tls-'));
  });

  afterEach(async () => {
    await Promise.all([upstreams.close(), up.close(), plain.close()]);
    await rm(folder, { recursive: true });
  });

  async function use(http2: boolean, options: Partial<UpstreamsOptions> = {}): Promise<void> {
    up = await startUpstream({ tls: certificate, http2 });
    up.add({ path: 'example.com/m', version: 'v1.0.0', files: { big: Buffer.alloc(3_000_000, 'x') } });
    upstreams = reader([{ url: up.url, ca: certificate.cert }], options);
  }

  async function again(http2: boolean, options: Partial<UpstreamsOptions> = {}): Promise<void> {
    await Promise.all([upstreams.close(), up.close()]);
    await use(http2, options);
  }

  describe.each([
    ['HTTP/2', true, '2.0'],
    ['HTTP/1.1', false, '1.1'],
  ])('with a server that offers %s', (_, http2, version) => {
    it('brings every byte, and speaks what is offered', async () => {
      await again(http2);
      const file = join(folder, 'm.zip');
      const expected = up.file('example.com/m/@v/v1.0.0.zip');
      expect((await upstreams.zip(M, file)).size).toBe(expected.length);
      expect(await readFile(file)).toEqual(expected);
      expect(up.requests.map(({ httpVersion }) => httpVersion)).toEqual([version]);
    });

    it.each<[string, Fault, string, string, number]>([
      ['404', { status: 404 }, 'NOT_FOUND', 'not found: 404', 1],
      ['a refusal', { status: 403, body: 'withheld' }, 'REJECTED', 'rejected: 403: withheld', 1],
      [
        'an endless refusal',
        { status: 403, body: 'withheld\n'.repeat(99), endless: true },
        'REJECTED',
        'rejected: 403: withheld',
        1,
      ],
      ['503', { status: 503 }, 'UNAVAILABLE', 'unavailable: 503 after 2 tries', 2],
      ['a portal', { page: true }, 'BAD_CONTENT', 'wrong content: a web page in place of the file', 1],
      [
        'a cut body',
        { body: 'z'.repeat(100), truncate: 40 },
        'TRUNCATED',
        'truncated: 40 of 100 bytes after 2 tries',
        2,
      ],
      [
        'a cut body without a length',
        { body: 'z'.repeat(100), contentLength: 'none', truncate: 40 },
        'TRUNCATED',
        'truncated: cut after 40 bytes after 2 tries',
        2,
      ],
    ])('tells of %s', async (_, fault, code, what, requests) => {
      await again(http2);
      up.fault(/zip$/, fault);
      const told = await failureOf(upstreams.zip(M, join(folder, 'm.zip')));
      const message = `example.com/m@v1.0.0: zip from ${up.url}: ${what}`;
      expect(told).toEqual({ code, message, module: 'example.com/m@v1.0.0' });
      expect(upstreams.stats.requests).toBe(requests);
      expect(await readdir(folder)).toEqual([]);
    });

    it('ends a body that stalls', async () => {
      await again(http2, { retries: 1, timeouts: { idle: 100 } });
      up.fault(/zip$/, { body: 'z'.repeat(100), stall: 40 });
      expect(await failureOf(upstreams.zip(M, join(folder, 'm.zip')))).toMatchObject({
        code: 'TRUNCATED',
        message: `example.com/m@v1.0.0: zip from ${up.url}: truncated: 40 of 100 bytes, then nothing for 0.1 s`,
      });
    });

    it('ends silence', async () => {
      await again(http2, { retries: 1, timeouts: { idle: 100 } });
      up.fault(/mod$/, { stall: 0 });
      expect(await failureOf(upstreams.mod(M))).toMatchObject({
        code: 'UNAVAILABLE',
        message: `example.com/m@v1.0.0: mod from ${up.url}: unavailable: no answer in time`,
      });
    });

    it('cuts off an endless body', async () => {
      await again(http2);
      up.fault('endless', { body: 'z'.repeat(1000), endless: true });
      expect(await failureOf(upstreams.get('endless', { maxBytes: 5000 }))).toMatchObject({
        code: 'TOO_LARGE',
        message: `endless: file from ${up.url}: too large: more than 5000 bytes`,
      });
    });

    it('brings small files while a big one stalls', async () => {
      await again(http2, { connections: 2 });
      up.fault(/zip$/, { stall: 1000 });
      const controller = new AbortController();
      const big = failureOf(upstreams.zip(M, join(folder, 'm.zip'), { signal: controller.signal })).catch(
        () => 'ended',
      );
      for (let count = 0; count < 30; count++) await upstreams.mod(M);
      controller.abort(new Error('enough'));
      expect(await big).toBe('ended');
    });
  });

  it('a certificate that nobody vouches for is told with a hint, and not tried again', async () => {
    const untrusting = reader(up.url);
    const told = await failureOf(untrusting.mod(M));
    expect(told.code).toBe('UNAVAILABLE');
    expect(told.message).toBe(
      `example.com/m@v1.0.0: mod from ${up.url}: unavailable: its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
    expect(told.hint).toBe('if its certificate is from a private authority, give that as ca of the upstream');
    expect(untrusting.stats.requests).toBe(1);
    await untrusting.close();
  });

  it('a certificate for another name is not trusted, whoever vouches for it', async () => {
    const misnamed = makeCertificate('DNS:other.example') ?? certificate;
    const other = await startUpstream({ tls: misnamed });
    const asking = reader([{ url: other.url, ca: misnamed.cert }]);
    expect((await failureOf(asking.mod(M))).message).toBe(
      `example.com/m@v1.0.0: mod from ${other.url}: unavailable: its certificate is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)`,
    );
    expect(other.requests).toEqual([]);
    await asking.close();
    await other.close();
  });

  it('one upstream’s CA is not trusted for another', async () => {
    const other = await startUpstream({ tls: certificate });
    other.put('example.com/m/@v/v1.0.0.mod', 'module other\n');
    up.fault(/mod$/, { status: 404 });
    const both = reader([{ url: up.url, ca: certificate.cert }, other.url]);
    expect((await failureOf(both.mod(M))).message).toContain(
      `mod from ${other.url}: unavailable: its certificate`,
    );
    await both.close();
    await other.close();
  });

  it('a redirect from https to http is refused, and nothing is sent there', async () => {
    up.fault(/mod$/, { redirect: `${plain.url}/file` });
    expect(await failureOf(upstreams.mod(M))).toMatchObject({
      code: 'REJECTED',
      message: `example.com/m@v1.0.0: mod from ${up.url}: rejected: a redirect from https to ${plain.url}`,
    });
    expect(plain.requests).toEqual([]);
  });

  it('a redirect from http to https is followed, without the credentials', async () => {
    plain.fault(/mod$/, { redirect: `${up.url}/example.com/m/@v/v1.0.0.mod` });
    const spec = { url: plain.url.replace('//', '//me:secret@'), ca: certificate.cert };
    const over = reader([spec]);
    expect((await over.mod(M)).upstream).toBe(plain.url);
    expect(up.requests[0]?.headers.authorization).toBeUndefined();
    await over.close();
  });

  it('netrc is used', async () => {
    await again(true, { netrc: 'machine 127.0.0.1 login me password secret\n' });
    await upstreams.mod(M);
    expect(up.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:secret')}`);
  });

  it('a stream of HTTP/2 that ends early, though properly, is told as truncated', async () => {
    up.fault(/mod$/, { body: 'z'.repeat(100), contentLength: 150 });
    expect(await failureOf(upstreams.mod(M))).toMatchObject({
      code: 'TRUNCATED',
      message: `example.com/m@v1.0.0: mod from ${up.url}: truncated: 100 of 150 bytes after 2 tries`,
    });
  });

  it('HTTP/2 is what we would rather speak', async () => {
    const offered = Promise.withResolvers<string[]>();
    const server = createServer({
      ...certificate,
      ALPNCallback: ({ protocols }) => {
        offered.resolve(protocols);
        return undefined;
      },
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // True, since it listens on a port.
    const { port } = server.address() as AddressInfo;
    const asking = reader(`https://127.0.0.1:${port}`, { retries: 1 });
    const told = failureOf(asking.mod(M));
    expect(await offered.promise).toEqual(['h2', 'http/1.1']);
    expect((await told).code).toBe('UNAVAILABLE');
    await asking.close();
    server.close();
  });

  it('many files at once come over few connections', async () => {
    const versions = Array.from({ length: 60 }, (_, index) => mv(`example.com/m@v1.1.${index}`));
    for (const { version } of versions) up.add({ path: 'example.com/m', version, files: {} });
    const bodies = await Promise.all(versions.map((each) => upstreams.mod(each)));
    expect(bodies.every(({ body }) => body.toString() === 'module example.com/m\n')).toBe(true);
    expect(up.connections).toBeLessThanOrEqual(4);
  });
});
