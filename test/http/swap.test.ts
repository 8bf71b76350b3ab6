/** Readers of our own server see one snapshot or the next, never a mixture. The server is a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { REPO } from '../house/sources.ts';
import { hammer, PATHS, type Side, SwapWorld } from '../support/swap-world.ts';

const READERS = 8;
const SWAPS = 100;
const LONG_ENOUGH = 300_000;
const BOTH = PATHS.flatMap((path) => [`a ${path}`, `b ${path}`]).sort();

let world: SwapWorld;
let server: ChildProcess;
let url = '';
let said = '';

beforeEach(async () => {
  world = new SwapWorld();
  const folder = dirname(world.layout.mirror);
  writeFileSync(join(folder, 'mirror.config.json'), JSON.stringify({ seeds: ['go.sum'] }));
  const args = [join(REPO, 'src/cli/main.ts'), 'serve', '--json', '--listen', '127.0.0.1:0'];
  server = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  said = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  let printed = '';
  for await (const chunk of server.stdout ?? []) {
    printed += String(chunk);
    if (printed.endsWith('}\n')) break;
  }
  url = (JSON.parse(printed) as { url: string }).url;
});

afterEach(async () => {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const [code] = await ended;
  world.remove();
  expect({ code, said }).toEqual({ code: 0, said: '' });
});

async function expectWholeAnswers(swapTo: (side: Side) => Promise<void>): Promise<void> {
  const seen = await hammer(url, READERS, SWAPS, swapTo);
  expect(seen.wrong).toEqual([]);
  expect(seen.answers).toBeGreaterThanOrEqual(READERS * SWAPS);
  // Else nothing was there to be mixed.
  expect([...seen.kinds].sort()).toEqual(BOTH);
}

test(
  '100 swaps under 8 hammering readers: every answer is wholly old or wholly new',
  async () => {
    await expectWholeAnswers((side) => world.swapTo(side));
  },
  LONG_ENOUGH,
);

test(
  'the same where each snapshot is cleared away as soon as the next is current',
  async () => {
    await expectWholeAnswers((side) => world.replaceWith(side));
  },
  LONG_ENOUGH,
);
