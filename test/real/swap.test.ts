/** Readers see one snapshot or the next through nginx too, set up exactly as docs/hosting.md says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../http/client.ts';
import { hammer, PATHS, SwapWorld } from '../support/swap-world.ts';
import { hasProgram, REPO, run, sayWhatIsSkipped } from './real-world.ts';

const READERS = 8;
const SWAPS = 100;

const noNginx = sayWhatIsSkipped(!hasProgram('nginx'), 'swaps through nginx: it is not installed');

/** The page's recipe, with the mirror and the port of this test in place of those it names. */
function recipe(publicFolder: string, port: number): string {
  const page = readFileSync(join(REPO, 'docs/hosting.md'), 'utf8');
  const block = /^```nginx\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
  const site = block
    .replace('/srv/modferry/public', publicFolder)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`);
  expect(site).toContain(publicFolder);
  expect(site).toContain(`127.0.0.1:${port}`);
  return site;
}

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  taken.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What a distribution's own nginx.conf gives beside the recipe, with everything written into `folder`. */
function configFor(folder: string, site: string): string {
  const { stdout: group } = run('id', ['-gn'], folder);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];
  // The user line only counts for root, whose workers would else be somebody who may not read the mirror.
  return `user ${userInfo().username} ${group.trim()};
worker_processes 2;
pid ${folder}/nginx.pid;
events { }
http {
    access_log off;
${temporary.map((name) => `    ${name}_temp_path ${folder}/${name};`).join('\n')}
${site}}
`;
}

describe.skipIf(noNginx)('nginx as docs/hosting.md sets it up', () => {
  let world: SwapWorld;
  let nginx: ChildProcess;
  let url = '';
  let said = '';

  beforeAll(async () => {
    world = new SwapWorld();
    await world.swapTo('a');
    const folder = dirname(world.layout.mirror);
    const port = await freePort();
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, configFor(folder, recipe(world.layout.public, port)));
    nginx = spawn('nginx', ['-e', 'stderr', '-c', config, '-g', 'daemon off;'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    nginx.stderr?.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
    url = `http://127.0.0.1:${port}`;
    for (let tries = 0; ; tries++) {
      const isUp = await ask(url, '/').then(
        () => true,
        () => false,
      );
      if (isUp) break;
      if (tries === 100 || nginx.exitCode !== null) throw new Error(`nginx does not answer: ${said}`);
      await wait(100);
    }
  });

  afterAll(async () => {
    if (nginx.exitCode === null) {
      const ended = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await ended;
    }
    world.remove();
  });

  it('gives whole answers, old or new, while `current` is swapped 100 times under 8 readers', async () => {
    const seen = await hammer(url, READERS, SWAPS, (side) => world.swapTo(side));
    expect(seen.wrong).toEqual([]);
    expect(seen.answers).toBeGreaterThanOrEqual(READERS * SWAPS);
    expect([...seen.kinds].sort()).toEqual(PATHS.flatMap((path) => [`a ${path}`, `b ${path}`]).sort());
    expect(said).toBe('');
  });
});
