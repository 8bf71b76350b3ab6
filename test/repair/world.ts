/** A mirror of three snapshots, whole as it was published, for tests that damage it and have it mended. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { VerifyReport } from '../../src/audit/verify.ts';
import type { Answered } from '../support/sync-fixture.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';

/** Oldest first. */
export type Ids = readonly [string, string, string];

export interface Grown {
  readonly world: LogWorld;
  readonly ids: Ids;
  /** Everything in public/, by hash. */
  readonly before: Record<string, string>;
  /** The pool without the tiles that are kept there: a client may keep one more. */
  readonly pool: Record<string, string>;
}

/** A module with two versions, and others that came one by one; needs fake dates, since ids sort by the second. */
export async function makeGrown(): Promise<Grown> {
  const world = await makeLogWorld();
  vi.useFakeTimers({ toFake: ['Date'] });
  const ids: string[] = [];
  for (const [path, version] of [
    ['example.com/a', 'v1.0.0'],
    ['example.com/Upper', 'v1.0.0'],
    ['example.com/a', 'v1.1.0'],
  ] as const) {
    const goMod = path === 'example.com/a' ? `module ${path}\n` : `module ${path}\n\ngo 1.21\n`;
    world.add(path, version, { 'go.mod': goMod, 'm.go': `package m // ${version}\n` });
    world.log.fill(300);
    world.sumAll();
    const { exit, json } = await world.sync();
    expect(exit).toBe(0);
    ids.push(json.snapshot?.id ?? '');
    vi.advanceTimersByTime(1000);
  }
  world.upstream.forget();
  const [oldest = '', second = '', newest = ''] = ids;
  expect([...ids].sort()).toEqual(ids);
  return { world, ids: [oldest, second, newest], before: world.everything('public'), pool: poolOf(world) };
}

export function poolOf(world: LogWorld): Record<string, string> {
  const files = Object.entries(world.everything('pool'));
  return Object.fromEntries(files.filter(([path]) => !path.startsWith('sumdb/')));
}

/** Mends, and holds it to what a repair promises: nothing bad is left, and all is as it was published. */
export async function expectMended(
  { world, before, pool }: Grown,
  ...flags: string[]
): Promise<Answered<VerifyReport>> {
  const answer = await world.verify('--repair', ...flags);
  expect({ bad: answer.json.bad, exit: answer.exit, still: still(answer.json) }).toEqual({
    bad: 0,
    exit: 0,
    still: [],
  });
  expect(world.everything('public')).toEqual(before);
  expect(poolOf(world)).toEqual(pool);
  const asked = world.upstream.paths.length;
  expect((await world.verify('--full')).json.problems).toEqual([]);
  expect(Object.keys(world.everything('staging'))).toEqual([]);
  expect(world.upstream.paths.length).toBe(asked);
  return answer;
}

/** What a repair could not mend, and why. */
export function still({ problems }: VerifyReport): [string, string | undefined][] {
  return problems.filter(({ repaired }) => repaired !== true).map(({ path, done }) => [path, done]);
}

/** Other bytes in the same file: under every name that it has. */
export function flip(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

/** Other bytes under this name alone: what it was linked to stays. */
export function flipOwn(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  rmSync(path);
  writeFileSync(path, bytes);
}

export function loseDatabase(world: LogWorld): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(join(world.mirror, `state.db${ending}`), { force: true });
}

export function snapshotFile(world: LogWorld, id: string, path: string): string {
  return join(world.mirror, 'public/snapshots', id, path);
}

export function namesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}
