/** The files of docs/operations/ as its test reads them, and all figures that there can be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from '../../src/metrics/metrics.ts';
import { REPO } from './real-world.ts';

export const FOLDER = join(REPO, 'docs/operations');
export const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

/** What is told when everything is: every family, counters and histograms included. */
export async function exposition(): Promise<string> {
  const at = new Date('2026-03-04T12:00:00Z');
  const metrics = new Metrics({
    state: async () => ({
      lastRun: { startedAt: at, finishedAt: at, outcome: 'incomplete' },
      checkedAt: at,
      snapshot: { id: '20260304T120000Z-0a1b2c3d', createdAt: at, modules: 1, bytes: 1 },
      seeds: [{ seed: 'go.sum', wanted: 3, present: 1, missing: 1, accepted: 1 }],
      problems: [{ code: 'NOT_FOUND', kind: 'gap', count: 1 }],
      badFiles: 0,
      disk: { free: 1, total: 2 },
      maxAge: 93_600,
    }),
  });
  metrics.exchange({ upstream: 'https://u.example', status: 200, seconds: 0.1, bytes: 1 });
  metrics.retry('https://u.example');
  metrics.verificationFailure('HASH_MISMATCH');
  metrics.queueDepth(1, 1);
  metrics.runStarted(at);
  metrics.runEnded({ outcome: 'published', exit: 0, seconds: 1, at });
  metrics.configReread(true);
  metrics.nextRun(at);
  return metrics.text();
}

export function alertNames(): string[] {
  return [...read('alerts.yml').matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name);
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[];
  };
}

export const dashboard = JSON.parse(read('dashboard.json')) as Dashboard;

/** With Grafana's variables as Grafana fills them in. */
export function dashboardExpressions(): string[] {
  return [
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...dashboard.annotations.list.map(({ expr }) => expr),
  ].map((expr) => expr.replaceAll('$__rate_interval', '5m'));
}

/** The figures that an expression names. */
export const figuresIn = (text: string) => text.match(/\b(modferry|process|nodejs)_[a-z0-9_]+/g) ?? [];
