import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODULE_FILES, moduleFilePath, versionFolder } from '../../src/gomod/artifact.ts';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import { sayWhatIsSkipped } from '../real/real-world.ts';
import { buildModuleZip } from '../support/zip-builder.ts';

const MODULE = parseModuleVersion('github.com/Corp/Lib', 'v1.2.0-RC1');
const GO_MOD = 'module github.com/Corp/Lib\n\ngo 1.21\n';

const hasGo = spawnSync('go', ['version']).status === 0;

/** The go command against the server, unmodified; no other place to ask. */
describe.skipIf(sayWhatIsSkipped(!hasGo, 'the go command against our server: there is no go here'))(
  'the go command',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'modferry-go-'));
    let server: RunningServer;

    beforeAll(async () => {
      const bodies = {
        info: `{"Version":"${MODULE.version}"}`,
        mod: GO_MOD,
        zip: buildModuleZip(MODULE, { 'go.mod': GO_MOD, 'lib.go': 'package lib\n\nconst Answer = 42\n' }),
      };
      for (const file of MODULE_FILES) put(moduleFilePath(MODULE, file), bodies[file]);
      put(`${versionFolder(MODULE.path)}/list`, `${MODULE.version}\n`);
      server = await startServer({
        root: join(folder, 'public'),
        host: '127.0.0.1',
        port: 0,
        warn: () => {},
      });
    });

    afterAll(async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    function put(path: string, body: string | Buffer): void {
      const to = join(folder, 'public/current', path);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, body);
    }

    function go(...args: string[]) {
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        GOPATH: join(folder, 'gopath'),
        GOCACHE: join(folder, 'cache'),
        GOFLAGS: '-modcacherw',
        GOPROXY: `${server.url}/current`,
        GOSUMDB: 'off',
        GOTOOLCHAIN: 'local',
      };
      return runProgram('go', args, join(folder, 'app'), env);
    }

    it('downloads a module whose path and version have capitals, and finds the same go.mod hash', async () => {
      mkdirSync(join(folder, 'app'));
      writeFileSync(
        join(folder, 'app/go.mod'),
        `module app\n\ngo 1.21\n\nrequire ${MODULE.path} ${MODULE.version}\n`,
      );
      const { status, stdout, stderr } = await go(
        'mod',
        'download',
        '-json',
        `${MODULE.path}@${MODULE.version}`,
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const answer = JSON.parse(stdout) as { Version: string; GoModSum: string; Zip: string };
      expect(answer.Version).toBe(MODULE.version);
      expect(answer.GoModSum).toBe(hashGoMod(Buffer.from(GO_MOD)));
      expect(
        readFileSync(answer.Zip).equals(
          readFileSync(join(folder, 'public/current', moduleFilePath(MODULE, 'zip'))),
        ),
      ).toBe(true);
    });

    it('lists the versions, and is told plainly of what is not there', async () => {
      expect((await go('list', '-m', '-versions', MODULE.path)).stdout).toBe(
        `${MODULE.path} ${MODULE.version}\n`,
      );
      const lost = await go('mod', 'download', `${MODULE.path}@v9.9.9`);
      expect(lost.status).toBe(1);
      expect(lost.stderr).toContain(
        `${server.url}/current/github.com/%21corp/%21lib/@v/v9.9.9.info: 404 Not Found`,
      );
    });

    it('needs nothing but the mirror: the module cache holds what was served', () => {
      const cached = execFileSync('find', [join(folder, 'gopath/pkg/mod/cache/download'), '-name', '*.zip'], {
        encoding: 'utf8',
      });
      expect(cached.trim().split('\n')).toHaveLength(1);
    });
  },
);

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without blocking this process: the server that the program asks runs in it. */
async function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Ran> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}
