/** Builds the server over a mirror: its files, its health and its figures. */
import type { Page } from '../http/answer.ts';
import { type RunningServer, startServer } from '../http/server.ts';
import { Metrics } from '../metrics/metrics.ts';
import { type AppContext, layoutOfConfig } from './context.ts';
import { readMirrorState, whyNotReady } from './mirror-state.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** `maxAge`: seconds after which the last check counts as too old. */
export function serve(
  context: AppContext,
  listen: Listen,
  maxAge: number | undefined,
): Promise<RunningServer> {
  const { config, log } = context;
  const layout = layoutOfConfig(config);
  const warn = (message: string) => log.warn(message);
  const metrics = new Metrics({ state: () => readMirrorState(config, maxAge), warn });
  return startServer({
    root: layout.public,
    also: [layout.sumdb],
    ...listen,
    warn,
    pages: pagesOf(metrics),
    notReady: () => whyNotReady(config, maxAge),
  });
}

/** The page that a monitoring system scrapes. */
export function pagesOf(metrics: Metrics): Readonly<Record<string, () => Promise<Page>>> {
  return {
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, text: await metrics.text() }),
  };
}
