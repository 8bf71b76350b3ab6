/**
 * What a Go user does all day, inside the gap: each command in each of these projects, with GOSUMDB and GOTOOLCHAIN at
 * their defaults and empty caches. `MODFERRY_COMPAT=all` takes all five projects and prints the table of
 * docs/compatibility.md; otherwise the two that build quickly.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanReport } from '../../src/audit/plan-report.ts';
import {
  checkOut,
  hasProgram,
  modferry,
  REPO,
  type RealProject,
  run,
  sayWhatIsSkipped,
  sync,
  temporaryFolder,
  writeConfig,
  writeFiles,
} from './real-world.ts';

const noGo = sayWhatIsSkipped(!hasProgram('go'), 'every go command: there is no go command');
const noNginx = sayWhatIsSkipped(!hasProgram('nginx'), 'every go command: there is no nginx');

interface Chosen extends Pick<RealProject, 'module' | 'version'> {
  readonly name: string;
  /** A module that it requires and uses. */
  readonly dep: string;
}

const QUICK: readonly Chosen[] = [
  { name: 'gin', module: 'github.com/gin-gonic/gin', version: 'v1.12.0', dep: 'github.com/goccy/go-yaml' },
  { name: 'cobra', module: 'github.com/spf13/cobra', version: 'v1.10.2', dep: 'github.com/spf13/pflag' },
];
const MORE: readonly Chosen[] = [
  { name: 'caddy', module: 'github.com/caddyserver/caddy/v2', version: 'v2.10.2', dep: 'go.uber.org/zap' },
  { name: 'helm', module: 'helm.sh/helm/v3', version: 'v3.18.6', dep: 'github.com/spf13/cobra' },
  { name: 'rclone', module: 'github.com/rclone/rclone', version: 'v1.71.0', dep: 'github.com/spf13/pflag' },
];
const TOOLS = [
  { module: 'mvdan.cc/gofumpt', package: 'mvdan.cc/gofumpt' },
  { module: 'honnef.co/go/tools', package: 'honnef.co/go/tools/cmd/staticcheck' },
];
const ALL = process.env.MODFERRY_COMPAT === 'all';
/** Without the zips of what is only selected, all commands but `go mod download all` must work too. */
const ZIPS = process.env.MODFERRY_COMPAT_ZIPS === 'listed' ? 'listed' : 'graph';
const WITH_ZIPS = ZIPS === 'graph' ? ['with-zips'] : [];
const projects = ALL ? [...QUICK, ...MORE] : QUICK;

