import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatModuleVersion, type ModuleVersion } from '../../src/gomod/module-version.ts';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { lookupPath } from '../../src/sumdb/record.ts';
import { frontier, tilePath } from '../../src/sumdb/tile.ts';
import { openTreeHead } from '../../src/sumdb/tree-head.ts';
import { parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { flipBit, TestLog } from '../support/test-log.ts';
import { addModule, goModDownload, type PublishedLog, publishLog } from './static-mirror.ts';

const noGo = spawnSync('go', ['version']).status !== 0;
if (noGo) process.stderr.write('\n*** SKIPPED: the go command on a static log: there is no go command\n\n');

describe.skipIf(noGo)('a static log, for the go command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modferry-static-'));
  const log = new TestLog('log.example');
  const earlierNotes: string[] = [];
  let mvs: ModuleVersion[];
  let published: PublishedLog;
  const fileOf = (path: string) => join(folder, 'sumdb/log.example', path);
  const headAt = (note: string) => openTreeHead(note, [parseVerifierKey(log.key)]);

  beforeAll(async () => {
    log.fill(300);
    mvs = [addModule(folder, log, 'example.com/early')];
    log.fill(40_000);
    earlierNotes.push(log.head());
    mvs.push(addModule(folder, log, 'example.com/Middle'));
    log.fill(30_000);
    earlierNotes.push(log.head());
    mvs.push(addModule(folder, log, 'example.com/late'));
    published = await publishLog(folder, log, mvs, earlierNotes.map(headAt));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const expectAll = (run: { sums: object; errors: string }) => {
    expect(run.errors).toBe('');
    const lines = mvs.map((mv) => {
      const [path, version] = [mv.path, mv.version];
      const body = log.answer(`lookup/${path.replace('M', '!m')}@${version}`)?.toString() ?? '';
      return [formatModuleVersion(mv), body.split('\n')[1]?.split(' ')[2]];
    });
    expect(run.sums).toEqual(Object.fromEntries(lines));
  };

  it('proves every module to a fresh client', async () => {
    expectAll(await goModDownload(`file://${folder}`, log, mvs));
  });

  it.each([0, 1])('proves every module to a client that knows the earlier head %d', async (which) => {
    expectAll(await goModDownload(`file://${folder}`, log, mvs, earlierNotes[which]));
  });

  it('is refused to a client that knows a head which was never published', async () => {
    const { sums, errors } = await goModDownload(`file://${folder}`, log, mvs, log.head(50_000));
    expect(sums).toEqual({});
    expect(errors).toContain('checking tree#50000');
  });

  it.each([
    ['a fresh client', undefined],
    ['a client that knows the first earlier head', 0],
    ['a client that knows the second earlier head', 1],
  ])('is asked by %s for exactly the tiles that were computed for it', async (_, which) => {
    const latest = which === undefined ? undefined : earlierNotes[which];
    const server = await serveFolder(folder, 'sumdb/log.example/');
    try {
      expectAll(await goModDownload(server.url, log, mvs, latest));
    } finally {
      await server.close();
    }
    const tiles = tilesFor(published.head, published.ids, latest === undefined ? [] : [headAt(latest)]);
    const asked = server.asked.filter((path) => path.startsWith('tile/'));
    expect(asked.toSorted()).toEqual(tiles.map(tilePath).toSorted());
  });

  it('fails a fresh client without any one of its tiles and lookups', async () => {
    const tiles = tilesFor(published.head, published.ids, []).map(tilePath);
    for (const path of [...tiles, ...mvs.map(lookupPath)]) {
      renameSync(fileOf(path), `${fileOf(path)}.gone`);
      const { sums, errors } = await goModDownload(`file://${folder}`, log, mvs);
      renameSync(`${fileOf(path)}.gone`, fileOf(path));
      expect(errors.replaceAll('%21', '!')).toContain(path);
      expect(Object.keys(sums).length, path).toBeLessThan(mvs.length);
    }
    expectAll(await goModDownload(`file://${folder}`, log, mvs));
  });

  it('fails a fresh client with one changed byte in a tile or a lookup', async () => {
    const lookup = published.paths.find((path) => path.startsWith('lookup/')) ?? '';
    for (const path of [...frontier(log.size).map(tilePath), 'tile/8/0/001', 'tile/8/1/000', lookup]) {
      const right = readFileSync(fileOf(path));
      writeFileSync(fileOf(path), flipBit(right, 10));
      const { sums, errors } = await goModDownload(`file://${folder}`, log, mvs);
      writeFileSync(fileOf(path), right);
      expect(errors, path).not.toBe('');
      expect(Object.keys(sums).length, path).toBeLessThan(mvs.length);
    }
  });
});

/** The folder over HTTP; `asked` has the paths below `base` that were answered with 200. */
async function serveFolder(folder: string, base: string) {
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    let body: Buffer;
    try {
      body = readFileSync(join(folder, path));
    } catch {
      reply.writeHead(404).end();
      return;
    }
    if (path.startsWith(base)) asked.push(path.slice(base.length));
    reply.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The cast is true: the server listens on a port.
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, asked, close };
}
