/** `verify`: whether what is served is what was published; with --repair, what is not is brought back. */
import type { BadFile, VerifyReport } from '../audit/verify.ts';
import { ConfigError } from '../errors.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit.ts';
import { SignalWatch } from './signals.ts';
import type { Verb } from './verb.ts';

export const verifyVerb: Verb = {
  name: 'verify',
  describe: 'read what is served and check it against its manifest; changes nothing without --repair',
  flags: {
    full: {
      type: 'boolean',
      default: false,
      describe: 'all snapshots and the pool, every h1 computed again',
    },
    repair: {
      type: 'boolean',
      default: false,
      describe: 'mend what is bad, from what is here or from the upstream; build a lost database anew',
    },
  },
  run: async (context, args) => {
    const app = await context.loadApp();
    const isFull = args.full === true;
    if (args.repair !== true) {
      const { verify } = await import('../app/offline.ts');
      return answer(context, app.config.mirror, await verify(app, isFull));
    }
    const watch = new SignalWatch(context.io, () =>
      context.log.warn('stopping after the files under way; a second signal ends them'),
    );
    return watch.guard(context.io, context.options.json, async () => {
      const { repair } = await import('../app/repair.ts');
      const signals = { stop: watch.stop, abort: watch.abort };
      return answer(context, app.config.mirror, await repair(app, isFull, signals));
    });
  },
};

function answer(context: VerbContext, mirror: string, report: VerifyReport): number {
  if (report.snapshot === null && report.checked === 0 && report.problems.length === 0) {
    throw new ConfigError('USAGE', `${mirror}: nothing is published yet`, {
      hint: 'run modferry sync first',
    });
  }
  context.print(report, () => renderVerify(report));
  return report.bad > 0 ? EXIT.integrity : EXIT.done;
}

function renderVerify({ snapshot, checked, bad, repaired, problems, rebuilt }: VerifyReport): string {
  const counts = `${checked} files checked, ${bad} bad${repaired > 0 ? `, ${repaired} repaired` : ''}`;
  const lines = [
    ...problems.flatMap(renderProblem),
    ...(rebuilt
      ? [
          `state database: knows ${rebuilt.snapshots} snapshots, ${rebuilt.files} files, ${rebuilt.records} records again`,
        ]
      : []),
    `${snapshot ?? 'no snapshot'}: ${counts}`,
  ];
  return `${lines.join('\n')}\n`;
}

function renderProblem({ path, code, message, hint, repaired, done }: BadFile): string[] {
  return [
    `${code}: ${path}: ${message}`,
    ...(done === undefined ? [] : [`  ${repaired ? 'repaired' : 'still bad'}: ${done}`]),
    ...(hint !== undefined && repaired !== true ? [`  hint: ${hint}`] : []),
  ];
}
