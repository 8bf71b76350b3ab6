/** `verify`: whether what is served is what was published. */
import type { VerifyReport } from '../audit/verify.ts';
import { ConfigError } from '../errors.ts';
import { EXIT } from './exit.ts';
import type { Verb } from './verb.ts';

export const verifyVerb: Verb = {
  name: 'verify',
  describe: 'read what is served and check it against its manifest; changes nothing',
  flags: {
    full: {
      type: 'boolean',
      default: false,
      describe: 'all snapshots and the pool, every h1 computed again',
    },
  },
  run: async (context, args) => {
    const config = await context.loadConfig();
    const { verify } = await import('../app/offline.ts');
    const report = await verify({ config, env: context.io.env, log: context.log }, args.full === true);
    if (report.snapshot === null && report.checked === 0 && report.bad === 0) {
      throw new ConfigError('USAGE', `${config.mirror}: nothing is published yet`, {
        hint: 'run modferry sync first',
      });
    }
    context.print(report, () => renderVerify(report));
    return report.bad > 0 ? EXIT.integrity : EXIT.done;
  },
};

function renderVerify({ snapshot, checked, bad, problems }: VerifyReport): string {
  const lines = problems.map(({ path, code, message }) => `${code}: ${path}: ${message}`);
  return `${[...lines, `${snapshot ?? 'no snapshot'}: ${checked} files checked, ${bad} bad`].join('\n')}\n`;
}
