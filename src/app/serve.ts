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
  const warn = (message: string) => context.log.warn(message);
  const metrics = new Metrics({ state: () => readMirrorState(context.config, maxAge), warn });
  return serveWith(context, listen, () => maxAge, metrics);
}

/** The same with the figures of whoever else does something in this process. */
export function serveWith(
  { config, log }: AppContext,
  listen: Listen,
  maxAge: () => number | undefined,
  metrics: Metrics,
): Promise<RunningServer> {
  const layout = layoutOfConfig(config);
  return startServer({
    root: layout.public,
    also: [layout.sumdb],
    ...listen,
    warn: (message) => log.warn(message),
    pages: pagesOf(metrics),
    notReady: () => whyNotReady(config, maxAge()),
  });
}

/** The page that a monitoring system scrapes. */
function pagesOf(metrics: Metrics): Readonly<Record<string, () => Promise<Page>>> {
  return {
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, text: await metrics.text() }),
  };
}
