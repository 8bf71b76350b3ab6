/**
 * The checksum database end to end: Go's own log, an unmodified go command inside the gap with GOSUMDB and GOTOOLCHAIN
 * at their defaults, tools and toolchains from the mirror, and a client that comes back after later tree heads and
 * after a rollback.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../src/audit/status.ts';
import {
  checkOut,
  hasProgram,
  modferry,
  type Ran,
  REPO,
  realProjects,
  run,
  sayWhatIsSkipped,
  sync,
  temporaryFolder,
  writeConfig,
  writeFiles,
} from './real-world.ts';

const noGo = sayWhatIsSkipped(!hasProgram('go'), 'the real log: there is no go command');
const noNginx = sayWhatIsSkipped(!hasProgram('nginx'), 'the client inside the gap: there is no nginx');

const GOPROXY = noGo ? '' : execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' }).trim();
/** Newer than the installed one. */
const TOOLCHAIN = 'go1.27.3';
const TOOLS = [
  { module: 'golang.org/x/tools/gopls', version: 'latest' },
  { module: 'honnef.co/go/tools', version: 'latest' },
];
/** Its record was asked for by somebody, and kept by the upstream, later than those of the first sync. */
const LATER = { module: 'golang.org/x/net', version: 'v0.62.0' };
const LAST = { module: 'rsc.io/quote', version: 'v1.5.2' };

describe.skipIf(noGo || noNginx)('the real log inside the gap', () => {
  const work = temporaryFolder('log');
  const at = (...names: string[]) => join(work.path, ...names);
  const seeds = ['projects/*/go.sum', ...TOOLS, { toolchain: TOOLCHAIN }];
  const heads: number[] = [];
  const snapshots: string[] = [];

  const syncWith = (upstream: string, ...more: readonly object[]) => {
    writeConfig(work.path, { mirror: './mirror', upstream, seeds: [...seeds, ...more] });
    const { exit, report } = sync(work.path, '--quiet');
    expect(report.problems).toEqual([]);
    expect(exit).toBe(0);
    snapshots.push(report.snapshot?.id ?? '');
    heads.push(headOf(work.path));
  };
  const inside = (script: string): Ran => {
    const file = at('inside.sh');
    writeFileSync(file, `set -euo pipefail\n${script}\necho all done\n`);
    const gap = join(REPO, 'test/real/gap.sh');
    return run('bash', [gap, at('mirror/public'), 'bash', file], work.path, { GAP_GOPATH: at('gopath') });
  };
  const expectDone = (ran: Ran) =>
    expect([ran.exit, ran.stdout.slice(-9)], ran.stderr).toEqual([0, 'all done\n']);

  let withoutLatest: Awaited<ReturnType<typeof hideLatest>>;

  beforeAll(async () => {
    withoutLatest = await hideLatest();
    const gin = realProjects().find(({ module }) => module === 'github.com/gin-gonic/gin');
    if (gin === undefined) throw new Error('the list of real projects has no gin');
    checkOut(gin, at('projects/gin'), at('gomodcache'));
    writeFiles(at('projects/new'), {
      'go.mod': 'module example.com/new\n\ngo 1.27.3\n',
      'go.sum': '',
      'main.go': 'package main\n\nimport "runtime"\n\nfunc main() { println(runtime.Version()) }\n',
    });
    execFileSync('mkdir', ['-p', at('gopath'), at('fresh')]);
    syncWith(withoutLatest.url);
  });

  afterAll(() => {
    withoutLatest.stop();
    run('chmod', ['-R', 'u+w', work.path], '/');
    work.remove();
  });

  it('downloads and builds a project, with nothing but the log to trust', () => {
    expectDone(
      inside(
        `cd ${at('projects/gin')}\ngo mod download\ngo build ./...\ngo list -m -versions golang.org/x/text`,
      ),
    );
  });

  it('installs tools by go install module@latest', () => {
    const installs =
      'go install golang.org/x/tools/gopls@latest\ngo install honnef.co/go/tools/cmd/staticcheck@latest';
    expectDone(
      inside(`${installs}\n${at('gopath/bin/gopls')} version\n${at('gopath/bin/staticcheck')} -version`),
    );
  });

  it('takes a mirrored module into a new one by go get', () => {
    const main = 'package main\nimport _ "honnef.co/go/tools/staticcheck"\nfunc main() {}\n';
    writeFiles(at('fresh'), { 'main.go': main });
    const script = `cd ${at('fresh')}\ngo mod init example.com/fresh\ngo get honnef.co/go/tools/staticcheck@latest\ngo build ./...`;
    expectDone(inside(script));
  });

  it('builds what asks for a newer Go, with the toolchain from the mirror', () => {
    const ran = inside(`cd ${at('projects/new')}\ngo run . 2>&1`);
    expectDone(ran);
    expect(ran.stdout).toContain(TOOLCHAIN);
  });

  it('serves the same client after two more syncs with later heads, and after a rollback', () => {
    const download = ({ module, version }: typeof LAST) =>
      `cd ${at('projects/gin')}\ngo mod download\ncd /\ngo mod download ${module}@${version}`;
    syncWith(withoutLatest.url, LATER);
    expectDone(inside(download(LATER)));
    syncWith(GOPROXY, LATER, LAST);
    expectDone(inside(download(LAST)));
    expect(heads.toSorted((a, b) => a - b)).toEqual(heads);
    expect(new Set(heads).size).toBe(heads.length);
    symlinkSync(join('snapshots', snapshots[0] ?? ''), at('mirror/public/back'));
    renameSync(at('mirror/public/back'), at('mirror/public/current'));
    expectDone(inside(`cd ${at('projects/gin')}\ngo mod download`));
    process.stderr.write(`the log's heads: ${heads.join(', ')}\n`);
  });

  it('is found whole by verify, and leaves nothing in staging', () => {
    const verify = modferry(work.path, 'verify', '--json');
    expect(JSON.parse(verify.stdout)).toMatchObject({ bad: 0, problems: [] });
    expect(verify.exit).toBe(0);
    expect(readdirSync(at('mirror/staging'))).toEqual([]);
  });
});

function headOf(folder: string): number {
  const { sumdb } = JSON.parse(modferry(folder, 'status', '--json').stdout) as StatusReport;
  return sumdb?.size ?? 0;
}

async function hideLatest(): Promise<{ url: string; stop: () => void }> {
  const [proxy = ''] = GOPROXY.split(/[,|]/);
  const child = spawn(process.execPath, [join(REPO, 'test/real/hide-latest.ts'), proxy], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: line.toString().trim(), stop: () => child.stdin.end() };
}
