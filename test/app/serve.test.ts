/** What a server over a mirror says of it to monitoring: `/metrics` and `/readyz`, from the ledger that a sync has left. */
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { serve } from '../../src/app/serve.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLog } from '../../src/log.ts';
import { ask } from '../http/client.ts';
import { parseExposition, samplesOf } from '../metrics/exposition.ts';
import { hold, makeWorld, OTHER_H1, type World } from '../support/sync-fixture.ts';

const DAY = 86_400;

afterEach(() => void vi.useRealTimers());

/** A server over the world's mirror, and what it says. */
async function serveWorld(world: World, maxAge?: number) {
  const config = await loadConfig(world.home);
  const said: string[] = [];
  const log = createLog({
    level: 'warn',
    format: 'text',
    write: (text) => void said.push(text),
    terminal: false,
  });
  const server = await serve({ config, env: {}, log }, { host: '127.0.0.1', port: 0 }, maxAge);
  return {
    url: server.url,
    said,
    scrape: async () => {
      const { status, body, headers } = await ask(server.url, '/metrics');
      expect({ status, type: headers['content-type'] }).toEqual({
        status: 200,
        type: 'text/plain; version=0.0.4; charset=utf-8',
      });
      return parseExposition(body);
    },
    ready: async () => {
      const { status, body } = await ask(server.url, '/readyz');
      return `${status} ${body.trimEnd()}`;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

test('a mirror with gaps tells its seeds, its problems, its snapshot and its disk', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  world.add('example.com/o', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  world.writeSum('b/go.sum', world.modLines('example.com/m@v1.0.0'));
  world.configure({ accept: [{ module: 'example.com/o', version: 'v1.0.0', reason: 'gone' }] });
  world.upstream.fault('example.com/n/@v/v1.0.0.mod', { status: 404 });
  world.upstream.fault('example.com/o/@v/v1.0.0.mod', { status: 404 });
  const { json } = await world.sync();
  const { json: status } = await world.status();
  await using server = await serveWorld(world, DAY);

  const exposition = await server.scrape();

  expect(samplesOf(exposition, 'modferry_seed_')).toEqual({
    'modferry_seed_wanted_modules{seed="a/go.sum"}': 3,
    'modferry_seed_wanted_modules{seed="b/go.sum"}': 1,
    'modferry_seed_present_modules{seed="a/go.sum"}': 1,
    'modferry_seed_present_modules{seed="b/go.sum"}': 1,
    'modferry_seed_missing_modules{seed="a/go.sum"}': 1,
    'modferry_seed_missing_modules{seed="b/go.sum"}': 0,
    'modferry_seed_accepted_modules{seed="a/go.sum"}': 1,
    'modferry_seed_accepted_modules{seed="b/go.sum"}': 0,
  });
  expect(samplesOf(exposition, 'modferry_problems')).toEqual({
    'modferry_problems{code="NOT_FOUND",kind="gap"}': 1,
  });
  const { samples } = exposition;
  expect(samples.get(`modferry_snapshot_info{id="${json.snapshot?.id}"}`)).toBe(1);
  expect(samples.get('modferry_snapshot_modules')).toBe(status.modules);
  expect(samples.get('modferry_snapshot_bytes')).toBe(status.bytes);
  expect(samples.get('modferry_last_run_outcome{outcome="incomplete"}')).toBe(1);
  expect(samples.get('modferry_last_run_outcome{outcome="published"}')).toBe(0);
  expect(samples.get('modferry_last_check_timestamp_seconds')).toBe(
    Date.parse(status.checkedAt ?? '') / 1000,
  );
  expect(samples.get('modferry_max_age_seconds')).toBe(DAY);
  const { blocks, bsize } = statfsSync(world.mirror);
  expect(samples.get('modferry_disk_size_bytes')).toBe(blocks * bsize);
  expect(samples.get('modferry_disk_free_bytes')).toBeGreaterThan(0);
  expect(samples.has('modferry_bad_files')).toBe(false);
  expect(server.said).toEqual([]);
});

test('a hash that does not match is a problem of kind integrity', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('go.sum', [`example.com/m v1.0.0/go.mod ${OTHER_H1}`]);
  await world.sync();
  await using server = await serveWorld(world);
  expect(samplesOf(await server.scrape(), 'modferry_problems')).toEqual({
    'modferry_problems{code="HASH_MISMATCH",kind="integrity"}': 1,
  });
});

test('the next sync is seen by the next scrape, and a seed that is gone is gone', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
  await world.sync();
  await using server = await serveWorld(world);
  const before = await server.scrape();
  world.add('example.com/n', 'v1.0.0');
  rmSync(join(world.home, 'a'), { recursive: true });
  world.writeSum('b/go.sum', world.modLines());
  const { json } = await world.sync();

  const after = await server.scrape();

  expect(samplesOf(before, 'modferry_seed_wanted')).toEqual({
    'modferry_seed_wanted_modules{seed="a/go.sum"}': 1,
  });
  expect(samplesOf(after, 'modferry_seed_wanted')).toEqual({
    'modferry_seed_wanted_modules{seed="b/go.sum"}': 2,
  });
  expect(samplesOf(after, 'modferry_snapshot_info')).toEqual({
    [`modferry_snapshot_info{id="${json.snapshot?.id}"}`]: 1,
  });
});

test('while a run is under way the figures of the one before stand', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('go.sum', world.modLines());
  await world.sync();
  world.add('example.com/n', 'v1.0.0');
  world.writeSum('go.sum', world.modLines());
  const { fault, reached, release } = hold();
  world.upstream.fault('example.com/n/@v/v1.0.0.mod', fault);
  const run = world.sync();
  await reached;
  await using server = await serveWorld(world, DAY);

  const { samples } = await server.scrape();
  const ready = await server.ready();
  release();
  await run;

  expect(samples.get('modferry_seed_wanted_modules{seed="go.sum"}')).toBe(1);
  expect(samples.get('modferry_last_run_outcome{outcome="published"}')).toBe(0);
  expect(samples.has('modferry_last_run_end_timestamp_seconds')).toBe(false);
  expect(samples.has('modferry_last_check_age_seconds')).toBe(true);
  expect(ready).toBe('200 ok');
});

