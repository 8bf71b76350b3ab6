/** What the seeds want as far as the mirror itself tells: the versions of its pins, and the go.sum in zips that it holds. */
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import { Pool } from '../site/pool.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';
import { Demand } from '../sync/demand.ts';
import { pinsOf } from '../sync/latest.ts';
import type { LogSettings } from '../sync/log-session.ts';
import type { PlanLog } from '../sync/plan.ts';
import { pinsOfCurrent } from '../sync/run-publish.ts';
import type { Seed, Seeds } from '../sync/seeds.ts';

/** All seeds; one by module is as long as its zip is held. Nothing is asked for. */
export function seedsOffline(seeds: Seeds, layout: Layout, store: Store | undefined): readonly Seed[] {
  const id = currentSnapshot(layout);
  const pins = pinsOf(seeds.modules, pinsOfCurrent(layout, id === null ? undefined : { id }));
  const nothing: ReadonlySet<never> = new Set<never>();
  return new Demand(seeds, pins, new Pool(layout)).seeds((mv) => store?.ledger.held(mv) ?? nothing);
}

/** The log as a plan sees it; undefined where none judges. */
export function planLogOf(settings: LogSettings | undefined): PlanLog | undefined {
  if (settings === undefined) return undefined;
  return { name: settings.name, isLogged: ({ path }: ModuleVersion) => !settings.isPrivate(path) };
}
