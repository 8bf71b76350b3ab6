/** `status`: what is current, and what works inside the gap. */
import { formatAge } from '../audit/age.ts';
import type { SeedStatus } from '../audit/seed-status.ts';
import type { StatusReport } from '../audit/status.ts';
import { parseDuration } from '../config/duration.ts';
import { ConfigError } from '../errors.ts';
import { EXIT } from './exit.ts';
import { formatBytes } from './progress.ts';
import { renderProblems, someOf } from './render.ts';
import type { Verb } from './verb.ts';

export const statusVerb: Verb = {
  name: 'status',
  describe:
    'show what is current, how old it is, and for each go.sum whether a build from it works offline; changes nothing',
  flags: {
    'max-age': {
      type: 'string',
      requiresArg: true,
      describe: 'exit 8 when the last check is older, as 26h or 90m',
    },
  },
  run: async (context, args) => {
    const app = await context.loadApp();
    const written = typeof args['max-age'] === 'string' ? args['max-age'] : app.config.maxAge;
    const maxAge = written === undefined ? undefined : readMaxAge(written);
    const { status } = await import('../app/offline.ts');
    const report = await status(app, maxAge);
    context.print(report, () => renderStatus(report));
    return report.stale ? EXIT.stale : EXIT.done;
  },
};

/** In seconds. */
function readMaxAge(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new ConfigError('USAGE', `max-age: '${text}' is no duration`, {
    hint: 'write it as 26h, 90m or 2d',
  });
}

function renderStatus(report: StatusReport): string {
  const { current, publishedAt, modules, bytes, seeds, lastRun, age, sumdb } = report;
  const lines = [
    current === null
      ? 'nothing is published yet: run modferry sync'
      : `current: ${current}, published ${publishedAt ?? 'at an unknown time'}: ${modules} module versions, ${formatBytes(bytes)}`,
    ...(current === null
      ? []
      : [
          sumdb === null
            ? 'checksum database: none: clients need GOSUMDB=off'
            : `checksum database: ${sumdb.name}, ${sumdb.size} records: clients leave GOSUMDB on`,
        ]),
    ...(lastRun ? [renderRun(lastRun)] : []),
    ...(age === null
      ? []
      : [`last compared with the seeds: ${formatAge(age)} ago${report.stale ? ', too old' : ''}`]),
    ...seeds.flatMap(renderSeed),
    ...renderProblems(report.problems),
    ...report.acceptedGaps.map(
      ({ message, reason, until }) => `accepted${until ? ` until ${until}` : ''}: ${message} (${reason})`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function renderRun({ outcome, startedAt, error }: NonNullable<StatusReport['lastRun']>): string {
  const why = error === null ? '' : `: ${error.message}`;
  return `last run: ${outcome ?? 'has not ended'}, started ${startedAt}${why}`;
}

function renderSeed({ source, wanted, builds, lacking, commands, warnings }: SeedStatus): string[] {
  const works = commands.filter(({ lacks, isUnknown }) => lacks.length === 0 && !isUnknown);
  // Where not even a build works, what else does not is no news.
  const failing = builds ? commands.filter(({ lacks }) => lacks.length > 0) : [];
  const unknown = builds ? commands.filter(({ lacks, isUnknown }) => lacks.length === 0 && isUnknown) : [];
  return [
    `${builds ? 'builds offline       ' : 'does not build yet   '} ${source}: ${wanted} module versions`,
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...(lacking.length > 0 ? [`  not served: ${someOf(lacking)}`] : []),
    ...(works.length > 0 ? [`  works: ${works.map(nameOf).join(', ')}`] : []),
    ...failing.map((one) => `  ${nameOf(one)} would not find ${one.lacks.length}: ${someOf(one.lacks)}`),
    ...(unknown.length > 0
      ? [`  may lack something: ${unknown.map(nameOf).join(', ')}: no go.mod is here that would tell`]
      : []),
  ];
}

const NAMES: Readonly<Record<SeedStatus['commands'][number]['command'], string>> = {
  build: 'go build and test',
  tidy: 'go mod tidy and vendor',
  download: 'go mod download',
  'list -m all': 'go list -m all',
  'download all': 'go mod download all',
};

function nameOf({ command }: SeedStatus['commands'][number]): string {
  return NAMES[command];
}
