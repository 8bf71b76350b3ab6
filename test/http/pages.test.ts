import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask } from './client.ts';
import { makePublicFolder } from './public-folder.ts';

const page =
  (text: string, status = 200) =>
  async () => ({ status, contentType: 'text/plain; version=0.0.4', text });

test('a page is made anew for each request, and kept in no cache', async () => {
  await using folder = makePublicFolder();
  let count = 0;
  const { url } = await folder.serve({ pages: { '/metrics': () => page(`scrapes ${++count}\n`)() } });
  const first = await ask(url, '/metrics');
  expect(first).toMatchObject({ status: 200, body: 'scrapes 1\n' });
  expect(first.headers).toMatchObject({
    'content-type': 'text/plain; version=0.0.4',
    'content-length': '10',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  expect((await ask(url, '/metrics?x=1')).body).toBe('scrapes 2\n');
  const head = await ask(url, '/metrics', 'HEAD');
  expect({ body: head.body, length: head.headers['content-length'] }).toEqual({ body: '', length: '10' });
  expect((await ask(url, '/metrics', 'POST')).status).toBe(405);
});

test('only the names that were given are pages', async () => {
  await using folder = makePublicFolder();
  const { url } = await folder.serve({ pages: { '/metrics': page('m\n') } });
  for (const path of ['/metrics/', '/metrics/x', '/metric', '/constructor', '/toString', '/__proto__']) {
    expect([path, (await ask(url, path)).status]).toEqual([path, 404]);
  }
  const bare = await folder.serve();
  expect((await ask(bare.url, '/metrics')).status).toBe(404);
});

test('a module of the same name is served all the same: no page lies where modules do', async () => {
  await using folder = makePublicFolder();
  folder.put('snapshots/s1/metrics/@v/list', 'v1.0.0\n');
  folder.put('snapshots/s1/metrics/file', 'module\n');
  const { url } = await folder.serve({ pages: { '/metrics': page('page\n') } });
  expect((await ask(url, '/current/metrics/@v/list')).body).toBe('v1.0.0\n');
  expect((await ask(url, '/current/metrics')).status).toBe(404);
  expect((await ask(url, '/metrics')).body).toBe('page\n');
});

test('a page that fails is a 500 without its reason, which is warned of', async () => {
  await using folder = makePublicFolder();
  const failing = () => Promise.reject(new Error('state.db: secret place'));
  const { url } = await folder.serve({ pages: { '/metrics': failing } });
  expect(await ask(url, '/metrics')).toMatchObject({ status: 500, body: 'cannot answer this\n' });
  expect(folder.warnings).toEqual(['GET /metrics: state.db: secret place']);
  expect((await ask(url, '/healthz')).status).toBe(200);
});

test('readiness says in words why what is published should not be used', async () => {
  await using folder = makePublicFolder();
  let reason: string | undefined;
  const { url } = await folder.serve({ notReady: async () => reason });
  expect(await ask(url, '/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
  reason = 'the last check is 30 h old';
  expect(await ask(url, '/readyz')).toMatchObject({ status: 503, body: 'the last check is 30 h old\n' });
  expect((await ask(url, '/healthz')).status).toBe(200);
  rmSync(join(folder.root, 'current'));
  expect(await ask(url, '/readyz')).toMatchObject({ status: 503, body: 'nothing is published yet\n' });
  symlinkSync('snapshots/gone', join(folder.root, 'current'));
  expect((await ask(url, '/readyz')).status).toBe(503);
});

test('no answer says what program gave it', async () => {
  await using folder = makePublicFolder();
  const { url } = await folder.serve();
  for (const path of ['/healthz', '/current/example.com/m/@v/list', '/none', '/..', '/readyz']) {
    const { headers } = await ask(url, path);
    expect(Object.keys(headers).filter((name) => /^(server|x-powered-by|via)$/.test(name))).toEqual([]);
    expect([path, headers['x-content-type-options']]).toEqual([path, 'nosniff']);
  }
});
