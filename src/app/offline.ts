/** Builds the use cases that never use the network, and the server. */
import { reportStatus, type StatusReport } from '../audit/status.ts';
import { type VerifyReport, verifyMirror } from '../audit/verify.ts';
import { explainModule, type WhyReport } from '../audit/why.ts';
import { type RunningServer, startServer } from '../http/server.ts';
import { ZipHasher } from '../modzip/zip-hasher.ts';
import { layoutOf } from '../site/layout.ts';
import { readSeeds } from '../sync/seeds.ts';
import { redactUrl } from '../upstream/redact.ts';
import { type AppContext, withStore } from './context.ts';

export async function status({ config, log }: AppContext, maxAge: number | undefined): Promise<StatusReport> {
  const layout = layoutOf(config.mirror);
  const seeds = await readSeeds(config, layout.seeds, {
    redact: redactUrl,
    warn: (message) => log.warn(message),
  });
  return withStore(config, async (store) =>
    reportStatus({ config, layout, store, seeds, now: new Date(), maxAge }),
  );
}

export async function verify({ config }: AppContext, full: boolean): Promise<VerifyReport> {
  const hasher = new ZipHasher();
  try {
    return await withStore(config, (store) =>
      verifyMirror({ layout: layoutOf(config.mirror), store, hasher }, full),
    );
  } finally {
    await hasher.close();
  }
}

export function why({ config }: AppContext, query: string): Promise<WhyReport> {
  return withStore(config, async (store) => explainModule(query, layoutOf(config.mirror), store));
}

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export function serve({ config, log }: AppContext, listen: Listen): Promise<RunningServer> {
  return startServer({
    root: layoutOf(config.mirror).public,
    ...listen,
    warn: (message) => log.warn(message),
  });
}
