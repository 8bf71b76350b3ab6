/** How a go.sum by URL is named: each once, the same on every machine, and without the secrets of its URL. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ended } from '../support/sync-fixture.ts';
import { makeListedWorld } from './listed-world.ts';

test('credentials reach the servers they are for, and nothing else: no output, no file of the mirror', async () => {
  const { world: made, server } = await makeListedWorld();
  await using world = made;
  const withSecrets = (url: string) => url.replace('http://', 'http://bob:hunter2-password@');
  const url = `${withSecrets(server.url)}/app/go.sum?token=hunter2-query`;
  const upstream = withSecrets(world.upstream.url);
  world.configure({ seeds: ['.', { url, headers: { 'PRIVATE-TOKEN': 'hunter2-header' } }], upstream });
  world.upstream.fault('example.com/m/@v/v1.0.0.mod', { body: 'false', times: 2 });

  const first = await world.sync();
  const runs: Ended[] = [first, await world.status(), await world.plan()];
  server.fault(/./, { status: 500 });
  runs.push(await world.sync(), await world.why('example.com/n'));

  const authorization = `Basic ${Buffer.from('bob:hunter2-password').toString('base64')}`;
  expect(server.requests[0]).toMatchObject({
    path: 'app/go.sum?token=hunter2-query',
    headers: { authorization, 'private-token': 'hunter2-header' },
  });
  expect(world.upstream.requests[0]?.headers).toMatchObject({ authorization });
  expect(world.upstream.requests[0]?.headers).not.toHaveProperty('private-token');
  expect(first.exit).toBe(4);
  const told = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  const secret = /hunter2|bob:|Ym9i/;
  expect(told).not.toMatch(secret);
  const found = filesBelow(world.mirror).filter((path) => secret.test(path + readFileSync(path, 'latin1')));
  expect(found).toEqual([]);
});

test('the same URL twice is one seed', async () => {
  const { world: made, server, url } = await makeListedWorld();
  await using world = made;
  world.configure({ seeds: [{ url }, { url }] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json.seeds).toMatchObject([{ source: url, wanted: 1 }]);
  expect(server.paths).toEqual(['app/go.sum']);
});

test('two URLs that differ in their query only and give the same list sync all the same', async () => {
  const { world: made, url } = await makeListedWorld();
  await using world = made;
  world.configure({ seeds: [{ url: `${url}?ref=main` }, { url: `${url}?ref=next` }] });

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', modules: { wanted: 1, fetched: 1 } });
});

test('the copies in a mirror that lies among the seeds are no seeds of their own', async () => {
  const { world: made, url } = await makeListedWorld();
  await using world = made;
  world.configure({ seeds: ['.', { url }], mirror: './mirror' });
  await world.sync();

  const { json } = await world.sync();

  expect(json.seeds.map(({ source }) => source)).toEqual(['a/go.sum', url]);
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
