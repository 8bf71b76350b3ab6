/** Where the checksum database is found, who hears of which module on the way, and what of its answers is passed on. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InterruptedError } from '../../src/errors.ts';
import type { ModuleVersion } from '../../src/gomod/module-version.ts';
import { lookupPath } from '../../src/sumdb/record.ts';
import type { LogAddress, LogServer } from '../../src/upstream/log-server.ts';
import type { Upstreams, UpstreamsOptions } from '../../src/upstream/upstreams.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { makeCertificate } from './certificate.ts';
import { everythingIn, failureOf, M, mv, reader } from './harness.ts';

const LOG = 'log.example';
const BASE = `sumdb/${LOG}/`;
const OTHER = mv('corp.example/team/lib@v1.0.0');
const TILE = 'tile/8/0/000.p/1';
const tls = makeCertificate();

let first: UpstreamServer;
let second: UpstreamServer;
let opened: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  [first, second] = await Promise.all([startUpstream(), startUpstream()]);
  opened.push(first, second);
});

afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()));
  opened = [];
});

/** Lets a server pass the log on, or be it; its lookups tell which server they came from. */
function passesOn(up: UpstreamServer, base = BASE): void {
  up.put(`${base}supported`, '');
  up.put(`${base}latest`, 'head\n');
  up.put(base + TILE, Buffer.alloc(32, 'h'));
  for (const module of [M, OTHER]) up.put(base + lookupPath(module), `record from ${up.url}`);
}

function open(
  spec: Parameters<typeof reader>[0],
  options: Partial<UpstreamsOptions> = {},
  address: LogAddress = { name: LOG },
): LogServer {
  const upstreams: Upstreams = reader(spec, options);
  opened.push(upstreams);
  return upstreams.log(address);
}

const lookup = (log: LogServer, module: ModuleVersion = M) => log.lookup(lookupPath(module), module);
const pathsOf = (up: UpstreamServer) => up.requests.map(({ path }) => path);

