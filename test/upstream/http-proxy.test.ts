/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, by a real forward proxy that remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { makeCertificate } from './certificate.ts';
import { everythingIn, failureOf, M, reader } from './harness.ts';

const tls = makeCertificate();

let proxy: Server;
let proxyUrl: string;
let asked: string[];
let authorizations: (string | undefined)[];
let sockets: Socket[];
let up: UpstreamServer;

beforeEach(async () => {
  asked = [];
  authorizations = [];
  sockets = [];
  proxy = createServer();
  proxy.on('connection', (socket) => sockets.push(socket));
  proxy.on('request', (incoming, reply) => {
    note(incoming);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onwards = request(incoming.url ?? '', { headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(reply);
    });
    onwards.end();
  });
  proxy.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    const [host = '', port] = (incoming.url ?? '').split(':');
    const onwards = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onwards.pipe(socket).pipe(onwards);
    });
    sockets.push(onwards);
    for (const end of [socket, onwards]) end.on('error', () => end.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  // True, since it listens on a port.
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  up = await startUpstream();
  up.put('example.com/m/@v/v1.0.0.mod', 'module m\n');
});

afterEach(async () => {
  await up.close();
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

function note({ method, url, headers }: IncomingMessage): void {
  asked.push(`${method} ${url}`);
  authorizations.push(headers['proxy-authorization']);
}

async function fetchWith(env: Record<string, string>): Promise<string> {
  const upstreams = reader(up.url, { env });
  try {
    return (await upstreams.mod(M)).body.toString();
  } finally {
    await upstreams.close();
  }
}

describe('the proxy of the environment', () => {
  it.each([['HTTP_PROXY'], ['http_proxy']])('named by %s is used for http', async (name) => {
    expect(await fetchWith({ [name]: proxyUrl })).toBe('module m\n');
    expect(asked).toEqual([`GET ${up.url}/example.com/m/@v/v1.0.0.mod`]);
    expect(up.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('may be named without its scheme, as the go command and curl take it', async () => {
    expect(await fetchWith({ HTTP_PROXY: proxyUrl.replace('http://', '') })).toBe('module m\n');
    expect(asked).toHaveLength(1);
  });

  it.each(['me:s3cret@host with spaces', 'http://', 'socks5://me:s3cret@127.0.0.1:1'])(
    'is a mistake in the environment where it is %j, which is not quoted',
    async (value) => {
      const error: unknown = await fetchWith({ https_proxy: value }).catch((reason: unknown) => reason);
      const message = 'HTTPS_PROXY: not the URL of an http or https proxy';
      expect(error).toMatchObject({ name: 'ConfigError', code: 'CONFIG_INVALID', message });
      expect(everythingIn(error)).not.toContain('s3cret');
    },
  );

  it.each([
    ['the host', '127.0.0.1'],
    ['the host among others', 'corp.example, 127.0.0.1'],
    ['everything', '*'],
  ])('is passed by where NO_PROXY names %s', async (_, noProxy) => {
    expect(await fetchWith({ HTTP_PROXY: proxyUrl, NO_PROXY: noProxy })).toBe('module m\n');
    expect(asked).toEqual([]);
  });

  it('is not used where it is for https only', async () => {
    expect(await fetchWith({ HTTPS_PROXY: proxyUrl })).toBe('module m\n');
    expect(asked).toEqual([]);
  });

  it('is not taken from this process, but from what was passed in', async () => {
    process.env.http_proxy = proxyUrl;
    try {
      expect(await fetchWith({})).toBe('module m\n');
      expect(await fetchWith({ HTTPS_PROXY: proxyUrl })).toBe('module m\n');
    } finally {
      delete process.env.http_proxy;
    }
    expect(asked).toEqual([]);
  });

  it('gets its own password, which the upstream does not get and no error tells', async () => {
    const env = { HTTP_PROXY: proxyUrl.replace('//', '//me:s3cret@') };
    expect(await fetchWith(env)).toBe('module m\n');
    expect(authorizations).toEqual([`Basic ${btoa('me:s3cret')}`]);
    expect(up.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
    proxy.removeAllListeners('request');
    proxy.on('request', (_, reply) => reply.writeHead(407).end());
    const error: unknown = await fetchWith(env).catch((reason: unknown) => reason);
    expect(everythingIn(error)).toContain('unavailable: Proxy Authentication Required (407)');
    expect(everythingIn(error)).not.toContain('s3cret');
  });

  it.skipIf(tls === undefined)('carries https through a tunnel, with the upstream’s CA', async () => {
    const certificate = tls ?? { key: '', cert: '' };
    const secure = await startUpstream({ tls: certificate, http2: true });
    secure.put('example.com/m/@v/v1.0.0.mod', 'module secure\n');
    const upstreams = reader([{ url: secure.url, ca: certificate.cert }], { env: { HTTPS_PROXY: proxyUrl } });
    expect((await upstreams.mod(M)).body.toString()).toBe('module secure\n');
    expect(asked).toEqual([`CONNECT ${secure.url.replace('https://', '')}`]);
    const untrusting = reader(secure.url, { env: { HTTPS_PROXY: proxyUrl } });
    expect((await failureOf(untrusting.mod(M))).message).toContain('its certificate is not trusted');
    await Promise.all([upstreams.close(), untrusting.close()]);
    await secure.close();
  });
});
