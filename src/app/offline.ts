/** Builds the use cases that never use the network. */
import { reportStatus, type StatusReport } from '../audit/status.ts';
import { type VerifyReport, verifyMirror } from '../audit/verify.ts';
import { explainModule, type WhyReport } from '../audit/why.ts';
import { ZipHasher } from '../modzip/zip-hasher.ts';
import { readSeeds } from '../sync/seeds.ts';
import { redactUrl } from '../upstream/redact.ts';
import { type AppContext, layoutOfConfig, withStore } from './context.ts';
import { findSumDb, keysOfLog } from './sumdb.ts';

export async function status(context: AppContext, maxAge: number | undefined): Promise<StatusReport> {
  const { config, env, log } = context;
  const layout = layoutOfConfig(config);
  const judge = findSumDb(config, env)?.settings;
  const reader = { redact: redactUrl, warn: (message: string) => log.warn(message) };
  const seeds = await readSeeds(config, layout.seeds, reader, judge !== undefined);
  return withStore(config, async (store) =>
    reportStatus({ config, layout, store, seeds, log: judge, now: new Date(), maxAge }),
  );
}

export async function verify({ config, env }: AppContext, full: boolean): Promise<VerifyReport> {
  const keysOf = (log: string) => keysOfLog(log, config, env);
  const hasher = new ZipHasher();
  try {
    return await withStore(config, (store) =>
      verifyMirror({ layout: layoutOfConfig(config), store, hasher, keysOf }, full),
    );
  } finally {
    await hasher.close();
  }
}

export function why({ config }: AppContext, query: string): Promise<WhyReport> {
  return withStore(config, async (store) => explainModule(query, layoutOfConfig(config), store));
}
