/** Runs a verb in a process of its own and kills it where a test wants it dead. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Barrier } from '../../src/barrier.ts';
import { REPO } from '../house/sources.ts';
import type { World } from '../support/sync-fixture.ts';

const MAIN = join(REPO, 'src/cli/main.ts');
const TELL = join(REPO, 'test/support/tell-barriers.ts');
const STOP_AT = join(REPO, 'test/support/stop-at.ts');

/** Killed at a barrier, the `count`-th time it comes there; throws where it ends without. */
export async function killAt(
  world: World,
  barrier: Barrier,
  count: number,
  ...argv: string[]
): Promise<void> {
  const marker = join(world.root, 'stopped');
  rmSync(marker, { force: true });
  const env = {
    ...world.env,
    HOME: world.home,
    PATH: process.env.PATH,
    STOP_AT: barrier,
    STOP_COUNT: `${count}`,
    STOP_MARKER: marker,
  };
  const child = spawn(process.execPath, ['--import', STOP_AT, MAIN, ...argv], {
    cwd: world.home,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const ended = once(child, 'exit');
  while (!existsSync(marker)) {
    if (child.exitCode !== null) throw new Error(`${argv.join(' ')} ended without '${barrier}': ${stderr}`);
    await delay(5);
  }
  child.kill('SIGKILL');
  await ended;
}

/** The barriers that a verb comes to, in the order of their first time, with how often. It runs to its end. */
export async function barriersOf(world: World, ...argv: string[]): Promise<Map<string, number>> {
  const child = spawn(process.execPath, ['--import', TELL, MAIN, ...argv], {
    cwd: world.home,
    env: { ...world.env, HOME: world.home, PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  await once(child, 'close');
  const [, json] = /^BARRIERS (.*)$/m.exec(stderr) ?? [];
  if (json === undefined) throw new Error(`${argv.join(' ')} told no barriers: ${stderr}`);
  return new Map(JSON.parse(json) as [string, number][]);
}
