/** The size of a zip, asked with HEAD, as `plan --sizes` needs it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { parseUpstreams } from '../../src/upstream/proxy-list.ts';
import { Upstreams } from '../../src/upstream/upstreams.ts';
import { startUpstream } from '../support/upstream-server.ts';

describe('zipSize', () => {
  const mv = parseModuleVersion('example.com/m', 'v1.0.0');
  let server: Awaited<ReturnType<typeof startUpstream>>;
  let upstreams: Upstreams;

  beforeEach(async () => {
    server = await startUpstream();
    const { entries } = parseUpstreams(server.url);
    upstreams = new Upstreams(entries, { userAgent: 'modferry/test', retries: 1 });
  });

  afterEach(async () => {
    await upstreams.close();
    await server.close();
  });

  it('is what a download brings, and brings nothing itself', async () => {
    server.add({ path: mv.path, version: mv.version, files: { 'm.go': 'package m\n' } });
    const size = await upstreams.zipSize(mv);
    expect(upstreams.stats).toEqual({ requests: 1, bytes: 0 });
    expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
      ['HEAD', 'example.com/m/@v/v1.0.0.zip'],
    ]);
    const response = await fetch(`${server.url}/example.com/m/@v/v1.0.0.zip`);
    expect(size).toBe((await response.arrayBuffer()).byteLength);
  });

  it('is unknown where the upstream has no such zip', async () => {
    expect(await upstreams.zipSize(mv)).toBeUndefined();
  });
});
