/** Each file of docs/operations/ is loaded by the program that it is for, and every figure it names is one that is told. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUN_OUTCOMES } from '../../src/metrics/state.ts';
import { EXIT } from '../../src/verbs/exit.ts';
import { parseExposition } from '../metrics/exposition.ts';
import {
  alertNames,
  dashboard,
  dashboardExpressions,
  exposition,
  FOLDER,
  figuresIn,
  read,
} from './operations-files.ts';
import { hasProgram, run, sayWhatIsSkipped, temporaryFolder } from './real-world.ts';

const UNITS = readdirSync(FOLDER).filter((name) => /\.(service|timer)$/.test(name));
const SERVICES = UNITS.filter((name) => name.endsWith('.service'));

const lacks = (program: string, what: string) =>
  sayWhatIsSkipped(!hasProgram(program), `${what}: ${program} is not installed`);

let work: ReturnType<typeof temporaryFolder>;
beforeAll(() => {
  work = temporaryFolder('operations');
});
afterAll(() => work.remove());

/** The lines of a unit's section that set something, as `Name=value`. */
function settingsOf(unit: string): string[] {
  return read(unit)
    .split('\n')
    .filter((line) => /^[A-Z]\w+=/.test(line));
}

describe('the units', () => {
  it('are these', () => {
    expect(UNITS.sort()).toEqual([
      'modferry-serve.service',
      'modferry-sync.service',
      'modferry-sync.timer',
      'modferry.service',
    ]);
  });

  describe.skipIf(lacks('systemd-analyze', 'the systemd units'))('as systemd reads them', () => {
    /** The units with a program that is there in place of the one in /opt, and users that this machine has. */
    function placed(): string {
      const folder = join(work.path, 'units');
      const bin = join(work.path, 'opt/node_modules/.bin');
      for (const made of [folder, bin]) mkdirSync(made, { recursive: true });
      writeFileSync(join(bin, 'modferry'), '#!/bin/sh\n');
      chmodSync(join(bin, 'modferry'), 0o755);
      for (const unit of UNITS) {
        const text = read(unit).replaceAll('/opt/modferry', join(work.path, 'opt'));
        writeFileSync(join(folder, unit), text);
      }
      return folder;
    }

    it('hold nothing that it does not know or that does not fit together', () => {
      const folder = placed();
      const files = UNITS.map((unit) => join(folder, unit));
      const { exit, stderr } = run('systemd-analyze', ['verify', '--man=no', ...files], folder);
      // What it says of the machine's own units is not about these.
      const about = stderr.split('\n').filter((line) => /modferry/.test(line));
      expect({ exit, about }).toEqual({ exit: 0, about: [] });
    });

    it('and it does find a mistake in them', () => {
      const folder = placed();
      const file = join(folder, 'modferry.service');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace('ProtectSystem=strict', 'ProtectSystem=stricter'),
      );
      const { stderr } = run('systemd-analyze', ['verify', '--man=no', file], folder);
      expect(stderr).toMatch(/modferry\.service.*stricter/);
    });

    it.each(SERVICES)('leave %s little to attack', (unit) => {
      const folder = placed();
      // Of a hundred, which is a service without any bounds.
      const args = ['security', '--offline=true', '--threshold=25', '--no-pager', join(folder, unit)];
      const { exit, stdout, stderr } = run('systemd-analyze', args, folder);
      expect({ exit, said: exit === 0 ? '' : stdout + stderr }).toEqual({ exit: 0, said: '' });
    });

    it('run at a time of day that there is', () => {
      const [, calendar = ''] = /^OnCalendar=(.+)$/m.exec(read('modferry-sync.timer')) ?? [];
      const { exit, stdout } = run('systemd-analyze', ['calendar', '--iterations=2', calendar], work.path);
      expect(exit).toBe(0);
      expect(stdout).toMatch(/Normalized form: \*-\*-\* 02:17:00/);
    });
  });

  it.each(SERVICES)(
    'run %s as nobody who owns anything else, and let it write to the mirror only',
    (unit) => {
      const settings = settingsOf(unit);
      expect(settings).toEqual(
        expect.arrayContaining([
          'User=modferry',
          'Group=modferry',
          'ProtectSystem=strict',
          'ReadWritePaths=/srv/modferry',
          'NoNewPrivileges=yes',
          'CapabilityBoundingSet=',
          'SuccessExitStatus=143',
        ]),
      );
      expect(settings.filter((line) => line.startsWith('ReadWritePaths='))).toHaveLength(1);
    },
  );
});

