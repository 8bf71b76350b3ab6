/** A server that does not answer is given up, so that thousands of files do not wait for it one after the other. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upstreams } from '../../src/upstream/upstreams.ts';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { failureOf, mv, reader } from './harness.ts';

let up: UpstreamServer;
let upstreams: Upstreams;

beforeEach(async () => {
  up = await startUpstream();
  up.add({ path: 'example.com/good', version: 'v1.0.0', files: {} });
  up.fault(/bad|dead/, { status: 503 });
  up.fault(/cut/, { body: 'zzz', contentLength: 9, truncate: 1 });
  upstreams = reader(up.url);
});

afterEach(async () => {
  await upstreams.close();
  await up.close();
});

const given = (what: string) =>
  `example.com/${what}: mod from ${up.url}: unavailable: given up after 3 module versions in a row failed`;
const ask = (what: string) => failureOf(upstreams.mod(mv(`example.com/${what}@v1.0.0`)));

describe('an upstream without an answer', () => {
  it('is given up after three module versions in a row, and not asked again', async () => {
    for (const what of ['bad1', 'bad2', 'cut3']) expect((await ask(what)).message).toMatch(/after 2 tries$/);
    const { requests } = upstreams.stats;
    expect((await ask('good')).message).toBe(given('good@v1.0.0'));
    expect((await ask('bad1')).code).toBe('UNAVAILABLE');
    expect(upstreams.stats.requests).toBe(requests);
  });

  it('is not given up for the files of one module version', async () => {
    for (const _ of [1, 2, 3, 4]) await ask('bad1');
    expect((await upstreams.mod(mv('example.com/good@v1.0.0'))).upstream).toBe(up.url);
  });

  it.each(['good', 'absent'])('is not given up as long as it answers between them (%s)', async (between) => {
    for (const what of ['bad1', 'bad2', 'bad3', 'bad4']) {
      await ask(what);
      await upstreams.mod(mv(`example.com/${between}@v1.0.0`)).catch(() => 'not found is an answer, too');
    }
    expect((await upstreams.mod(mv('example.com/good@v1.0.0'))).upstream).toBe(up.url);
  });

  it('leaves the others to be asked', async () => {
    const other = await startUpstream();
    other.add({ path: 'example.com/good', version: 'v1.0.0', files: {} });
    const both = reader(`${up.url}|${other.url}`);
    for (const what of ['dead1', 'dead2', 'dead3'])
      await failureOf(both.mod(mv(`example.com/${what}@v1.0.0`)));
    up.forget();
    expect((await both.mod(mv('example.com/good@v1.0.0'))).upstream).toBe(other.url);
    expect(up.requests).toEqual([]);
    await both.close();
    await other.close();
  });

  it('ends the tries of other files that are under way', async () => {
    await upstreams.close();
    const waiting = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    upstreams = reader(up.url, {
      retries: 3,
      sleep: async () => {
        if (upstreams.stats.requests > 1) return;
        waiting.resolve();
        await held.promise;
      },
    });
    const early = ask('dead0');
    await waiting.promise;
    for (const what of ['bad1', 'bad2', 'bad3']) await ask(what);
    held.resolve();
    expect((await early).message).toBe(
      `example.com/dead0@v1.0.0: mod from ${up.url}: unavailable: 503 after 2 tries`,
    );
  });
});
