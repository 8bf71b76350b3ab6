/** The verb `daemon` as an operator meets it: runs, pages, a configuration that breaks and heals, signals. */
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { acquireLease } from '../../src/store/lease.ts';
import { hold, makeWorld, type Running, type World } from '../support/sync-fixture.ts';

const EACH_SECOND = { schedule: '* * * * * *', listen: '127.0.0.1:0', retryAfter: '1s' };

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly run?: string;
}

async function makeDaemonWorld(fields: Parameters<World['configure']>[0] = {}): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/a', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  world.configure({ ...EACH_SECOND, ...fields });
  return world;
}

/** The log so far. */
function linesOf(running: Running): Line[] {
  return running
    .stderrSoFar()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Waits until a line of the log matches; the test's own time limit ends it. */
async function seen(running: Running, pattern: RegExp, count = 1): Promise<Line> {
  for (;;) {
    const found = linesOf(running).filter(({ msg }) => pattern.test(msg));
    const line = found[count - 1];
    if (line !== undefined) return line;
    await delay(20);
  }
}

test('runs again and again, serves what it published and its figures, and ends with 0 on the first signal', async () => {
  await using world = await makeDaemonWorld();
  const daemon = world.start('daemon');
  const address = /GOPROXY=(\S+)\/current/.exec((await seen(daemon, /^serving/)).msg)?.[1] ?? '';
  const begun = await seen(daemon, /^sync begins \(start\)/);
  const published = await seen(daemon, /^published: exit 0: 1 module versions wanted, 1 fetched/);
  await seen(daemon, /^unchanged: exit 0/, 2);

  expect(published.run).toBe(begun.run);
  expect(new Set(linesOf(daemon).flatMap(({ run }) => run ?? [])).size).toBeGreaterThan(2);
  const get = async (path: string) => {
    const reply = await fetch(`${address}${path}`);
    return { status: reply.status, text: await reply.text() };
  };
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  expect(await get('/readyz')).toMatchObject({ status: 200 });
  expect(await get('/current/example.com/a/@v/list')).toEqual({ status: 200, text: 'v1.0.0\n' });
  const { text } = await get('/metrics');
  expect(text).toMatch(/^modferry_runs_total\{outcome="published"\} 1$/m);
  expect(text).toMatch(
    /^modferry_upstream_request_seconds_count\{upstream="http:\/\/127.0.0.1:\d+",status="200"\} 3$/m,
  );
  expect(text).toMatch(/^modferry_seed_wanted_modules\{seed="x\/go.sum"\} 1$/m);
  daemon.send('SIGTERM');
  expect((await daemon.ended).exit).toBe(0);
  await expect(fetch(`${address}/healthz`)).rejects.toThrow();
});

test('a configuration that breaks is said, and the last good one goes on until it is mended', async () => {
  await using world = await makeDaemonWorld();
  const daemon = world.start('daemon');
  await seen(daemon, /^published/);
  world.write('mirror.config.json', '{"seeds": [1]}');
  const broken = await seen(daemon, /going on with the configuration that was read before$/);
  expect(broken).toMatchObject({ level: 'error' });
  expect(broken.msg).toMatch(/mirror\.config\.json: seeds\[0\]: /);
  const runs = linesOf(daemon).filter(({ msg }) => msg.startsWith('unchanged')).length;
  await seen(daemon, /^unchanged/, runs + 1);
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('y/go.sum', world.upstream.goSumLines('example.com/b@v1.0.0'));
  world.configure(EACH_SECOND);
  await seen(daemon, /^published: exit 0: 2 module versions/);
  daemon.send('SIGINT');
  expect((await daemon.ended).exit).toBe(0);
});

test('a run is retried while something is missing, and tells it in the log', async () => {
  await using world = await makeDaemonWorld({ schedule: '0 0 1 1 *' });
  world.upstream.fault(/\.zip$/, { status: 404, times: 2 });
  const daemon = world.start('daemon');
  await seen(daemon, /^sync begins \(retry\)/, 2);
  await seen(daemon, /^published: exit 0/);
  expect(
    linesOf(daemon)
      .filter(({ level }) => level === 'warn')
      .map(({ msg }) => msg.split(':')[0]),
  ).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  daemon.send('SIGTERM');
  expect((await daemon.ended).exit).toBe(0);
  expect((await world.status()).json.history.map(({ outcome }) => outcome)).toEqual([
    'published',
    'incomplete',
    'incomplete',
  ]);
});

test('the first signal lets what is under way finish and keeps it; the exit says that a run was cut short', async () => {
  await using world = await makeDaemonWorld({ connections: 1 });
  world.add('example.com/b', 'v1.0.0');
  world.writeSum('x/go.sum', world.upstream.goSumLines());
  const held = hold();
  world.upstream.fault('example.com/a/@v/v1.0.0.zip', held.fault);
  const daemon = world.start('daemon');
  await held.reached;
  daemon.send('SIGTERM');
  held.release();
  const { exit } = await daemon.ended;
  expect(exit).toBe(143);
  expect(linesOf(daemon).at(-1)?.msg).toMatch(/^interrupted: exit 143/);
  expect(Object.keys(world.everything('pool'))).toContain('example.com/a/@v/v1.0.0.zip');
  expect(world.unsound()).toEqual([]);
});

test('a second signal ends a download that would not end', async () => {
  await using world = await makeDaemonWorld();
  world.upstream.fault(/\.zip$/, { stall: 10 });
  const daemon = world.start('daemon');
  await seen(daemon, /^sync begins/);
  while (!world.upstream.paths.some((path) => path.endsWith('.zip'))) await delay(20);
  daemon.send('SIGTERM');
  // npm passes a signal on that the terminal has sent already: one of the same moment does not count.
  await delay(500);
  daemon.send('SIGTERM');
  expect((await daemon.ended).exit).toBe(143);
});

test('while another process writes, a run is left out with who holds the lock, and tried again', async () => {
  await using world = await makeDaemonWorld({ schedule: '0 0 1 1 *' });
  mkdirSync(world.mirror, { recursive: true });
  const lease = acquireLease(world.mirror, 'gc', () => new Date('2026-11-03T00:00:00Z'));
  const daemon = world.start('daemon');
  const refused = await seen(daemon, /^failed: exit 6: /);
  expect(refused).toMatchObject({ level: 'error' });
  expect(refused.msg).toMatch(/is locked by gc of process \d+ on \S+ since 2026-11-03T00:00:00.000Z$/);
  lease.release();
  await seen(daemon, /^published: exit 0/);
  daemon.send('SIGTERM');
  expect((await daemon.ended).exit).toBe(0);
});

test('what the configuration says of old snapshots is done after each published run', async () => {
  await using world = await makeDaemonWorld({ keep: { snapshots: 2 } });
  const daemon = world.start('daemon');
  for (const [index, name] of ['b', 'c', 'd'].entries()) {
    await seen(daemon, /^published/, index + 1);
    world.add(`example.com/${name}`, 'v1.0.0');
    world.writeSum('x/go.sum', world.upstream.goSumLines());
  }
  await seen(daemon, /^keep: removed 1 snapshots and 0 files/, 2);
  daemon.send('SIGTERM');
  await daemon.ended;
  const { stdout } = await world.run('snapshots', 'list', '--json');
  expect(JSON.parse(stdout)).toHaveLength(2);
  expect(world.unsound()).toEqual([]);
});

test.each([
  [{ schedule: undefined }, 'schedule: the daemon needs one'],
  [{ schedule: 'nightly' }, "schedule: 'nightly' is no cron line"],
  [{ timezone: 'Mars/Olympus' }, "timezone: there is no time zone 'Mars/Olympus'"],
  [{ listen: 'nowhere' }, "listen: 'nowhere' is no address with a port"],
  [{ listen: '203.0.113.1:1' }, 'listen: 203.0.113.1:1: this machine has no such address'],
])('a configuration with %j is refused at the start', async (fields, message) => {
  await using world = await makeDaemonWorld(fields);
  const { exit, json } = await world.refused('daemon');
  expect(exit).toBe(2);
  expect(json.error.message).toContain(message);
});