describe('the crontab', () => {
  it.skipIf(lacks('crontab', 'the crontab'))('is one that cron takes', () => {
    // Newer versions call it -T, and do not know -n.
    const { stdout, stderr } = run('crontab', ['-h'], work.path);
    const check = /^\s*-T\b/m.test(stdout + stderr) ? '-T' : '-n';
    expect(run('crontab', [check, join(FOLDER, 'crontab')], work.path)).toMatchObject({ exit: 0 });
    const wrong = join(work.path, 'crontab');
    writeFileSync(wrong, read('crontab').replace('17 2 * * *', '77 2 * * *'));
    expect(run('crontab', [check, wrong], work.path).exit).not.toBe(0);
  });

  const commands = read('crontab')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(/\s+/).slice(5).join(' ').replaceAll('/etc/modferry', '.'));

  it.each(commands)('prints only when it fails, and then the exit code: %s', (command) => {
    // To cron a percent sign is the end of a line.
    expect(command).not.toContain('%');
    const bin = join(work.path, 'bin');
    mkdirSync(bin, { recursive: true });
    const runWith = (body: string) => {
      writeFileSync(join(bin, 'modferry'), `#!/bin/sh\n${body}\n`);
      chmodSync(join(bin, 'modferry'), 0o755);
      return run('/bin/sh', ['-c', command], work.path, { PATH: `${bin}:${process.env.PATH}` }).stdout;
    };
    expect(runWith('echo all is well; exit 0')).toBe('');
    expect(runWith('echo reason >&2; exit 4')).toMatch(/^(sync|status|verify): exit 4\nreason\n$/);
  });
});

