/** A project, the upstream that has its modules, and the mirror that a real sync made of both. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentSnapshot } from '../../src/site/snapshot.ts';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { Project } from '../verbs/command-line.ts';

export const A = 'example.com/a@v1.0.0';
export const B = 'example.com/b@v1.0.0';

export class Mirrored extends Project {
  readonly up: UpstreamServer;

  constructor(up: UpstreamServer) {
    super();
    this.up = up;
  }

  /** Adds modules to the upstream; what is in each depends on its name alone. */
  serve(...names: string[]): void {
    for (const name of names) {
      const [path = '', version = ''] = name.split('@');
      const files = { 'go.mod': `module ${path}\n`, 'a.go': `package a // ${name}\n` };
      this.up.add({ path, version, files });
    }
  }

  /** Writes a go.sum that wants these modules with all their files. */
  want(file: string, ...names: string[]): void {
    const lines = names.length === 0 ? [] : this.up.goSumLines(...names);
    this.write(file, lines.map((line) => `${line}\n`).join(''));
  }

  override configure(config: Readonly<Record<string, unknown>> = {}): void {
    super.configure({ seeds: ['go.sum'], upstream: this.up.url, retries: 1, sumdb: 'off', ...config });
  }

  /** A sync that must end with this exit status. */
  async sync(exit = 0, ...flags: string[]): Promise<void> {
    const ran = await this.run('sync', '--quiet', ...flags);
    if (ran.exit !== exit) throw new Error(`the sync ended with ${ran.exit}: ${ran.stdout}${ran.stderr}`);
  }

  get current(): string {
    const id = currentSnapshot(this.layout);
    if (id === null) throw new Error('nothing is published');
    return id;
  }

  /** A path below the current snapshot. */
  at(path: string, id = this.current): string {
    return join(this.layout.snapshots, id, path);
  }

  /** The same project and mirror in another folder, hard links and all, with the same upstream. */
  clone(): Mirrored {
    const copy = new Mirrored(this.up);
    execFileSync('cp', ['-a', `${this.folder}/.`, copy.folder]);
    return copy;
  }

  async close(): Promise<void> {
    await this.up.close();
    this.remove();
  }
}

/** With the modules A and B at its upstream, both wanted, nothing synced yet. */
export async function startMirrored(): Promise<Mirrored> {
  const made = new Mirrored(await startUpstream());
  made.serve(A, B);
  made.want('go.sum', A, B);
  made.configure();
  return made;
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