describe('the log is found', () => {
  const faults: [string, Fault, string, number][] = [
    ['404', { status: 404 }, 'not found: 404', 1],
    ['410', { status: 410 }, 'not found: 410', 1],
    ['403', { status: 403, body: '' }, 'rejected: 403', 1],
    ['503', { status: 503 }, 'unavailable: 503 after 2 tries', 2],
    ['a reset', { reset: true }, 'unavailable: connection closed before an answer after 2 tries', 2],
    ['a page', { page: true }, 'wrong content: a web page in place of the file', 1],
  ];

  it('at the first upstream that answers supported, which then gives everything', async () => {
    passesOn(first);
    passesOn(second);
    const log = open(`${first.url},${second.url}`);
    expect((await lookup(log)).body.toString()).toBe(`record from ${first.url}`);
    expect((await log.tile(TILE, 32)).upstream).toBe(first.url);
    expect((await log.latest()).body.toString()).toBe('head\n');
    expect(pathsOf(first)).toEqual([
      `${BASE}supported`,
      `${BASE}lookup/example.com/m@v1.0.0`,
      BASE + TILE,
      `${BASE}latest`,
    ]);
    expect(second.requests).toEqual([]);
  });

  it.each(faults)(
    'after a comma past an upstream with %s only if it is 404 or 410',
    async (what, fault, told, tries) => {
      passesOn(second);
      first.fault(/supported$/, fault);
      const answer = lookup(open(`${first.url},${second.url}`));
      if (what === '404' || what === '410') {
        expect((await answer).upstream).toBe(second.url);
      } else {
        const failure = await failureOf(answer);
        expect(failure.message).toBe(`example.com/m@v1.0.0: sumdb from ${first.url}: ${told}`);
        expect(failure.module).toBe('example.com/m@v1.0.0');
        expect(second.requests).toEqual([]);
      }
      expect(pathsOf(first)).toEqual(Array.from({ length: tries }, () => `${BASE}supported`));
    },
  );

  it.each(faults)('after a bar past an upstream with %s', async (_, fault, __, tries) => {
    passesOn(second);
    first.fault(/supported$/, fault);
    expect((await lookup(open(`${first.url}|${second.url}`))).upstream).toBe(second.url);
    expect(first.requests).toHaveLength(tries);
  });

  it('where it was found, though a later answer is not found there: it is asked nowhere else', async () => {
    passesOn(first);
    passesOn(second);
    first.remove(BASE + lookupPath(M));
    expect(await failureOf(lookup(open(`${first.url}|${second.url}`)))).toEqual({
      code: 'NOT_FOUND',
      message: `example.com/m@v1.0.0: lookup from ${first.url}: not found: 404`,
      module: 'example.com/m@v1.0.0',
    });
    expect(second.requests).toEqual([]);
  });

  it('never at an upstream with only, even if that names the module', async () => {
    passesOn(first);
    passesOn(second);
    const log = open([{ url: first.url, only: ['corp.example'] }, second.url]);
    expect((await lookup(log)).upstream).toBe(second.url);
    expect((await lookup(log, OTHER)).upstream).toBe(second.url);
    expect(first.requests).toEqual([]);
  });

  it('below the path of an upstream, with its query', async () => {
    passesOn(first, `go/proxy/${BASE}`);
    expect((await lookup(open(`${first.url}/go/proxy/?key=k`))).upstream).toBe(`${first.url}/go/proxy`);
    expect(pathsOf(first)[0]).toBe(`go/proxy/${BASE}supported?key=k`);
  });

  it('below a name that has a path', async () => {
    passesOn(first, 'sumdb/log.example/team/db/');
    const log = open(first.url, {}, { name: 'log.example/team/db' });
    expect((await lookup(log)).body.toString()).toBe(`record from ${first.url}`);
    expect(pathsOf(first)[0]).toBe('sumdb/log.example/team/db/supported');
  });

  it('at an address of its own past all upstreams, and nobody is asked whether it is supported', async () => {
    passesOn(first);
    passesOn(second, 'path/');
    const log = open(first.url, {}, { name: LOG, url: new URL(`${second.url}/path`) });
    expect(await lookup(log)).toEqual({
      body: Buffer.from(`record from ${second.url}`),
      upstream: `${second.url}/path`,
    });
    expect(first.requests).toEqual([]);
    expect(pathsOf(second)).toEqual(['path/lookup/example.com/m@v1.0.0']);
  });

  it('once, however many calls come at once, and nobody is asked before the first', async () => {
    passesOn(first);
    const log = open(first.url);
    expect(first.requests).toEqual([]);
    const released = Promise.withResolvers<void>();
    first.fault(/supported$/, { until: released.promise, body: '' });
    const calls = [lookup(log), lookup(log, OTHER), log.tile(TILE, 32), log.latest()];
    released.resolve();
    await Promise.all(calls);
    expect(pathsOf(first).filter((path) => path === `${BASE}supported`)).toHaveLength(1);
    await lookup(log);
    expect(pathsOf(first).filter((path) => path === `${BASE}supported`)).toHaveLength(1);
  });

  it('by the next call, where a search has failed', async () => {
    passesOn(first);
    first.fault(/supported$/, { times: 1, status: 403 });
    const log = open(first.url);
    expect((await failureOf(lookup(log))).code).toBe('REJECTED');
    expect((await lookup(log)).upstream).toBe(first.url);
    expect(pathsOf(first).filter((path) => path === `${BASE}supported`)).toHaveLength(2);
  });

  it('by the next call, where a search was interrupted', async () => {
    passesOn(first);
    const log = open(first.url);
    const reason = new InterruptedError('INTERRUPTED', 'interrupted by SIGINT');
    const call = log.lookup(lookupPath(M), M, { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
    expect(first.requests).toEqual([]);
    expect((await lookup(log)).upstream).toBe(first.url);
  });

  it('by nobody after a failure that all who waited are told, each with its own name', async () => {
    first.fault(/supported$/, { status: 403, body: 'no entry' });
    const log = open(first.url);
    const calls = [lookup(log), lookup(log, OTHER), log.tile(TILE, 32), log.latest()];
    const failures = await Promise.all(calls.map((call) => failureOf(call)));
    const told = `sumdb from ${first.url}: rejected: 403: no entry`;
    expect(failures).toEqual([
      { code: 'REJECTED', message: `example.com/m@v1.0.0: ${told}`, module: 'example.com/m@v1.0.0' },
      {
        code: 'REJECTED',
        message: `corp.example/team/lib@v1.0.0: ${told}`,
        module: 'corp.example/team/lib@v1.0.0',
      },
      { code: 'REJECTED', message: `${TILE}: ${told}` },
      { code: 'REJECTED', message: `log.example: ${told}` },
    ]);
    expect(first.requests).toHaveLength(1);
  });
});

describe.skipIf(tls === undefined)('the log itself', () => {
  const certificate = tls ?? { key: '', cert: '' };
  const trusted = getCACertificates('default');
  let itself: UpstreamServer;
  let name: string;

  beforeAll(() => setDefaultCACertificates([...trusted, certificate.cert]));
  afterAll(() => setDefaultCACertificates(trusted));

  beforeEach(async () => {
    itself = await startUpstream({ tls: certificate });
    opened.push(itself);
    name = itself.url.replace('https://', '');
    passesOn(itself, '');
  });

  it('is asked over https at its name, where no upstream passes it on', async () => {
    const log = open(`${first.url},${second.url}`, {}, { name });
    expect(await lookup(log)).toEqual({
      body: Buffer.from(`record from ${itself.url}`),
      upstream: itself.url,
    });
    expect([pathsOf(first), pathsOf(second)]).toEqual([
      [`sumdb/${name}/supported`],
      [`sumdb/${name}/supported`],
    ]);
    expect(pathsOf(itself)).toEqual(['lookup/example.com/m@v1.0.0']);
  });

  it('is asked below the path that its name has', async () => {
    passesOn(itself, 'team/db/');
    expect((await lookup(open(first.url, {}, { name: `${name}/team/db` }))).upstream).toBe(
      `${itself.url}/team/db`,
    );
    expect(pathsOf(itself)).toEqual(['team/db/lookup/example.com/m@v1.0.0']);
  });

  it('is asked after a bar, where the last upstream fails in any way, and not after a comma', async () => {
    first.fault(/supported$/, { status: 403 });
    expect((await failureOf(lookup(open(first.url, {}, { name })))).code).toBe('REJECTED');
    expect(itself.requests).toEqual([]);
    expect((await lookup(open(`${first.url}|`, {}, { name }))).upstream).toBe(itself.url);
  });

  it('is asked, where every upstream has only', async () => {
    expect((await lookup(open([{ url: first.url, only: ['corp.example'] }], {}, { name }))).upstream).toBe(
      itself.url,
    );
    expect(first.requests).toEqual([]);
  });

  it('is asked about what the chosen upstream excepts, and about nothing else', async () => {
    passesOn(first, `sumdb/${name}/`);
    const log = open([{ url: first.url, except: ['corp.example/*'] }], {}, { name });
    expect((await lookup(log, OTHER)).upstream).toBe(itself.url);
    expect((await lookup(log)).upstream).toBe(first.url);
    expect((await log.tile(TILE, 32)).upstream).toBe(first.url);
    expect((await log.latest()).upstream).toBe(first.url);
    expect(pathsOf(itself)).toEqual(['lookup/corp.example/team/lib@v1.0.0']);
    expect(pathsOf(first).join()).not.toContain('corp.example');
  });

  it('gets none of the credentials and headers that the upstreams get', async () => {
    passesOn(second, `sumdb/${name}/`);
    const spec = [
      { url: first.url.replace('//', '//me:s3cret@'), headers: { 'X-Key': 'k1' } },
      { url: second.url, headers: { 'X-Key': 'k2' }, except: ['corp.example'] },
    ];
    const log = open(spec, {}, { name });
    await lookup(log);
    await lookup(log, OTHER);
    const secrets = (up: UpstreamServer) =>
      up.requests.map(({ headers }) => [headers.authorization, headers['x-key']]);
    expect(secrets(first)).toEqual([[`Basic ${btoa('me:s3cret')}`, 'k1']]);
    expect(secrets(second)).toEqual([
      [undefined, 'k2'],
      [undefined, 'k2'],
    ]);
    expect(secrets(itself)).toEqual([[undefined, undefined]]);
  });

  it('gets what .netrc has for its host', async () => {
    const log = open(first.url, { netrc: 'machine 127.0.0.1 login net password rc\n' }, { name });
    await lookup(log);
    expect(itself.requests[0]?.headers.authorization).toBe(`Basic ${btoa('net:rc')}`);
    expect(first.requests[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('an address of its own', () => {
  it('may have user information, which it gets and nobody reads', async () => {
    passesOn(first, '');
    const url = new URL(first.url.replace('//', '//me:p%C3%A4ss@'));
    const log = open(second.url, {}, { name: LOG, url });
    expect((await lookup(log)).upstream).toBe(first.url);
    expect(first.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('me:päss').toString('base64')}`,
    );
    first.fault(/lookup/, { status: 503 });
    const error: unknown = await lookup(log).catch((reason: unknown) => reason);
    expect(everythingIn(error)).toContain(`example.com/m@v1.0.0: lookup from ${first.url}: unavailable: 503`);
    expect(everythingIn(error)).not.toMatch(/p(ä|%C3%A4)ss/);
  });

  it('is named without its query and user information', async () => {
    const url = new URL(`${first.url.replace('//', '//me:s3cret@')}/db?key=s3cret`);
    expect(await failureOf(lookup(open(second.url, {}, { name: LOG, url })))).toEqual({
      code: 'NOT_FOUND',
      message: `example.com/m@v1.0.0: lookup from ${first.url}/db: not found: 404`,
      module: 'example.com/m@v1.0.0',
    });
    expect(pathsOf(first)).toEqual(['db/lookup/example.com/m@v1.0.0?key=s3cret']);
  });
});

describe('of the answers of the log', () => {
  const FILE = Buffer.alloc(32, '<');
  let log: LogServer;

  beforeEach(() => {
    passesOn(first);
    log = open(first.url);
  });

  it('a lookup is asked for with %21 where a capital was', async () => {
    const capital = mv('github.com/Azure/SDK@v1.0.0-RC1');
    first.put(`${BASE}lookup/github.com/!azure/!s!d!k@v1.0.0-!r!c1`, 'record');
    expect((await lookup(log, capital)).body.toString()).toBe('record');
    expect(pathsOf(first).at(-1)).toBe(`${BASE}lookup/github.com/%21azure/%21s%21d%21k@v1.0.0-%21r%21c1`);
  });

  it('a tile that begins with < is the tile that it is', async () => {
    first.put(BASE + TILE, FILE);
    expect((await log.tile(TILE, 32)).body).toEqual(FILE);
  });

  it.each([
    ['too short', Buffer.alloc(31, 'h')],
    ['too long', Buffer.alloc(64, 'h')],
    ['empty', Buffer.alloc(0)],
  ])('a tile that is %s and no page is passed on, for whoever proves it', async (_, body) => {
    first.put(BASE + TILE, body);
    expect((await log.tile(TILE, 32)).body).toEqual(body);
  });

  it.each<[string, Fault, string]>([
    ['a page by its type', { page: true }, 'a web page in place of the file'],
    [
      'of the right size, and a page by its type',
      { body: FILE, headers: { 'content-type': 'Text/HTML; charset=utf-8' } },
      'a web page in place of the file',
    ],
    [
      'of another size and begins as a page does',
      { body: '<html>Please log in', headers: { 'content-type': 'application/octet-stream' } },
      '19 bytes in place of 32: a web page',
    ],
    [
      'compressed',
      { body: FILE, headers: { 'content-encoding': 'gzip' } },
      'sent compressed, though plain bytes were asked for',
    ],
  ])('a tile is refused that is %s', async (_, fault, reason) => {
    first.fault(BASE + TILE, fault);
    expect(await failureOf(log.tile(TILE, 32))).toEqual({
      code: 'BAD_CONTENT',
      message: `${TILE}: tile from ${first.url}: wrong content: ${reason}`,
    });
    expect(pathsOf(first)).toEqual([`${BASE}supported`, BASE + TILE]);
  });

  it.each<[string, Fault, string, string, number]>([
    ['404', { status: 404 }, 'NOT_FOUND', 'not found: 404', 1],
    ['410', { status: 410 }, 'NOT_FOUND', 'not found: 410', 1],
    [
      '403 with a line',
      { status: 403, body: 'withheld by policy' },
      'REJECTED',
      'rejected: 403: withheld by policy',
      1,
    ],
    ['503', { status: 503 }, 'UNAVAILABLE', 'unavailable: 503 after 2 tries', 2],
    [
      'a cut body',
      { body: 'z'.repeat(100), truncate: 40 },
      'TRUNCATED',
      'truncated: 40 of 100 bytes after 2 tries',
      2,
    ],
    ['a page', { page: true }, 'BAD_CONTENT', 'wrong content: a web page in place of the file', 1],
    [
      'too many bytes',
      { body: Buffer.alloc((1 << 20) + 1, 'z') },
      'TOO_LARGE',
      'too large: more than 1048576 bytes',
      1,
    ],
  ])('%s is told as for any file', async (_, fault, code, told, tries) => {
    first.fault(/lookup|latest/, fault);
    expect(await failureOf(lookup(log))).toEqual({
      code,
      message: `example.com/m@v1.0.0: lookup from ${first.url}: ${told}`,
      module: 'example.com/m@v1.0.0',
    });
    expect(first.requests).toHaveLength(1 + tries);
    expect(await failureOf(log.latest())).toEqual({
      code,
      message: `log.example: latest from ${first.url}: ${told}`,
    });
  });

  it('one that is tried again is told of to whoever watches', async () => {
    const events: unknown[] = [];
    const watched = open(first.url, { onRetry: (event) => events.push(event) });
    first.fault(/lookup/, { times: 1, status: 503 });
    await lookup(watched);
    expect(events).toEqual([
      {
        subject: 'example.com/m@v1.0.0',
        file: 'lookup',
        upstream: first.url,
        attempt: 1,
        tries: 2,
        delay: 0,
        reason: 'unavailable: 503',
      },
    ]);
  });
});