describe.skipIf(lacks('promtool', 'the alerts, the dashboard and the figures themselves'))(
  'to Prometheus',
  () => {
    const promtool = (...args: string[]) => run('promtool', args, FOLDER);

    it('the figures are well formed and named as it wants them', async () => {
      const file = join(work.path, 'metrics.txt');
      writeFileSync(file, await exposition());
      const { exit, stdout, stderr } = run('sh', ['-c', `promtool check metrics <${file}`], work.path);
      expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: '' });
    });

    it('the alerts are rules', () => {
      const { exit, stdout } = promtool('check', 'rules', 'alerts.yml');
      expect(exit).toBe(0);
      expect(stdout).toMatch(/SUCCESS: 11 rules found/);
    });

    it('each alert fires when it should and else keeps quiet', () => {
      const { exit, stdout, stderr } = promtool('test', 'rules', 'alerts-test.yml');
      expect({ exit, said: exit === 0 ? '' : stdout + stderr }).toEqual({ exit: 0, said: '' });
      for (const alert of alertNames()) expect(read('alerts-test.yml')).toContain(alert);
    });

    it('the scrape that the page shows is a configuration', () => {
      const [, yaml = ''] = /^```yaml\n(.*?)^```$/ms.exec(read('README.md')) ?? [];
      const file = join(work.path, 'prometheus.yml');
      writeFileSync(file, yaml.replace('/etc/prometheus', FOLDER));
      const { exit, stdout, stderr } = run('promtool', ['check', 'config', file], work.path);
      expect({ exit, said: exit === 0 ? '' : stdout + stderr }).toEqual({ exit: 0, said: '' });
      expect(yaml).toContain('job_name: modferry\n');
    });

    it('every expression of the dashboard is one', () => {
      const rules = dashboardExpressions().map(
        (expr, index) => `      - record: dashboard:${index}\n        expr: ${JSON.stringify(expr)}\n`,
      );
      const file = join(work.path, 'dashboard-rules.yml');
      writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${rules.join('')}`);
      const { exit, stdout, stderr } = run('promtool', ['check', 'rules', file], work.path);
      expect({ exit, said: exit === 0 ? '' : stdout + stderr }).toEqual({ exit: 0, said: '' });
      expect(stdout).toContain(`${rules.length} rules found`);
    });
  },
);

describe('what dashboard and alerts name', () => {
  it('is told, by these names, with these labels', async () => {
    const { samples } = parseExposition(await exposition());
    const labels = new Map<string, Set<string>>();
    for (const key of samples.keys()) {
      const [name = '', rest = ''] = key.split(/\{(.*)/s);
      const own = labels.get(name) ?? new Set(['job', 'instance']);
      for (const [, label = ''] of rest.matchAll(/(\w+)="/g)) own.add(label);
      labels.set(name, own);
    }
    const expressions = [
      ...dashboardExpressions(),
      ...dashboard.templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
      read('alerts.yml').replace(/^ +(summary|description): .*$/gm, ''),
    ];
    const named = expressions.flatMap(figuresIn);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !labels.has(name))).toEqual([]);
    const wrong: string[] = [];
    for (const [, name = '', matchers = ''] of expressions
      .join('\n')
      .matchAll(/\b((?:modferry|process|nodejs)_[a-z0-9_]+)\{([^}]*)\}/g)) {
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*=~?/g)) {
        if (!labels.get(name)?.has(label)) wrong.push(`${name}{${label}}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('covers every figure about a mirror that an operator may ask for', async () => {
    const { types } = parseExposition(await exposition());
    const shown = new Set(
      [...dashboardExpressions(), read('alerts.yml')]
        .flatMap(figuresIn)
        .map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    // Moments that stand in the dashboard as ages, and what a log tells better.
    const elsewhere =
      /_(timestamp_seconds|info)$|^modferry_(bad_files|run_exit_code|config_rereads_total)$|^(process|nodejs)_/;
    expect([...types.keys()].filter((name) => !shown.has(name) && !elsewhere.test(name))).toEqual([]);
  });

  it('are outcomes and kinds that there are', () => {
    const outcomes = [...read('alerts.yml').matchAll(/outcome=~?"([^"]+)"/g)].flatMap(([, text = '']) =>
      text.split('|'),
    );
    expect(outcomes.length).toBeGreaterThan(2);
    expect(outcomes.filter((outcome) => !RUN_OUTCOMES.some((known) => known === outcome))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has panels that do not lie on one another, each with its own number and something to show', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => ({
        cell: `${x + (at % w)},${y + Math.floor(at / w)}`,
        title,
      })),
    );
    const taken = Map.groupBy(cells, ({ cell }) => cell);
    expect([...taken.values()].filter((on) => on.length > 1)).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    expect(panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0)).toEqual([]);
  });
});

describe('the page', () => {
  it('says what to do for each exit code and for each alert', () => {
    const page = read('README.md');
    const [, table = ''] = /^## Exit codes\n(.*?)^## /ms.exec(page) ?? [];
    const codes = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, text = '']) =>
      text.split(', ').map(Number),
    );
    expect(codes).toEqual(Object.values(EXIT).sort((a, b) => a - b));
    const [, alerts = ''] = /^## What to alert on\n(.*?)^## /ms.exec(page) ?? [];
    const named = [...alerts.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(alertNames().sort());
  });

  it('names each file of its folder', () => {
    const page = read('README.md');
    for (const name of readdirSync(FOLDER).filter((name) => name !== 'README.md')) {
      expect(page).toContain(`\`${name}\``);
    }
  });
});
