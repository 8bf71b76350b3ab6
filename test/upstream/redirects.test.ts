/** Redirects are followed, but carry no secret to another origin, and come to an end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Upstreams } from '../../src/upstream/upstreams.ts';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { failureOf, M, reader } from './harness.ts';

const PATH = 'example.com/m/@v/v1.0.0.mod';
const SECRETS = ['authorization', 'private-token', 'x-key'];

let up: UpstreamServer;
let elsewhere: UpstreamServer;
let upstreams: Upstreams;

beforeEach(async () => {
  [up, elsewhere] = await Promise.all([startUpstream(), startUpstream()]);
  const url = up.url.replace('//', '//me:secret@');
  upstreams = reader([{ url, headers: { 'Private-Token': 'tok', 'X-Key': 'key' } }]);
});

afterEach(async () => {
  await Promise.all([upstreams.close(), up.close(), elsewhere.close()]);
});

function secretsSent(server: UpstreamServer): string[][] {
  return server.requests.map(({ headers }) => SECRETS.filter((name) => headers[name] !== undefined));
}

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('with status %i is followed', async (status) => {
    up.fault(PATH, { redirect: '/stored/file?part=1', status });
    up.put('stored/file', 'module m\n');
    expect((await upstreams.mod(M)).body.toString()).toBe('module m\n');
    expect(up.requests.map(({ path }) => path)).toEqual([PATH, 'stored/file?part=1']);
    expect(upstreams.stats.requests).toBe(2);
  });

  it('within the origin keeps the credentials', async () => {
    up.fault(PATH, { redirect: `${up.url}/file` });
    up.put('file', 'module m\n');
    await upstreams.mod(M);
    expect(secretsSent(up)).toEqual([SECRETS, SECRETS]);
    expect(up.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:secret')}`);
  });

  it('to another port of the host carries no credentials and none of our headers', async () => {
    up.fault(PATH, { redirect: elsewhere.url.replace('//', '//they:chose@').concat('/file') });
    elsewhere.put('file', 'module m\n');
    expect((await upstreams.mod(M)).upstream).toBe(up.url);
    expect(secretsSent(elsewhere)).toEqual([[]]);
    expect(elsewhere.requests[0]?.headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': 'modferry/test',
    });
  });

  it('back to the origin has them again', async () => {
    up.fault(PATH, { redirect: `${elsewhere.url}/hop` });
    elsewhere.fault('hop', { redirect: `${up.url}/file` });
    up.put('file', 'module m\n');
    await upstreams.mod(M);
    expect([...secretsSent(elsewhere), ...secretsSent(up)]).toEqual([[], SECRETS, SECRETS]);
  });

  it('ten times over is followed, and eleven times is not', async () => {
    for (let hop = 0; hop < 11; hop++)
      up.fault(hop === 0 ? PATH : `hop${hop}`, { redirect: `/hop${hop + 1}` });
    up.put('hop10', 'module m\n');
    expect(await failureOf(upstreams.mod(M))).toMatchObject({
      code: 'REJECTED',
      message: `example.com/m@v1.0.0: mod from ${up.url}: rejected: more than 10 redirects`,
    });
    up.heal();
    for (let hop = 0; hop < 10; hop++)
      up.fault(hop === 0 ? PATH : `hop${hop}`, { redirect: `/hop${hop + 1}` });
    expect((await upstreams.mod(M)).body.toString()).toBe('module m\n');
  });

  it.each([
    ['to itself', () => ({ redirect: `/${PATH}` }), 'rejected: a redirect in a circle'],
    [
      'in a circle by way of another host',
      () => ({ redirect: `${elsewhere.url}/back` }),
      'rejected: a redirect in a circle',
    ],
    [
      'to a file',
      () => ({ redirect: 'file:///etc/passwd' }),
      'rejected: a redirect to what is neither https nor http',
    ],
    ['to no URL', () => ({ redirect: 'http://' }), 'rejected: a redirect to no URL'],
    ['to nowhere', () => ({ status: 302, body: '' }), 'rejected: a redirect to no URL'],
    ['with status 304', () => ({ status: 304, body: '' }), 'rejected: 304'],
  ])('%s is refused', async (_, fault, what) => {
    elsewhere.fault('back', { redirect: `${up.url}/${PATH}` });
    up.fault(PATH, fault());
    const told = await failureOf(upstreams.mod(M));
    expect(told.code).toBe('REJECTED');
    expect(told.message.replace(` after a redirect to ${elsewhere.url}`, '')).toBe(
      `example.com/m@v1.0.0: mod from ${up.url}: ${what}`,
    );
  });

  it('that leads to a failure elsewhere is told with where', async () => {
    up.fault(PATH, { redirect: `${elsewhere.url}/gone?signature=s3cret` });
    expect(await failureOf(upstreams.mod(M))).toMatchObject({
      code: 'NOT_FOUND',
      message: `example.com/m@v1.0.0: mod from ${up.url}: not found: 404 after a redirect to ${elsewhere.url}`,
    });
  });

  it('is followed anew by each try', async () => {
    up.fault(PATH, { redirect: `${elsewhere.url}/file` });
    elsewhere.put('file', 'module m\n');
    elsewhere.fault('file', { times: 1, status: 503 });
    expect((await upstreams.mod(M)).body.toString()).toBe('module m\n');
    expect(upstreams.stats.requests).toBe(4);
  });
});
