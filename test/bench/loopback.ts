/**
 * The upstream of the benchmark: a file server on 127.0.0.1, in a process of its own. nginx where it is installed,
 * since it leaves the processor to what is timed; else modferry's own server.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { modferry, plainEnv } from './programs.ts';
import type { Source } from './source.ts';

export interface Loopback {
  /** A GOPROXY. */
  readonly url: string;
  /** Which server it is. */
  readonly server: string;
  close(): Promise<void>;
}

const PATIENCE = 10_000;

/** `folder` is for the server's own files. Resolves when it answers. */
export async function startLoopback({ root, paths }: Source, folder: string): Promise<Loopback> {
  const port = await freePort();
  const nginx = /nginx\/[\d.]+/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[0];
  mkdirSync(folder, { recursive: true });
  const child = nginx === undefined ? startOwnServer(root, folder, port) : startNginx(root, folder, port);
  const url = `http://127.0.0.1:${port}${nginx === undefined ? '/current' : ''}`;
  await answers(`${url}/${paths[0]}`, child);
  return { url, server: nginx ?? '`modferry serve`', close: () => stop(child) };
}

function startNginx(root: string, folder: string, port: number): ChildProcess {
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, nginxConfig(root, folder, port));
  return spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', config], { stdio: 'ignore' });
}

/** Started as root, nginx would serve as a user who may not read the work folder. */
function nginxConfig(root: string, folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  default_type application/octet-stream;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server { listen 127.0.0.1:${port}; root ${root}; }
}
`;
}

function startOwnServer(root: string, folder: string, port: number): ChildProcess {
  const config = join(folder, 'mirror.config.json');
  writeFileSync(config, JSON.stringify({ mirror: join(root, '../..'), seeds: ['unused'] }));
  const { program, args, cwd } = modferry(['serve', '--config', config, '--listen', `127.0.0.1:${port}`]);
  return spawn(program, args, { env: plainEnv(), cwd, stdio: 'ignore' });
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      const { status } = await fetch(url, { method: 'HEAD' });
      if (status === 200) return;
      throw new Error(`${url}: status ${status}`);
    } catch (error) {
      if (child.exitCode !== null || performance.now() > end) throw error;
      await pause(50);
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Another program could take it before the server does; then the server fails to start, and says so. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
