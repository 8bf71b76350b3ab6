/** `plan`: what a sync would fetch. */
import type { PlanChoice, PlanReport } from '../audit/plan-report.ts';
import { EXIT, exitOfProblems } from './exit.ts';
import { formatBytes } from './progress.ts';
import { renderProblems, renderSeeds } from './render.ts';
import { SignalWatch } from './signals.ts';
import type { Verb } from './verb.ts';

export const planVerb: Verb = {
  name: 'plan',
  describe: 'show what a sync would fetch, and where go.sum files disagree; changes nothing',
  flags: {
    sizes: { type: 'boolean', default: false, describe: 'ask the upstreams how large the zips are' },
  },
  run: async (context, args) => {
    const app = await context.loadApp();
    const { plan } = await import('../app/sync.ts');
    const watch = new SignalWatch(context.io, () => context.log.warn('stopping'));
    return watch.guard(context.io, context.options.json, async () => {
      const report = await plan(app, args.sizes === true, watch.stop);
      context.print(report, () => renderPlan(report));
      if (report.conflicts.length > 0) return EXIT.integrity;
      return exitOfProblems(report.problems) === EXIT.integrity ? EXIT.integrity : EXIT.done;
    });
  },
};

function renderPlan(report: PlanReport): string {
  const { wanted, present, toFetch, bytes, unsized = 0, conflicts, choices } = report;
  const lines = conflicts.flatMap(({ module, version, file, hashes }) => [
    `conflict: ${module}@${version} ${file}:`,
    ...hashes.map(({ hash, sources }) => `  ${hash} in ${sources.join(', ')}`),
  ]);
  const unknown = unsized > 0 ? ` and ${unsized} zips of unknown size` : '';
  const size = bytes === undefined ? '' : `, zips of ${formatBytes(bytes)}${unknown}`;
  return `${[
    ...renderSeeds(report.seeds),
    ...lines,
    ...renderProblems(report.problems),
    `${wanted} module versions wanted: ${present} present, ${toFetch} to fetch${size}`,
    ...choices.map(renderChoice),
  ].join('\n')}\n`;
}

function renderChoice(choice: PlanChoice): string {
  const { graph, zips, versions, zipCount, heldBytes, bytes, isFinal } = choice;
  const name = `graph: '${graph}'${zips === 'graph' ? ", zips: 'graph'" : ''}`;
  const total = bytes === undefined ? '' : `, ${formatBytes(bytes)}`;
  const held = heldBytes > 0 ? `${total}, ${formatBytes(heldBytes)} of them held` : total;
  return `  ${name}: ${isFinal ? '' : 'at least '}${versions} module versions, ${zipCount} zips${held}`;
}
