import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import { swapLink } from '../../src/site/durable.ts';
import { ask, sendRaw } from './client.ts';

const MOD = 'current/example.com/m/@v/v1.0.0.mod';

let mirror = '';
let root = '';
let server: RunningServer;
let warnings: string[] = [];

beforeEach(async () => {
  mirror = mkdtempSync(join(tmpdir(), 'modferry-http-'));
  root = join(mirror, 'public');
  warnings = [];
  put('snapshots/s1/example.com/m/@v/v1.0.0.mod', 'module example.com/m\n');
  put('snapshots/s1/example.com/m/@v/v1.0.0.info', '{"Version":"v1.0.0"}');
  put('snapshots/s1/example.com/m/@v/v1.0.0.zip', 'PK');
  put('snapshots/s1/example.com/m/@v/list', '');
  put('snapshots/s1/example.com/m/@latest', '{"Version":"v1.0.0"}');
  put('snapshots/s1/github.com/!azure/a/@v/v1.0.0-!r!c1.mod', 'module github.com/Azure/a\n');
  put('snapshots/s1/_mirror/snapshot.json', '{}');
  symlinkSync('snapshots/s1', join(root, 'current'));
  writeFileSync(join(mirror, 'state.db'), 'secret');
  server = await startServer({ root, host: '127.0.0.1', port: 0, warn: (message) => warnings.push(message) });
});

