import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/verbs/main.ts';
import { ask } from '../http/client.ts';
import { type FakeIo, fakeIo, Project } from './command-line.ts';

let project: Project;
beforeEach(() => {
  project = new Project();
  project.configure({ seeds: ['go.sum'], listen: '127.0.0.1:0' });
  mkdirSync(project.layout.public, { recursive: true });
  writeFileSync(join(project.layout.public, 'file'), 'served\n');
});
afterEach(() => project.remove());

/** Starts `serve`; resolves with what it printed, and a promise of its exit. */
async function serve(...flags: string[]): Promise<{ io: FakeIo; url: string; ended: Promise<number> }> {
  const io = fakeIo(project.folder);
  const { promise: started, resolve: printed } = Promise.withResolvers<void>();
  const ended = main(['serve', ...flags], {
    ...io,
    stdout: (text) => {
      io.stdout(text);
      printed();
    },
  });
  await Promise.race([started, ended]);
  const url = /http:\/\/[^/\s"]+/.exec(io.said.stdout)?.[0] ?? '';
  return { io, url, ended };
}

describe('serve', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, and says the GOPROXY to set', async (signal) => {
    const { io, url, ended } = await serve();
    expect(io.said.stdout).toBe(`serving ${project.layout.public}: GOPROXY=${url}/current\n`);
    expect((await ask(url, '/file')).body).toBe('served\n');
    io.signal(signal);
    expect(await ended).toBe(0);
    await expect(ask(url, '/file')).rejects.toThrow(/ECONNREFUSED/);
    expect(io.said.stderr).toBe('');
  });

  it('tells its health and its figures, with the limit of the configuration', async () => {
    project.configure({ seeds: ['go.sum'], listen: '127.0.0.1:0', maxAge: '26h' });
    const { io, url, ended } = await serve();
    expect((await ask(url, '/healthz')).body).toBe('ok\n');
    expect(await ask(url, '/readyz')).toMatchObject({ status: 503, body: 'nothing is published yet\n' });
    const { status, body } = await ask(url, '/metrics');
    expect(status).toBe(200);
    expect(body).toMatch(/^modferry_max_age_seconds 93600$/m);
    io.signal('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('refuses a limit that is no duration', async () => {
    project.configure({ seeds: ['go.sum'], listen: '127.0.0.1:0', maxAge: 'soon' });
    const { exit, document } = await project.json('serve');
    expect({ exit, document }).toMatchObject({
      exit: 2,
      document: { error: { message: expect.stringContaining('maxAge: a duration is written as 26h') } },
    });
  });

  it('says its URL as one document with --json', async () => {
    const { io, url, ended } = await serve('--json');
    expect(JSON.parse(io.said.stdout)).toEqual({ url });
    io.signal('SIGINT');
    expect(await ended).toBe(0);
  });

  it('listens where the flag says rather than the configuration', async () => {
    project.configure({ seeds: ['go.sum'], listen: 'nonsense' });
    const { io, url, ended } = await serve('--listen', '[::1]:0');
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    io.signal('SIGINT');
    expect(await ended).toBe(0);
  });

  it('says so when another program has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { exit, document, stderr } = await project.json('serve', '--listen', `127.0.0.1:${port}`);
    other.close();
    expect({ exit, stderr, document }).toEqual({
      exit: 2,
      stderr: '',
      document: {
        error: {
          code: 'USAGE',
          message: `listen: 127.0.0.1:${port}: address already in use`,
          hint: 'name another with --listen',
        },
      },
    });
  });
});