test('before the first sync there is nothing but the process, and nothing is made', async () => {
  await using world = await makeWorld();
  await using server = await serveWorld(world, DAY);
  const exposition = await server.scrape();
  expect(samplesOf(exposition, 'modferry_state')).toEqual({ modferry_state_readable: 1 });
  expect(samplesOf(exposition, 'modferry_disk')).toEqual({});
  expect(samplesOf(exposition, 'modferry_last')).toEqual({});
  expect(await server.ready()).toBe('503 nothing is published yet');
  expect(existsSync(world.mirror)).toBe(false);
});

test('a ledger that is damaged leaves the rest of the scrape, and is not ready', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('go.sum', world.modLines());
  await world.sync();
  for (const ending of ['-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
  writeFileSync(join(world.mirror, 'state.db'), 'no database'.repeat(1000));
  await using server = await serveWorld(world, DAY);

  const { samples } = await server.scrape();

  expect(samples.get('modferry_state_readable')).toBe(0);
  expect(samples.get('process_start_time_seconds')).toBeGreaterThan(0);
  expect(await server.ready()).toBe('503 whether the mirror is stale cannot be told: the log says why');
  expect((await ask(server.url, '/current/example.com/m/@v/list')).status).toBe(200);
  expect(server.said.join('')).toMatch(
    /metrics: .*state\.db: is damaged[\s\S]*\/readyz: .*state\.db: is damaged/,
  );
});

test('readiness goes by the last check that went through, and says how old it is', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T00:00:00Z') });
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('go.sum', world.modLines());
  await world.sync();
  await using server = await serveWorld(world, DAY);
  await using lax = await serveWorld(world);
  expect(await server.ready()).toBe('200 ok');
  vi.setSystemTime(new Date('2026-03-02T06:00:00Z'));
  expect(await server.ready()).toBe('503 stale: the last check is 30 h old, the limit is 24 h');
  expect(await lax.ready()).toBe('200 ok');
  await world.sync();
  expect(await server.ready()).toBe('200 ok');
});

test('where only public/ is, as behind a gap, the age is that of the snapshot', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T00:00:00Z') });
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('go.sum', world.modLines());
  const { json } = await world.sync();
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
  await using server = await serveWorld(world, DAY);
  vi.setSystemTime(new Date('2026-03-01T12:00:00Z'));
  expect(await server.ready()).toBe('200 ok');
  vi.setSystemTime(new Date('2026-03-04T00:00:00Z'));
  expect(await server.ready()).toBe('503 stale: the current snapshot is 3 days old, the limit is 24 h');
  const { samples } = await server.scrape();
  expect(samples.get(`modferry_snapshot_info{id="${json.snapshot?.id}"}`)).toBe(1);
  expect(samples.get('modferry_snapshot_age_seconds')).toBe(3 * DAY);
  expect(samples.has('modferry_snapshot_modules')).toBe(false);
});

test('neither figure nor reason holds a secret of a seed', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  const list = await world.anotherUpstream();
  list.put(
    'app/go.sum',
    world
      .modLines()
      .map((line) => `${line}\n`)
      .join(''),
  );
  const url = `${list.url.replace('http://', 'http://bob:hunter2@')}/app/go.sum?token=hunter2`;
  world.configure({ seeds: [{ url }] });
  await world.sync();
  await using server = await serveWorld(world, DAY);
  const { body } = await ask(server.url, '/metrics');
  expect(body).toContain(`seed="${list.url}/app/go.sum"`);
  expect(body).not.toMatch(/hunter2|bob/);
});
