/** What the seeds want as far as the mirror itself tells: the versions of its pins, and the go.sum in zips that it holds. */

import type { ModuleVersion } from '../gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import type { Layout } from '../site/layout.ts';
import { Pool } from '../site/pool.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';
import { Demand } from '../sync/demand.ts';
import { pinsOf } from '../sync/latest.ts';
import type { LogSettings } from '../sync/log-session.ts';
import { isWithheld, type PlanLog } from '../sync/plan.ts';
import { pinsOfCurrent } from '../sync/run-publish.ts';
import type { GraphRules } from '../sync/seed-graph.ts';
import type { Seed } from '../sync/seed-texts.ts';
import type { Seeds } from '../sync/seeds.ts';
import { Toolchains } from '../sync/toolchains.ts';

/** All seeds; one by module is as long as its zip is held. Nothing is asked for. */
export function seedsOffline(
  seeds: Seeds,
  layout: Layout,
  store: Store | undefined,
  graph: GraphRules,
): readonly Seed[] {
  const id = currentSnapshot(layout);
  const pins = pinsOf(seeds.modules, pinsOfCurrent(layout, id === null ? undefined : { id }));
  const nothing: ReadonlySet<never> = new Set<never>();
  const demand = new Demand(seeds, pins, {
    pool: new Pool(layout),
    graph,
    known: (source, sha256) => store?.runs.textOf(source, sha256),
    toolchains: new Toolchains(store?.ledger.versionsOf(TOOLCHAIN_MODULE) ?? []),
  });
  const isGone = (mv: ModuleVersion) => store !== undefined && isWithheld(mv, store.ledger);
  return demand.seeds({
    held: (mv) => store?.ledger.held(mv) ?? nothing,
    isLost: isGone,
    isWithheld: isGone,
  });
}

/** The log as a plan sees it; undefined where none judges. */
export function planLogOf(settings: LogSettings | undefined): PlanLog | undefined {
  if (settings === undefined) return undefined;
  return { name: settings.name, isLogged: ({ path }: ModuleVersion) => !settings.isPrivate(path) };
}
