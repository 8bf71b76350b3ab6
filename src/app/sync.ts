/** Builds a sync, and the plan of one. */
import { readFileSync } from 'node:fs';
import { type PlanReport, reportPlan } from '../audit/plan-report.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { ZipHasher } from '../modzip/zip-hasher.ts';
import { Pool } from '../site/pool.ts';
import { forEachBounded } from '../sync/bounded.ts';
import type { SyncReport } from '../sync/report.ts';
import { runSync } from '../sync/run.ts';
import { graphRulesOf } from '../sync/seed-graph.ts';
import { starterGoMod } from '../sync/starter.ts';
import type { SyncObserver, SyncOptions } from '../sync/sync-deps.ts';
import { toolVersion } from '../version.ts';
import { type AppContext, checkAccept, layoutOfConfig, refuseUnbuilt, withStore } from './context.ts';
import { fetchSeeds, findUpstreams, LazyUpstreams } from './network.ts';
import { checkGraph, findSumDb } from './sumdb.ts';

/** Module versions in work at once: enough to keep the connections and the hashing threads busy. */
export const DEFAULT_CONCURRENCY = 32;

export interface Signals {
  /** Ends the run after the downloads that are under way. */
  readonly stop: AbortSignal;
  /** Ends the downloads too. */
  readonly abort: AbortSignal;
}

/** `observe` makes the observer, once there is traffic to watch. */
export async function sync(
  context: AppContext,
  options: SyncOptions,
  signals: Signals,
  observe: (upstreams: LazyUpstreams) => SyncObserver,
): Promise<SyncReport> {
  const { config, log } = context;
  refuseUnbuilt(config);
  checkAccept(config);
  const entries = findUpstreams(context);
  const sumdb = findSumDb(config, context.env);
  checkGraph(config, sumdb !== undefined);
  const seeds = await fetchSeeds(context, sumdb !== undefined, signals.abort);
  const upstreams = new LazyUpstreams(context, entries);
  const hasher = new ZipHasher();
  const layout = layoutOfConfig(config);
  const pool = new Pool(layout);
  const isWhole = graphRulesOf(config, sumdb !== undefined).graph !== 'listed';
  try {
    return await runSync(seeds, options, {
      config,
      layout,
      upstreams,
      sumdb: sumdb && { settings: sumdb.settings, server: upstreams.log(sumdb.address) },
      hasher,
      now: () => new Date(),
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
      observer: observe(upstreams),
      concurrency: config.connections ?? DEFAULT_CONCURRENCY,
      ...signals,
      starterGoMod: (contents) =>
        starterGoMod(contents, isWhole, (mv) => readFileSync(pool.pathOf(mv, 'mod'), 'utf8')),
      writeSbom: async (draft) => {
        // Loaded only where a snapshot is made: most nights bring nothing new.
        const { writeSnapshotSbom } = await import('../sync/snapshot-sbom.ts');
        writeSnapshotSbom(draft, { pool, settings: config.sbom, toolVersion: toolVersion() });
      },
    });
  } finally {
    await Promise.all([upstreams.close(), hasher.close()]);
  }
}

/** What a sync would fetch; with `sizes` the upstreams are asked how large the zips are. */
export async function plan(context: AppContext, sizes: boolean, stop: AbortSignal): Promise<PlanReport> {
  const { config } = context;
  refuseUnbuilt(config);
  checkAccept(config);
  const log = findSumDb(config, context.env)?.settings;
  checkGraph(config, log !== undefined);
  const seeds = await fetchSeeds(context, log !== undefined, stop);
  return withStore(config, async (store) => {
    const input = { config, layout: layoutOfConfig(config), seeds, store, log, now: new Date() };
    if (!sizes) return reportPlan(input);
    const upstreams = new LazyUpstreams(context, findUpstreams(context));
    try {
      return await reportPlan(input, (zips) => zipSizes(zips, upstreams, stop));
    } finally {
      await upstreams.close();
    }
  });
}

async function zipSizes(
  zips: readonly ModuleVersion[],
  upstreams: LazyUpstreams,
  signal: AbortSignal,
): Promise<(number | undefined)[]> {
  const sizes = new Map<ModuleVersion, number | undefined>();
  await forEachBounded(zips, DEFAULT_CONCURRENCY, async (mv) => {
    sizes.set(mv, await upstreams.zipSize(mv, { signal }));
  });
  return zips.map((mv) => sizes.get(mv));
}
