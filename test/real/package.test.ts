/**
 * The package as a user gets it: built, packed, installed from the tarball into an empty folder with its own Node,
 * and run there. Needs the registry that npm is configured for; the modules come from a local upstream.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncReport } from '../../src/sync/report.ts';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { type Ran, REPO, sayWhatIsSkipped, temporaryFolder } from './real-world.ts';

const execute = promisify(execFile);

/** Without blocking this process, in which the upstream runs. */
async function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  try {
    const { stdout, stderr } = await execute(program, [...args], { cwd, env: outside(), maxBuffer: 1 << 26 });
    return { exit: 0, stdout, stderr };
  } catch (error) {
    // A program that ends with another status than 0 rejects with what it printed.
    const { code, stdout, stderr } = error as { code: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { exit: code, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}

/** The environment of a shell: nothing of this checkout in PATH, nothing that npm or vitest set for this run. */
function outside(): NodeJS.ProcessEnv {
  const { PATH = '', HOME } = process.env;
  const path = PATH.split(':').filter((folder) => !folder.startsWith(REPO));
  return { PATH: path.join(':'), HOME };
}

const reachable = (await run('npm', ['ping'], REPO)).exit === 0;

describe.skipIf(sayWhatIsSkipped(!reachable, 'the installed package: `npm ping` reaches no registry'))(
  'the installed package',
  () => {
    const folder = temporaryFolder('package');
    const app = join(folder.path, 'app');
    let up: UpstreamServer;

    beforeAll(async () => {
      mkdirSync(app);
      up = await startUpstream();
      up.add({ path: 'example.com/m', version: 'v1.0.0', files: { 'm.go': 'package m\n' } });
      const packed = await run('npm', ['pack', '--pack-destination', folder.path], REPO);
      expect(packed).toMatchObject({ exit: 0 });
      const [tarball = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'));
      expect(tarball).toBe('modferry-0.1.0.tgz');
      const installed = await run('npm', ['i', `../${tarball}`, 'node@24'], app);
      expect(installed).toMatchObject({ exit: 0 });
    });

    afterAll(async () => {
      await up.close();
      folder.remove();
    });

    it('holds what runs, and no source, test or configuration of this checkout', () => {
      const installed = join(app, 'node_modules/modferry');
      const names = readdirSync(installed).filter((name) => name !== 'node_modules');
      expect(names.sort()).toEqual([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist',
        'docs',
        'migrations',
        'package.json',
      ]);
      expect(readdirSync(join(installed, 'migrations'))).toEqual(readdirSync(join(REPO, 'migrations')));
      const text = readFileSync(join(installed, 'dist/cli/main.js'), 'utf8');
      expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
    });

    it('prints its help', async () => {
      const { exit, stdout } = await run('npx', ['modferry', '--help'], app);
      expect(exit).toBe(0);
      expect(stdout).toMatch(/^modferry <verb>\n/);
    });

    it('writes a configuration with init, and refuses to write over it', async () => {
      expect(await run('npx', ['modferry', 'init'], app)).toMatchObject({ exit: 0 });
      expect(readFileSync(join(app, 'mirror.config.ts'), 'utf8')).toContain("from 'modferry'");
      expect(await run('npx', ['modferry', 'init'], app)).toMatchObject({ exit: 2 });
    });

    it('syncs by a configuration that imports the package, and the second sync asks nobody', async () => {
      writeFileSync(
        join(app, 'go.sum'),
        up
          .goSumLines()
          .map((line) => `${line}\n`)
          .join(''),
      );
      writeFileSync(
        join(app, 'mirror.config.ts'),
        `import { defineConfig } from 'modferry';\nexport default defineConfig({ seeds: ['go.sum'], upstream: '${up.url}', sumdb: 'off' });\n`,
      );
      const first = await run('npx', ['modferry', 'sync', '--json'], app);
      expect(first.exit).toBe(0);
      const report = JSON.parse(first.stdout) as SyncReport;
      expect(report).toMatchObject({
        outcome: 'published',
        modules: { wanted: 1, fetched: 1 },
        problems: [],
      });
      expect(existsSync(join(app, 'mirror/public/current/example.com/m/@v/v1.0.0.zip'))).toBe(true);
      up.forget();
      const second = await run('npx', ['modferry', 'sync', '--json'], app);
      expect(JSON.parse(second.stdout)).toMatchObject({ outcome: 'unchanged', requests: 0 });
      expect(up.paths).toEqual([]);
    });

    it('verifies what it has published', async () => {
      const { exit, stdout } = await run('npx', ['modferry', 'verify', '--full', '--json'], app);
      expect(exit).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ bad: 0 });
    });
  },
);
