/** Who is asked, in which order, and who must never hear of a module: told by the requests that servers saw. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePatterns } from '../../src/gomod/pattern.ts';
import type { Upstreams, UpstreamsOptions } from '../../src/upstream/upstreams.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { failureOf, M, mv, reader } from './harness.ts';

let first: UpstreamServer;
let second: UpstreamServer;
let third: UpstreamServer;
let opened: Upstreams[] = [];

beforeEach(async () => {
  [first, second, third] = await Promise.all([startUpstream(), startUpstream(), startUpstream()]);
  for (const up of [first, second, third]) up.put('example.com/m/@v/v1.0.0.mod', `module from ${up.url}\n`);
});

afterEach(async () => {
  await Promise.all([...opened, first, second, third].map((each) => each.close()));
  opened = [];
});

function open(spec: Parameters<typeof reader>[0], options: Partial<UpstreamsOptions> = {}): Upstreams {
  const upstreams = reader(spec, options);
  opened.push(upstreams);
  return upstreams;
}

const asked = () => [first, second, third].map((up) => up.requests.length);

describe('the fallback rule', () => {
  const faults: [string, Fault, number][] = [
    ['404', { status: 404 }, 1],
    ['410', { status: 410 }, 1],
    ['403', { status: 403 }, 1],
    ['503', { status: 503 }, 2],
    ['a reset', { reset: true }, 2],
    ['a page', { page: true }, 1],
    ['a cut body', { contentLength: 999, truncate: 3 }, 2],
  ];

  it.each(faults)('after a bar, %s goes on to the next', async (_, fault, tries) => {
    first.fault(/mod$/, fault);
    const { upstream } = await open(`${first.url}|${second.url}`).mod(M);
    expect(upstream).toBe(second.url);
    expect(asked()).toEqual([tries, 1, 0]);
  });

  it.each(faults)('after a comma, %s goes on only if it is 404 or 410', async (what, fault, tries) => {
    first.fault(/mod$/, fault);
    const result = open(`${first.url},${second.url}`).mod(M);
    if (what === '404' || what === '410') {
      expect((await result).upstream).toBe(second.url);
    } else {
      expect((await failureOf(result)).message).toContain(first.url);
      expect(asked()).toEqual([tries, 0, 0]);
    }
  });

  it('a wrong info counts as a failure of its upstream', async () => {
    first.put('example.com/m/@v/v1.0.0.info', '{"Version":"v9.9.9"}');
    second.add({ path: 'example.com/m', version: 'v1.0.0', files: {} });
    expect((await open(`${first.url}|${second.url}`).info(M)).upstream).toBe(second.url);
    expect(await failureOf(open(`${first.url},${second.url}`).info(M))).toMatchObject({ code: 'BAD_INFO' });
  });

  it.each<[string, Fault, Fault, string, 0 | 1]>([
    ['later before not found', { status: 503 }, { status: 404 }, 'UNAVAILABLE', 0],
    ['later before a refusal', { status: 403 }, { status: 503 }, 'UNAVAILABLE', 1],
    ['a refusal before not found', { status: 404 }, { status: 403 }, 'REJECTED', 1],
    ['a page before not found', { page: true }, { status: 404 }, 'BAD_CONTENT', 0],
    ['the first of two that did not find it', { status: 404 }, { status: 410 }, 'NOT_FOUND', 0],
  ])('the error is the most telling: %s', async (_, faultOfFirst, faultOfSecond, code, teller) => {
    first.fault(/mod$/, faultOfFirst);
    second.fault(/mod$/, faultOfSecond);
    const told = await failureOf(open(`${first.url}|${second.url}`).mod(M));
    expect(told.code).toBe(code);
    expect(told.message).toContain(`example.com/m@v1.0.0: mod from ${[first, second][teller]?.url}: `);
  });

  it('an upstream to avoid is asked last', async () => {
    const upstreams = open(`${first.url},${second.url},${third.url}`);
    expect((await upstreams.mod(M, { avoid: first.url })).upstream).toBe(second.url);
    second.fault(/mod$/, { status: 403 });
    third.fault(/mod$/, { page: true });
    expect((await upstreams.mod(M, { avoid: first.url })).upstream).toBe(first.url);
    expect((await upstreams.mod(M)).upstream).toBe(first.url);
  });

  it('an upstream to avoid is asked again where it is the only one', async () => {
    expect((await open(first.url).mod(M, { avoid: first.url })).upstream).toBe(first.url);
  });
});

describe('only, except and private', () => {
  const PRIVATE = mv('corp.example/team/lib@v1.0.0');
  const privatePatterns = parsePatterns('corp.example/*');

  beforeEach(() => {
    third.put('corp.example/team/lib/@v/v1.0.0.mod', 'module corp.example/team/lib\n');
  });

  it('a private module is asked for only where only names it', async () => {
    const spec = [
      first.url,
      { url: second.url, only: ['other.example'] },
      { url: third.url, only: ['corp.example/*'] },
    ];
    const upstreams = open(spec, { privatePatterns });
    expect((await upstreams.mod(PRIVATE)).upstream).toBe(third.url);
    expect(asked()).toEqual([0, 0, 1]);
  });

  it.each(['info', 'mod', 'list', 'latest', 'get'] as const)(
    'no %s request names a private module elsewhere',
    async (endpoint) => {
      const spec = [
        first.url,
        { url: second.url, only: ['other.example'] },
        { url: third.url, except: ['x.example'] },
      ];
      const upstreams = open(spec, { privatePatterns });
      const { path } = PRIVATE;
      const ask = {
        info: () => upstreams.info(PRIVATE),
        mod: () => upstreams.mod(PRIVATE),
        list: () => upstreams.list(path),
        latest: () => upstreams.latest(path),
        get: () => upstreams.get(`sumdb/x/lookup/${path}@v1.0.0`, { module: path }),
      }[endpoint];
      const told = await failureOf(ask());
      expect(told.code).toBe('PRIVATE');
      expect(told.message).toMatch(/corp\.example\/team\/lib.*: private: no upstream names it in only$/);
      expect(told.hint).toBe("give an upstream with only: ['corp.example/*'] for it");
      expect(asked()).toEqual([0, 0, 0]);
    },
  );

  it('what fails at its own upstream does not go on to a public one', async () => {
    const spec = `${first.url}|${second.url}`;
    const upstreams = open([{ url: third.url, only: ['corp.example/*'] }, spec], { privatePatterns });
    third.fault(/mod$/, { status: 404 });
    expect(await failureOf(upstreams.mod(PRIVATE))).toMatchObject({ code: 'NOT_FOUND' });
    expect(asked()).toEqual([0, 0, 1]);
  });

  it('except wins over only', async () => {
    const spec = [{ url: third.url, only: ['corp.example/*'], except: ['corp.example/team'] }];
    expect(await failureOf(open(spec, { privatePatterns }).mod(PRIVATE))).toMatchObject({
      code: 'PRIVATE',
      message: 'corp.example/team/lib@v1.0.0: mod: private: no upstream names it in only',
    });
    expect(asked()).toEqual([0, 0, 0]);
  });

  it('an upstream with only is not asked for anything else', async () => {
    const upstreams = open([{ url: first.url, only: ['corp.example/*'] }, second.url], { privatePatterns });
    expect((await upstreams.mod(M)).upstream).toBe(second.url);
    expect(await failureOf(upstreams.get('sumdb/x/supported'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(asked()).toEqual([0, 2, 0]);
  });

  it('an upstream with except is passed over for what it excepts', async () => {
    const upstreams = open([{ url: first.url, except: ['example.com'] }, second.url]);
    expect((await upstreams.mod(M)).upstream).toBe(second.url);
    expect(asked()).toEqual([0, 1, 0]);
  });

  it('a module that only and except leave nobody for is told as such', async () => {
    expect(await failureOf(open([{ url: first.url, only: ['corp.example/*'] }]).mod(M))).toEqual({
      code: 'PRIVATE',
      message: 'example.com/m@v1.0.0: mod: no upstream: only and except leave none',
      hint: "give an upstream with only: ['example.com/*'] for it",
      module: 'example.com/m@v1.0.0',
    });
  });
});
