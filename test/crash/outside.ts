/** What tools that are not ours say of what is published: `sha256sum` of the system, and the go command. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { World } from '../support/sync-fixture.ts';

export const hasGo = spawnSync('go', ['version']).status === 0;

/** Throws where a file of the current snapshot is not what its SHA256SUMS say; nothing published is fine too. */
export function checkSums(world: World): void {
  if (!existsSync(world.current)) return;
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', '_mirror/SHA256SUMS'], {
    cwd: `${world.current}/`,
  });
}

/** Throws where the go command cannot download, with its own checks, what the manifest says is there whole. */
export function checkGo(world: World): void {
  if (!hasGo || !existsSync(world.current)) return;
  const { modules } = JSON.parse(readFileSync(join(world.current, '_mirror/snapshot.json'), 'utf8')) as {
    modules: { module: string; version: string }[];
  };
  const work = mkdtempSync(join(tmpdir(), 'modferry-crash-'));
  try {
    const names = modules.map(({ module, version }) => `${module}@${version}`);
    writeFileSync(join(work, 'go.mod'), 'module example.com/probe\n');
    execFileSync('go', ['mod', 'download', ...names], {
      cwd: work,
      stdio: 'pipe',
      env: {
        PATH: process.env.PATH,
        HOME: work,
        GOPATH: join(work, 'gopath'),
        GOENV: 'off',
        GOFLAGS: '-modcacherw',
        GOPROXY: `file://${world.current}`,
        GOSUMDB: logKey(world),
        GOTELEMETRY: 'off',
        GOTOOLCHAIN: 'local',
      },
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The snapshot carries the world's log where every version in it has its lookup. */
function logKey(world: World): string {
  const { sumdb } = JSON.parse(readFileSync(world.configFile, 'utf8')) as { sumdb: string };
  return existsSync(join(world.current, 'sumdb')) ? sumdb : 'off';
}
