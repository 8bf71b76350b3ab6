/** Each HTTP request is told of once it is over: for metrics, so that nothing may be counted twice or left out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UpstreamExchange, Upstreams, UpstreamsOptions } from '../../src/upstream/upstreams.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { failureOf, M, reader } from './harness.ts';

const MOD = 'example.com/m/@v/v1.0.0.mod';
const TEXT = 'module example.com/m\n';

let up: UpstreamServer;
let opened: Upstreams[] = [];
let events: UpstreamExchange[];
let folder: string;

beforeEach(async () => {
  events = [];
  up = await startUpstream();
  up.put(MOD, TEXT);
  folder = await mkdtemp(join(tmpdir(), 'modferry-events-'));
});

afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()));
  opened = [];
  await up.close();
  await rm(folder, { recursive: true });
});

function open(spec: string, options: Partial<UpstreamsOptions> = {}): Upstreams {
  const upstreams = reader(spec, { onExchange: (event) => events.push(event), ...options });
  opened.push(upstreams);
  return upstreams;
}

/** Times are as they are, but must be times. */
function told(): Omit<UpstreamExchange, 'seconds'>[] {
  return events.map(({ seconds, ...rest }) => {
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(60);
    return rest;
  });
}

it('an answer is told with its status and the bytes of its body, under the redacted name of the upstream', async () => {
  await open(up.url.replace('//', '//me:secret@').concat('?key=k')).mod(M);
  expect(told()).toEqual([{ upstream: up.url, status: 200, bytes: TEXT.length }]);
});

it('each hop of a redirect is told under the upstream that was asked', async () => {
  up.fault(MOD, { redirect: '/stored' });
  up.put('stored', TEXT);
  await open(up.url).mod(M);
  expect(told()).toEqual([
    { upstream: up.url, status: 302, bytes: 0 },
    { upstream: up.url, status: 200, bytes: TEXT.length },
  ]);
});

it.each<[string, Fault, UpstreamExchange['status'], number]>([
  ['a 404', { status: 404, body: 'none' }, 404, 4],
  ['a 503', { status: 503, body: 'later' }, 503, 5],
  ['a reset', { reset: true }, 'failed', 0],
  ['a cut body', { body: 'z'.repeat(100), truncate: 40 }, 'failed', 40],
  ['a page in place of the file', { body: '<html>' }, 'failed', 6],
])('%s is told for each try', async (_, fault, status, bytes) => {
  up.fault(MOD, fault);
  const code = (await failureOf(open(up.url).mod(M))).code;
  const tries = ['NOT_FOUND', 'BAD_CONTENT'].includes(code) ? 1 : 2;
  expect(told()).toEqual(Array.from({ length: tries }, () => ({ upstream: up.url, status, bytes })));
});

it('the rest of a cut zip is told with its own bytes', async () => {
  up.put('example.com/m/@v/v1.0.0.zip', Buffer.alloc(200_000, 'z'));
  up.fault(/zip$/, { times: 1, truncate: 150_000 });
  await open(up.url).zip(M, join(folder, 'm.zip'));
  expect(told()).toEqual([
    { upstream: up.url, status: 'failed', bytes: 150_000 },
    { upstream: up.url, status: 206, bytes: 50_000 },
  ]);
});

it('each of several upstreams is told by its own name', async () => {
  const second = await startUpstream();
  second.put(MOD, TEXT);
  up.remove(MOD);
  await open(`${up.url},${second.url}`).mod(M);
  expect(told().map(({ upstream, status }) => [upstream, status])).toEqual([
    [up.url, 404],
    [second.url, 200],
  ]);
  await second.close();
});

it('a request that an abort ends is told as failed, and one that was never sent is not told', async () => {
  up.fault(MOD, { stall: 0 });
  const controller = new AbortController();
  const upstreams = open(up.url);
  const reason = new Error('enough');
  const asked = upstreams.mod(M, { signal: controller.signal });
  while (up.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(reason);
  await expect(asked).rejects.toBe(reason);
  await expect(upstreams.mod(M, { signal: controller.signal })).rejects.toBe(reason);
  expect(told()).toEqual([{ upstream: up.url, status: 'failed', bytes: 0 }]);
});

it('as many are told as requests are counted', async () => {
  up.fault(MOD, { times: 1, status: 503 });
  up.fault(MOD, { times: 1, redirect: '/stored' });
  up.put('stored', TEXT);
  const upstreams = open(up.url);
  await upstreams.mod(M);
  await failureOf(upstreams.info(M));
  expect(told()).toHaveLength(upstreams.stats.requests);
});
