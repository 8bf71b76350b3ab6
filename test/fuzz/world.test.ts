/**
 * Whole syncs from an upstream that lies at random, a proxy or a checksum database: after each of them every published
 * file is the true one, nothing is left in staging, the exit status says what happened, and once the upstream is true
 * again one more sync publishes all of it.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { escapePath, escapeVersion } from '../../src/gomod/escape.ts';
import { formatInfo, parseInfo } from '../../src/gomod/info.ts';
import type { ModuleVersion } from '../../src/gomod/module-version.ts';
import { moduleFiles } from '../support/sync-fixture.ts';
import type { Fault } from '../support/upstream-server.ts';
import { LOG, type LogWorld, makeLogWorld } from '../sync/log-world.ts';
import { fuzz } from './campaign.ts';
import { mutate } from './mutate.ts';
import type { Chance } from './random.ts';
import { expectSound } from './sound.ts';

/** Ordinary inputs that a sync counts for. */
const WEIGHT = 60;
const HANG_SECONDS = 120;
const MODULES: readonly [string, string][] = [
  ['example.com/a', 'v1.0.0'],
  ['example.com/a', 'v1.1.0-rc.1'],
  ['example.com/Bee', 'v0.2.0'],
  ['example.com/c/v2', 'v2.0.0'],
];

let world: LogWorld;
let versions: ModuleVersion[];
/** What an upstream is asked for, below its base. */
let paths: string[];

beforeAll(async () => {
  world = await makeLogWorld();
  versions = MODULES.map(([path, version]) =>
    world.add(path, version, { ...moduleFiles(path), 'big.txt': `${version}\n`.repeat(5_000) }),
  );
  world.sumAll();
  world.configure({ sumdb: 'off' });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

interface Lies {
  readonly faults: ReadonlyMap<string, Fault>;
}

test('syncs from a lying proxy', async (context) => {
  world.configure({ sumdb: 'off' });
  await honestStart();
  const row = await fuzz<Lies>(
    {
      name: 'syncs from a lying proxy',
      weight: WEIGHT,
      bound: HANG_SECONDS,
      make: (chance) => makeLies(chance, paths),
      show: showLies,
      judge: judgeSync,
    },
    context,
  );
  expectSound(row);
});

test('syncs with a lying checksum database', async (context) => {
  world.configure();
  await honestStart();
  const log = paths.filter((path) => path.startsWith('sumdb/'));
  expect(log.length).toBeGreaterThan(MODULES.length);
  const row = await fuzz<Lies>(
    {
      name: 'syncs with a lying checksum database',
      weight: WEIGHT,
      bound: HANG_SECONDS,
      make: (chance) => makeLies(chance, chance.once(3) ? paths : log),
      show: showLies,
      judge: judgeSync,
    },
    context,
  );
  expectSound(row);
});

/** Finds what is asked for, and that an honest run is complete. */
async function honestStart(): Promise<void> {
  rmSync(world.mirror, { recursive: true, force: true });
  world.upstream.heal();
  world.upstream.forget();
  expect((await world.sync()).exit).toBe(0);
  paths = [...new Set(world.upstream.paths)].filter((path) => !path.endsWith('@latest')).sort();
}

/** Whether the run was complete in spite of the lies. */
async function judgeSync({ faults }: Lies): Promise<boolean> {
  rmSync(world.mirror, { recursive: true, force: true });
  for (const [path, fault] of faults) world.upstream.fault(path, fault);
  const { exit, stderr } = await world.sync();
  world.upstream.heal();
  expect([0, 3, 4], stderr).toContain(exit);
  expect(falseFiles(faults), stderr).toEqual([]);
  expectTrueLog();

  const again = await world.sync();
  expect(again.exit, again.stderr).toBe(0);
  expect(world.files().filter((path) => path.endsWith('.zip'))).toHaveLength(MODULES.length);
  expect(falseFiles(faults)).toEqual([]);
  return exit === 0;
}

/** No hash covers an `.info`: a lie of the right shape passes, in our own bytes. */
function falseFiles(faults: Lies['faults']): string[] {
  const passable = new Set(
    versions.flatMap((mv) => {
      const path = `${escapePath(mv.path)}/@v/${escapeVersion(mv.version)}.info`;
      const told = faults.get(path)?.body?.toString();
      const parsed = told === undefined ? undefined : parseInfo(told, mv);
      // Where nobody gives one for a version that the log knows, it is our own, without a time.
      const allowed = [{ version: mv.version }, ...(parsed?.ok ? [parsed.info] : [])].map(formatInfo);
      return world.files().includes(path) && allowed.includes(world.read(path)) ? [path] : [];
    }),
  );
  return world.unsound().filter((path) => !passable.has(path));
}

/** Every published lookup is about the true record, under a head that the log signed. */
function expectTrueLog(): void {
  for (const path of Object.keys(world.logFiles()).filter((name) => name.startsWith('lookup/'))) {
    const [told = ''] = (world.served(path) ?? '').split('\n\n');
    const [truth = ''] = (world.log.answer(path)?.toString() ?? 'nothing').split('\n\n');
    if (told !== '') expect(told).toBe(truth);
  }
  const head = world.served('latest');
  if (head !== undefined) expect(head).toBe(world.log.head());
}

function makeLies(chance: Chance, about: readonly string[]): Lies {
  const bodies = paths.map(truthOf);
  const lied = chance.many(0, 3, () => chance.pick(about));
  const faults = new Map(lied.map((path) => [path, makeFault(chance, truthOf(path), bodies)]));
  return { faults };
}

function truthOf(path: string): Buffer {
  const prefix = `sumdb/${LOG}/`;
  if (!path.startsWith(prefix)) return world.upstream.file(path);
  return world.log.answer(path.slice(prefix.length)) ?? Buffer.alloc(0);
}

function makeFault(chance: Chance, truth: Buffer, others: readonly Buffer[]): Fault {
  const times = chance.once(4) ? { times: chance.between(1, 2) } : {};
  const body = () =>
    chance.once(4) ? chance.pick(others) : mutate(chance, [truth, truth, chance.pick(others)]);
  const fault = chance.pick<() => Fault>([
    () => ({ body: body() }),
    () => ({ body: body() }),
    () => ({ body: body() }),
    () => ({ body: body(), contentLength: 'none' }),
    () => ({ truncate: chance.below(truth.length + 1) }),
    () => ({ truncate: chance.below(truth.length + 1), contentLength: 'none' }),
    () => ({ status: chance.pick([301, 400, 403, 404, 410, 418, 429, 500, 503]), body: body() }),
    () => ({ page: true }),
    () => ({ reset: true }),
    () => ({ redirect: `/${chance.pick(paths)}` }),
  ])();
  return { ...fault, ...times };
}

function showLies({ faults }: Lies): string {
  const told = [...faults].map(([path, fault]) => [
    path,
    { ...fault, body: fault.body?.toString('base64').slice(0, 500) },
  ]);
  return JSON.stringify(told);
}
