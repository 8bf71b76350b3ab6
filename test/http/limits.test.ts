import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/http/server.ts';
import { ask, sendRaw } from './client.ts';
import { makePublicFolder } from './public-folder.ts';

const LARGE = 24 << 20;
const ZIP = '/current/example.com/large/@v/v1.0.0.zip';

/** A folder with a zip that does not fit into the buffers between server and client. */
function makeLarge() {
  const folder = makePublicFolder();
  folder.put(`snapshots/s1${ZIP.slice('/current'.length)}`, Buffer.alloc(LARGE, 'x'));
  return folder;
}

/** A connection that the test ends. */
async function open(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** However it ends: an error comes before its end, and is no other one. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function begin(url: string, path: string): Promise<IncomingMessage> {
  const [response] = (await once(request(url + path, { agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  return response;
}

test('a client that never ends its headers is sent away, and others are served meanwhile', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve({ limits: { headers: 200, checks: 50 } });
  const slow = await Promise.all(
    Array.from({ length: 50 }, () =>
      sendRaw(server.url, 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b'),
    ).concat(
      // One that has not even begun.
      sendRaw(server.url, ''),
    ),
  );
  expect(new Set(slow.map((answer) => answer.split('\r\n')[0]))).toEqual(
    new Set(['HTTP/1.1 408 Request Timeout']),
  );
  expect((await ask(server.url, '/healthz')).status).toBe(200);
});

test('a client that drips its headers gains no time by it', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve({ limits: { headers: 300, checks: 50 } });
  const socket = await open(server.url);
  const said: Buffer[] = [];
  socket.on('data', (chunk) => said.push(chunk));
  const ended = closed(socket);
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ');
  const drip = setInterval(() => socket.write('a'), 20);
  await ended;
  clearInterval(drip);
  // A byte that comes after the end resets the connection, and the reason may be lost with it.
  expect(Buffer.concat(said).toString()).toMatch(/^(HTTP\/1\.1 408 |$)/);
});

test('headers larger than any request needs are refused', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve();
  const answer = await sendRaw(
    server.url,
    `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(LIMITS.headerBytes)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

test('a body that is announced and never comes does not keep a connection', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve({ limits: { headers: 200, request: 300, checks: 50 } });
  const answer = await sendRaw(server.url, 'GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('a slow download is not cut by the limits of a request', async () => {
  await using folder = makeLarge();
  const limits = { headers: 100, request: 100, checks: 20, keepAlive: 50 };
  const server = await folder.serve({ limits });
  const response = await begin(server.url, ZIP);
  let received = 0;
  let next = 1;
  for await (const chunk of response) {
    received += (chunk as Buffer).length;
    if (received < next * (2 << 20)) continue;
    next++;
    await wait(60);
  }
  // It took several times what headers and request may.
  expect(next).toBeGreaterThan(10);
  expect(received).toBe(LARGE);
});

test('a download that nobody reads any more is given up', async () => {
  await using folder = makeLarge();
  const server = await folder.serve({ limits: { idle: 200, grace: 3_600_000 } });
  const response = await begin(server.url, ZIP);
  response.pause();
  // It ends because the download does: the grace is an hour.
  await server.close();
  const read = async () => {
    for await (const _ of response);
  };
  await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('500 connections at once are all answered', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve();
  const agent = new Agent({ keepAlive: true, maxSockets: 500, maxFreeSockets: 500 });
  const answers = await Promise.all(
    Array.from({ length: 500 }, () => ask(server.url, '/current/example.com/m/@v/list', 'GET', agent)),
  );
  const open = Object.values(agent.freeSockets).flat().length;
  agent.destroy();
  expect(answers.filter(({ status, body }) => status !== 200 || body !== 'v1.0.0\n')).toEqual([]);
  expect(open).toBe(500);
  expect(folder.warnings).toEqual([]);
});

test('downloads that stand still, more than there are threads, keep nobody else from an answer', async () => {
  await using folder = makeLarge();
  const server = await folder.serve({ limits: { grace: 1 } });
  const downloads = await Promise.all(Array.from({ length: 40 }, () => begin(server.url, ZIP)));
  expect(downloads.every(({ statusCode }) => statusCode === 200)).toBe(true);
  expect((await ask(server.url, '/current/example.com/m/@v/list')).body).toBe('v1.0.0\n');
  for (const download of downloads) download.on('error', () => download.destroy()).destroy();
});

test('connections above the limit are closed at once, and there is room again when one ends', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve({ limits: { connections: 2 } });
  const [first, second] = [await open(server.url), await open(server.url)];
  const third = await open(server.url);
  await closed(third.resume());
  first.destroy();
  // The server hears of the end on its own time: a client tries again.
  let status: number | undefined;
  while (status === undefined) {
    status = await ask(server.url, '/healthz').then(
      (answer) => answer.status,
      () => undefined,
    );
  }
  expect(status).toBe(200);
  second.destroy();
});

test('close lets an answer under way end, and takes no new one', async () => {
  await using folder = makeLarge();
  const server = await folder.serve();
  const idle = await open(server.url);
  const response = await begin(server.url, ZIP);
  const closed = server.close();
  await expect(ask(server.url, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  await closed;
  expect(received).toBe(LARGE);
  idle.destroy();
});

test('close ends by itself where a client neither reads nor goes', async () => {
  await using folder = makeLarge();
  const server = await folder.serve({ limits: { grace: 100 } });
  const response = await begin(server.url, ZIP);
  response.on('error', () => {}).pause();
  await server.close();
  response.destroy();
});

test('close does not wait for a connection that has asked nothing', async () => {
  await using folder = makePublicFolder();
  const server = await folder.serve({ limits: { grace: 3_600_000, headers: 3_000_000, request: 3_000_000 } });
  const [silent, half] = [await open(server.url), await open(server.url)];
  half.write('GET /healthz HTTP/1.1\r\n');
  await ask(server.url, '/healthz');
  await server.close();
  silent.destroy();
  half.destroy();
});
