/** `sync`: fetch, verify, publish. */
import { dirname, resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import type { SyncReport } from '../sync/report.ts';
import { ownCommand } from '../version.ts';
import type { VerbContext } from './context.ts';
import { exitOfSync } from './exit.ts';
import { formatBytes, formatDuration, Progress } from './progress.ts';
import { renderProblems, renderSeeds } from './render.ts';
import { SignalWatch } from './signals.ts';
import type { Verb } from './verb.ts';

export const syncVerb: Verb = {
  name: 'sync',
  describe: 'fetch what the seeds want, verify it, publish a snapshot with its SBOM',
  flags: {
    prune: {
      type: 'boolean',
      default: false,
      describe: 'publish exactly what the seeds want, instead of adding',
    },
    force: {
      type: 'boolean',
      default: false,
      describe: 'prune even if over 40 % of what is current would go',
    },
    strict: { type: 'boolean', default: false, describe: 'publish nothing new when something is missing' },
  },
  run: async (context, args) => {
    const config = await context.loadConfig();
    const watch = new SignalWatch(context.io, () =>
      context.log.warn('stopping after the downloads under way; a second signal ends them'),
    );
    return watch.guard(context.io, context.options.json, async () => {
      const report = await runWithProgress(context, config, watch, {
        prune: args.prune === true,
        force: args.force === true,
        strict: args.strict === true || config.strict,
      });
      context.print(report, () => renderSync(report, config));
      return exitOfSync(report, watch.signal);
    });
  },
};

async function runWithProgress(
  context: VerbContext,
  config: Config,
  watch: SignalWatch,
  options: { prune: boolean; force: boolean; strict: boolean },
): Promise<SyncReport> {
  const { sync } = await import('../app/sync.ts');
  const shown: Progress[] = [];
  const observe = (traffic: ConstructorParameters<typeof Progress>[1]) => {
    const progress = new Progress(context.io, traffic, !context.options.quiet);
    shown.push(progress);
    return progress;
  };
  const app = { config, env: context.io.env, log: context.log };
  try {
    return await sync(app, options, { stop: watch.stop, abort: watch.abort }, observe);
  } finally {
    for (const progress of shown) progress.end();
  }
}

function renderSync(report: SyncReport, config: Config): string {
  const { modules, outcome, snapshot, error } = report;
  const counts = (['present', 'fetched', 'missing', 'mismatched', 'accepted'] as const)
    .filter((state) => modules[state] > 0)
    .map((state) => `${modules[state]} ${state}`);
  const traffic = `${report.requests} requests, ${formatBytes(report.bytes)}, ${formatDuration(report.seconds)}`;
  const lines = [
    ...renderSeeds(report.seeds),
    ...renderProblems(report.problems),
    ...(report.acceptedGaps.length > 0
      ? [`accepted gaps: ${report.acceptedGaps.length} (modferry status lists them)`]
      : []),
    ...(error ? [`error: ${error.message}`, ...(error.hint ? [`  hint: ${error.hint}`] : [])] : []),
    `${outcome}: ${modules.wanted} module versions wanted: ${counts.join(', ') || 'none'}; ${traffic}`,
    ...(snapshot ? [`current: ${snapshot.path}`] : ['nothing is published yet']),
    ...(snapshot && (outcome === 'published' || outcome === 'unchanged' || outcome === 'incomplete')
      ? whatNext(config, report)
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** For the first sync of somebody new: how to see that it works. */
function whatNext(config: Config, report: SyncReport): string[] {
  const built = report.seeds.find(({ source, complete }) => complete && /(^|\/)go\.sum$/.test(source));
  const project = built ? dirname(resolve(config.base, built.source)) : 'a project whose go.sum is a seed';
  return [
    '',
    `try it:   cd ${project}`,
    `          GOPROXY=file://${config.mirror}/public/current${report.sumdb === null ? ' GOSUMDB=off' : ''} go mod download`,
    `serve it: ${ownCommand()} serve      (or host ${config.mirror}/public with any file server)`,
  ];
}