afterEach(async () => {
  await server.close();
  rmSync(mirror, { recursive: true, force: true });
  expect(warnings).toEqual([]);
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const get = (path: string) => ask(server.url, path);

describe('a file', () => {
  it('is served with its length, type and age, through the link `current`', async () => {
    const { status, headers, body } = await get(`/${MOD}`);
    expect({ status, body }).toEqual({ status: 200, body: 'module example.com/m\n' });
    expect(headers).toMatchObject({
      'content-length': '21',
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(Date.parse(headers['last-modified'] ?? '')).not.toBeNaN();
  });

  it.each([
    ['.info', '/current/example.com/m/@v/v1.0.0.info', 'application/json', true],
    ['.mod', '/current/example.com/m/@v/v1.0.0.mod', 'text/plain; charset=utf-8', true],
    ['.zip', '/current/example.com/m/@v/v1.0.0.zip', 'application/zip', true],
    ['list', '/current/example.com/m/@v/list', 'text/plain; charset=utf-8', false],
    ['@latest', '/current/example.com/m/@latest', 'text/plain; charset=utf-8', false],
    ['snapshot.json', '/current/_mirror/snapshot.json', 'application/json', false],
  ])('%s has the type and the life of its kind', async (_, path, type, immutable) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['cache-control']).toBe(immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  });

  it('is told by HEAD with its length and without its bytes', async () => {
    const { status, headers, body } = await ask(server.url, `/${MOD}`, 'HEAD');
    expect({ status, body }).toEqual({ status: 200, body: '' });
    expect(headers['content-length']).toBe('21');
  });

  it.each(['GET', 'HEAD'])('may be empty: %s', async (method) => {
    const { status, headers, body } = await ask(server.url, '/current/example.com/m/@v/list', method);
    expect({ status, body, length: headers['content-length'] }).toEqual({
      status: 200,
      body: '',
      length: '0',
    });
  });

  it('may be larger than one read: every byte comes', async () => {
    const large = 'x'.repeat(3_000_000);
    put('snapshots/s1/large', large);
    const { body, headers } = await get('/current/large');
    expect(headers['content-length']).toBe('3000000');
    expect(body === large).toBe(true);
  });

  it.each([
    ['with `!`', '/current/github.com/!azure/a/@v/v1.0.0-!r!c1.mod'],
    ['with `%21`, as the go command writes it', '/current/github.com/%21azure/a/@v/v1.0.0-%21r%21c1.mod'],
    ['with every letter encoded', '/%63urrent/github.com/%21azure/a/%40v/v1.0.0-%21r%21c1.mod'],
    [
      'with a query, which says nothing here',
      '/current/github.com/!azure/a/@v/v1.0.0-!r!c1.mod?go-get=1&x=../..',
    ],
  ])('is found by its name %s', async (_, path) => {
    expect((await get(path)).body).toBe('module github.com/Azure/a\n');
  });

  it('is found through its snapshot too', async () => {
    expect((await get('/snapshots/s1/example.com/m/@v/v1.0.0.mod')).status).toBe(200);
  });
});

describe('what is no file', () => {
  it.each([
    ['the root', '/'],
    ['a file that is not there', '/current/example.com/m/@v/v9.9.9.mod'],
    ['a module that is not there', '/current/example.com/other/@v/list'],
    ['a folder', '/current/example.com/m/@v'],
    ['a folder with a slash', '/current/example.com/m/@v/'],
    ['a link to a folder', '/current'],
    ['a file with a slash', `/${MOD}/`],
    ['a path below a file', `/${MOD}/x`],
    ['a name in another case', '/current/GitHub.com/!azure/a/@v/v1.0.0-!r!c1.mod'],
    ['a name that was not escaped', '/current/github.com/Azure/a/@v/v1.0.0-RC1.mod'],
    ['a name too long for any disk', `/current/${'x'.repeat(5000)}`],
    ['a path too deep for any disk', `/current${'/x'.repeat(4000)}`],
    ['a name encoded twice', '/current/example.com/m/%2540v/list'],
  ])('is a plain 404: %s', async (_, path) => {
    const { status, headers, body } = await get(path);
    expect({ status, body }).toEqual({ status: 404, body: 'not found\n' });
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('is a 404 without a body for HEAD', async () => {
    const { status, body } = await ask(server.url, '/current/none', 'HEAD');
    expect({ status, body }).toEqual({ status: 404, body: '' });
  });

  it('is a 404 where the mirror has no folder public/ yet', async () => {
    rmSync(root, { recursive: true });
    expect((await get(`/${MOD}`)).status).toBe(404);
  });

  it('is a 404 where `current` points at nothing, or at itself', async () => {
    await swapLink(join(root, 'current'), 'snapshots/gone');
    expect((await get(`/${MOD}`)).status).toBe(404);
    await swapLink(join(root, 'current'), 'current');
    expect((await get(`/${MOD}`)).status).toBe(404);
  });
});

describe('the way out of the root', () => {
  it.each([
    '/../state.db',
    '/..',
    '/current/../../../state.db',
    '/current/./../../state.db',
    '/%2e%2e/state.db',
    '/%2E%2E/state.db',
    '/.%2e/state.db',
    '/%2e./state.db',
    '/..%2fstate.db',
    '/..%2Fstate.db',
    '/%2e%2e%2fstate.db',
    '/current%2f..%2f..%2f..%2fstate.db',
    '/..%5cstate.db',
    '/current\\..\\..\\state.db',
    '/..\\state.db',
    '/current/%00/../../state.db',
    '/state.db%00.mod',
    '/current/example.com/m/@v/list%00',
    '/%',
    '/%zz',
    '/%c0%ae%c0%ae/state.db',
    '/%ff',
    '/..;/state.db%2f..',
    '*',
  ])('is no path: %s', async (path) => {
    const { status, body } = await get(path);
    expect({ status, body }).toEqual({ status: 400, body: 'not a path\n' });
  });

  it.each([
    '/..;/state.db',
    '/%252e%252e/state.db',
    '/.../state.db',
    '//state.db',
    '/%2f%2fstate.db',
    '//..x/state.db',
    '/~/state.db',
  ])('is not found: %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('is closed to what no client library would send', async () => {
    for (const path of ['/../state.db', 'state.db', '../state.db', '/current/\u0001', '/a b']) {
      const answer = await sendRaw(
        server.url,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).not.toContain('secret');
    }
    const nul = await sendRaw(server.url, 'GET /\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(nul).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['a file', '../../../state.db', '/current/link'],
    ['a folder', '../../..', '/current/link/state.db'],
    ['an absolute place', '/etc', '/current/link/passwd'],
    ['a folder whose name begins like the root', '../../../public-2', '/current/link/file'],
  ])('is not followed through a link to %s', async (_, target, path) => {
    mkdirSync(join(mirror, 'public-2'));
    writeFileSync(join(mirror, 'public-2/file'), 'secret');
    symlinkSync(target, join(root, 'snapshots/s1/link'));
    expect(await get(path)).toMatchObject({ status: 404, body: 'not found\n' });
  });

  it('is not followed through `current` itself', async () => {
    mkdirSync(join(mirror, 'elsewhere'));
    writeFileSync(join(mirror, 'elsewhere/file'), 'secret');
    await swapLink(join(root, 'current'), '../elsewhere');
    expect((await get('/current/file')).status).toBe(404);
  });

  it.each([
    ['a file', '/current/.netrc'],
    ['a file below a folder', '/.git/config'],
    ['a file with the dot encoded', '/current/%2enetrc'],
    ['the link that a swap leaves when it is killed', '/.123.link/example.com/m/@v/list'],
    ['a hidden place behind a link with another name', '/current/seen'],
  ])('is no hidden one: %s', async (_, path) => {
    put('snapshots/s1/.netrc', 'secret');
    put('.git/config', 'secret');
    symlinkSync('snapshots/s1', join(root, '.123.link'));
    symlinkSync('.netrc', join(root, 'snapshots/s1/seen'));
    expect(await get(path)).toMatchObject({ status: 404, body: 'not found\n' });
  });

  it('is not held up by a named pipe', async () => {
    execFileSync('mkfifo', [join(root, 'snapshots/s1/pipe')]);
    expect((await get('/current/pipe')).status).toBe(404);
  });

  it('is not what a root that is a link itself looks like', async () => {
    const linked = join(mirror, 'linked');
    symlinkSync(root, linked);
    const other = await startServer({ root: linked, host: '127.0.0.1', port: 0, warn: () => {} });
    expect((await ask(other.url, `/${MOD}`)).status).toBe(200);
    await other.close();
  });
});

describe('other methods', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])(
    '%s is refused, and what is allowed is told',
    async (method) => {
      for (const path of [`/${MOD}`, '/healthz', '/../state.db']) {
        const { status, headers, body } = await ask(server.url, path, method);
        expect({ status, body, allow: headers.allow }).toEqual({
          status: 405,
          body: 'only GET and HEAD\n',
          allow: 'GET, HEAD',
        });
      }
    },
  );
});

describe('health', () => {
  it('is told as long as the server runs', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
    rmSync(root, { recursive: true });
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('is ready once something is published, and no longer when it is gone', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
    rmSync(join(root, 'current'));
    expect(await get('/readyz')).toMatchObject({ status: 503, body: 'nothing is published yet\n' });
    symlinkSync('snapshots/s1', join(root, 'current'));
    expect((await get('/readyz')).status).toBe(200);
  });

  it('is kept in no cache', async () => {
    expect((await get('/healthz')).headers['cache-control']).toBe('no-store');
  });
});

describe('a swap of `current`', () => {
  it('is seen by the next request, on the same connection too', async () => {
    put('snapshots/s2/example.com/m/@v/list', 'v1.1.0\n');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const list = async () => (await ask(server.url, '/current/example.com/m/@v/list', 'GET', agent)).body;
    expect(await list()).toBe('');
    await swapLink(join(root, 'current'), 'snapshots/s2');
    expect(await list()).toBe('v1.1.0\n');
    expect((await get(`/${MOD}`)).status).toBe(404);
    await swapLink(join(root, 'current'), 'snapshots/s1');
    expect(await list()).toBe('');
    agent.destroy();
  });
});

describe('the server', () => {
  it('tells the address that it listens on', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('closes although a client keeps its idle connection', async () => {
    const agent = new Agent({ keepAlive: true });
    const other = await startServer({ root, host: '127.0.0.1', port: 0, warn: () => {} });
    await ask(other.url, '/healthz', 'GET', agent);
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    await other.close();
    await expect(ask(other.url, '/healthz')).rejects.toThrow(/ECONNREFUSED/);
    agent.destroy();
  });

  it('outlives a client that goes away in the middle', async () => {
    put('snapshots/s1/large', 'x'.repeat(30_000_000));
    const { hostname, port } = new URL(server.url);
    const sent = request({ hostname, port, path: '/current/large', agent: false }).end();
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    await once(response, 'data');
    response.destroy();
    expect((await get('/healthz')).status).toBe(200);
  });

  it('refuses a port that another one has', async () => {
    const port = Number(new URL(server.url).port);
    const second = startServer({ root, host: '127.0.0.1', port, warn: () => {} });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