describe.skipIf(noGo || noNginx)('inside the gap', () => {
  const work = temporaryFolder('compat');
  const at = (...names: string[]) => join(work.path, ...names);
  let ran: ReturnType<typeof run>;
  let report: ReturnType<typeof sync>['report'];
  let second: typeof report;

  beforeAll(() => {
    for (const project of projects) {
      checkOut(
        { ...project, builds: true, buildPackage: '.' },
        at('projects', project.name),
        at('gomodcache'),
      );
      writeFiles(at('projects'), { [`${project.name}.dep`]: `${project.dep}\n` });
    }
    makeWorkspace(at('workspace'), at('projects'), at('gomodcache'));
    writeFiles(work.path, { tools: TOOLS.map((tool) => `${tool.module} ${tool.package}\n`).join('') });
    const seeds = [
      'projects/*/go.sum',
      'workspace/go.work.sum',
      ...TOOLS.map(({ module }) => ({ module, version: 'latest' })),
      { toolchain: 'go1.27.3' },
    ];
    writeConfig(work.path, { mirror: './mirror', seeds, zips: ZIPS });
    const synced = sync(work.path, '--quiet');
    report = synced.report;
    expect(report.problems).toEqual([]);
    expect(synced.exit).toBe(0);
    // At once: go mod download all adds lines to go.sum, and what these name is wanted then.
    second = sync(work.path, '--quiet').report;
    const script = join(REPO, 'test/real/compat.sh');
    ran = run(
      'bash',
      [join(REPO, 'test/real/gap.sh'), at('mirror/public'), 'bash', script, work.path, ...WITH_ZIPS],
      work.path,
      { GAP_ACCESS_LOG: at('access.log') },
    );
    process.stderr.write(ALL || ran.exit !== 0 ? ran.stdout + ran.stderr : '');
  });

  afterAll(() => {
    run('chmod', ['-R', 'u+w', work.path], '/');
    work.remove();
  });

  it('every command works in every project, in a workspace, and for tools', () => {
    const lines = ran.stdout.split('\n').filter((line) => / (PASS|FAIL) \d+ /.test(line));
    expect(lines.filter((line) => / FAIL /.test(line))).toEqual([]);
    expect(lines.length).toBe(
      projects.length * (14 + WITH_ZIPS.length) + 4 + WITH_ZIPS.length + TOOLS.length * 3,
    );
    expect(ran.exit).toBe(0);
  });

  it('what the client did not find are prefixes that are no modules', () => {
    const log = readFileSync(at('access.log'), 'utf8').trim().split('\n');
    expect(log.length).toBeGreaterThan(500);
    const missed = log
      .filter((line) => line.startsWith('404 /current/'))
      .map((line) => decodeURIComponent(line.slice(4)));
    const ofModules = missed.filter((path) => {
      const [, module] = /^\/current\/(.+)\/@(?:v\/.*|latest)$/.exec(path) ?? [];
      return module === undefined || existsSync(at('mirror/public/current', module, '@v'));
    });
    expect([...new Set(ofModules)]).toEqual([]);
    const others = log.filter((line) => !/^(200|404) /.test(line));
    expect(others).toEqual([]);
  });

  it('a second sync asks for the latest of the tools and for nothing else, and verify finds nothing', () => {
    expect(second).toMatchObject({ outcome: 'unchanged', requests: TOOLS.length, problems: [] });
    expect(modferry(work.path, 'verify', '--json').exit).toBe(0);
  });

  it('plan tells the sizes of each choice', () => {
    const plan = JSON.parse(modferry(work.path, 'plan', '--json').stdout) as PlanReport;
    process.stderr.write(`sizes: ${JSON.stringify(plan.choices)}\n`);
    const [listed, selected, closure] = plan.choices;
    expect(listed?.versions ?? 0).toBeGreaterThan(0);
    expect(selected?.versions ?? 0).toBeGreaterThan(listed?.versions ?? 0);
    expect(closure?.versions ?? 0).toBeGreaterThanOrEqual(selected?.versions ?? 0);
  });
});

/** Three members, two of them the quick projects; its go.work.sum is what the go command writes outside the gap. */
function makeWorkspace(folder: string, from: string, modCache: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name } of QUICK) execFileSync('cp', ['-r', join(from, name), join(folder, name)]);
  writeFiles(join(folder, 'own'), {
    'go.mod': 'module example.com/own\n\ngo 1.25\n\nrequire rsc.io/quote v1.5.2\n',
    'main.go': 'package main\n\nimport "rsc.io/quote"\n\nfunc main() { println(quote.Hello()) }\n',
  });
  const members = [...QUICK.map(({ name }) => name), 'own'];
  writeFileSync(
    join(folder, 'go.work'),
    `go 1.25.0\n\nuse (\n${members.map((name) => `\t./${name}\n`).join('')})\n`,
  );
  const env = {
    ...process.env,
    GOMODCACHE: modCache,
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    GOSUMDB: 'off',
  };
  const go = (cwd: string, ...args: string[]) => execFileSync('go', args, { cwd, env, stdio: 'pipe' });
  execFileSync('go', ['mod', 'tidy'], {
    cwd: join(folder, 'own'),
    env: { ...env, GOWORK: 'off' },
    stdio: 'pipe',
  });
  go(folder, 'list', '-m', 'all');
}
