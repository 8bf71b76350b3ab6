/** Builds the use cases that never use the network. */
import { reportStatus, type StatusReport } from '../audit/status.ts';
import { type VerifyReport, verifyMirror } from '../audit/verify.ts';
import { explainModule, type WhyReport } from '../audit/why.ts';
import { ZipHasher } from '../modzip/zip-hasher.ts';
import { databaseFlaw } from '../store/integrity.ts';
import type { Store } from '../store/store.ts';
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
  const layout = layoutOfConfig(config);
  const keysOf = (log: string) => keysOfLog(log, config, env);
  const hasher = new ZipHasher();
  const flaw = databaseFlaw(layout.stateDb, full);
  const look = (store: Store | undefined) =>
    verifyMirror({ layout, store, databaseFlaw: flaw, hasher, keysOf }, full);
  try {
    return await (flaw === undefined ? withStore(config, look) : look(undefined));
  } finally {
    await hasher.close();
  }
}

export function why({ config }: AppContext, query: string): Promise<WhyReport> {
  return withStore(config, async (store) => explainModule(query, layoutOfConfig(config), store));
}
