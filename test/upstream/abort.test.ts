/** An abort ends a call wherever it is, with the caller's own reason, and leaves nothing behind. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { failureOf, M, reader } from './harness.ts';

const reason = new InterruptedError('INTERRUPTED', 'interrupted by SIGINT');

let up: UpstreamServer;
let folder: string;

beforeEach(async () => {
  up = await startUpstream();
  up.add({ path: 'example.com/m', version: 'v1.0.0', files: { big: 'x'.repeat(5000) } });
  folder = await mkdtemp(join(tmpdir(), 'modferry-abort-'));
});

afterEach(async () => {
  await up.close();
  await rm(folder, { recursive: true });
});

/** Resolves when the server has seen a request; the answer is held back by the fault. */
async function seen(): Promise<void> {
  while (up.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('an abort', () => {
  it.each<[string, Fault]>([
    ['before the headers', { stall: 0 }],
    ['in the middle of the body', { stall: 40 }],
    ['of an endless body', { endless: true }],
    ['of an endless refusal', { status: 403, drip: 1, body: 'x'.repeat(9999) }],
  ])('%s ends the download and removes its file', async (_, fault) => {
    up.fault(/zip$/, fault);
    const controller = new AbortController();
    const upstreams = reader(up.url);
    const download = upstreams.zip(M, join(folder, 'm.zip'), { signal: controller.signal });
    await seen();
    controller.abort(reason);
    await expect(download).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
    expect(upstreams.stats.requests).toBe(1);
    await upstreams.close();
  });

  it('before the call asks nobody', async () => {
    const upstreams = reader(up.url);
    await expect(upstreams.mod(M, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(up.requests).toEqual([]);
    await upstreams.close();
  });

  it('of the signal that all calls share ends all of them', async () => {
    up.fault(/./, { stall: 0 });
    const controller = new AbortController();
    const upstreams = reader(up.url, { signal: controller.signal, connections: 2 });
    // More calls than connections: some wait for one.
    const calls = Array.from({ length: 6 }, () => upstreams.mod(M).catch((error: unknown) => error));
    await seen();
    controller.abort(reason);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 6 }, () => reason));
    await upstreams.close();
  });

  it('while waiting for a connection means that the request is never sent', async () => {
    const released = Promise.withResolvers<void>();
    up.put('held', 'first');
    up.put('free', 'third');
    up.fault('held', { until: released.promise });
    up.fault('never', { stall: 0 });
    const controller = new AbortController();
    const upstreams = reader(up.url, { connections: 1 });
    const first = upstreams.get('held');
    await seen();
    const second = upstreams.get('never', { signal: controller.signal });
    const third = upstreams.get('free');
    while (upstreams.stats.requests < 3) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    released.resolve();
    expect((await first).body.toString()).toBe('first');
    expect((await third).body.toString()).toBe('third');
    expect(up.paths).toEqual(['held', 'free']);
    await upstreams.close();
  });

  it('during a wait of minutes for the next try ends it', async () => {
    up.fault(/mod$/, { status: 503, headers: { 'retry-after': '100' } });
    const controller = new AbortController();
    const retrying = Promise.withResolvers<void>();
    const upstreams = reader(up.url, { sleep: undefined, onRetry: () => retrying.resolve() });
    const call = upstreams.mod(M, { signal: controller.signal });
    await retrying.promise;
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await upstreams.close();
  });

  it('while a TLS connection is being set up ends it', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    // True, since it listens on a port.
    const { port } = silent.address() as AddressInfo;
    const connected = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
    const controller = new AbortController();
    const upstreams = reader(`https://127.0.0.1:${port}`);
    const call = upstreams.mod(M, { signal: controller.signal });
    await connected;
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await upstreams.close();
    silent.close();
  });

  it('does not go on to the next upstream', async () => {
    const other = await startUpstream();
    up.fault(/mod$/, { stall: 0 });
    const controller = new AbortController();
    const upstreams = reader(`${up.url}|${other.url}`);
    const call = upstreams.mod(M, { signal: controller.signal });
    await seen();
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(other.requests).toEqual([]);
    await upstreams.close();
    await other.close();
  });
});

describe('close', () => {
  it('ends calls under way, and may be called again', async () => {
    up.fault(/mod$/, { stall: 0 });
    const upstreams = reader(up.url);
    const told = failureOf(upstreams.mod(M));
    await seen();
    await upstreams.close();
    await upstreams.close();
    expect(await told).toEqual({ code: 'INTERRUPTED', message: 'the upstreams were closed' });
    expect(await failureOf(upstreams.mod(M))).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('is fine before the first request', async () => {
    const upstreams = reader(up.url);
    await upstreams.close();
    expect(upstreams.stats).toEqual({ requests: 0, bytes: 0 });
  });
});
