/**
 * One sync, from the lock to the swap of `current`. Reads like a table of contents: each step has a file of its
 * own. Finished work is kept whatever happens, and the report says truly how it ended.
 */
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import { formatModuleVersion, parseModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Layout } from '../site/layout.ts';
import { Pool } from '../site/pool.ts';
import { keepEvidence } from '../site/quarantine.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import { acquireLease } from '../store/lease.ts';
import { asStateError } from '../store/open.ts';
import type { Outcome } from '../store/runs.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import { Store } from '../store/store.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { failureOf, type RunError, recordRun, unreadSeeds } from './conclude.ts';
import { disputedMembers, nextContents } from './contents.ts';
import { type Fetched, fetchAll } from './fetch-all.ts';
import { NOTHING_HELD, type Plan, planSync } from './plan.ts';
import { emptyStaging, makeFolders, reconcile } from './prepare.ts';
import { guardPrune } from './prune.ts';
import { type PublishDeps, publish } from './publish.ts';
import { Recorder } from './record.ts';
import {
  countModules,
  type ModuleResult,
  reportSeeds,
  type SyncReport,
  sbomGaps,
  splitProblems,
  untouched,
} from './report.ts';
import type { Seeds } from './seeds.ts';
import { type WantedModule, wantedBy } from './wanted.ts';

export interface SyncOptions {
  /** Publish exactly what the seeds want, instead of adding to what is current. */
  readonly prune: boolean;
  /** Pass the guard against pruning too much. */
  readonly force: boolean;
  /** Publish nothing new when something is missing. */
  readonly strict: boolean;
}

/** What a sync tells whoever shows progress. */
export interface SyncObserver {
  planned(plan: Plan): void;
  moduleDone(result: ModuleResult): void;
  publishing(): void;
}

export interface SyncDeps extends Pick<PublishDeps, 'starterGoMod' | 'writeSbom'> {
  readonly config: Config;
  readonly layout: Layout;
  readonly upstreams: Pick<Upstreams, 'info' | 'mod' | 'zip' | 'stats'>;
  readonly hasher: ZipHasher;
  readonly now: () => Date;
  readonly log: { info(message: string): void; warn(message: string): void };
  readonly observer: SyncObserver;
  readonly concurrency: number;
  /** Ends the run after the downloads that are under way. */
  readonly stop: AbortSignal;
  /** Ends the downloads too. */
  readonly abort: AbortSignal;
}

/** Throws only before the lock is held; afterwards every failure is in the report. */
export async function runSync(seeds: Seeds, options: SyncOptions, deps: SyncDeps): Promise<SyncReport> {
  const wanted = wantedBy(seeds, deps.config);
  makeFolders(deps.layout);
  const lease = acquireLease(deps.layout.mirror, 'sync', deps.now);
  try {
    const { abandonedBy } = lease;
    if (abandonedBy)
      deps.log.warn(`process ${abandonedBy.pid}, at it since ${abandonedBy.since}, died: taking over`);
    return await new SyncRun(seeds, wanted, options, deps).run();
  } finally {
    lease.release();
  }
}

/** The state of one run, so that a report can be made wherever it ends. */
class SyncRun {
  readonly #seeds: Seeds;
  readonly #wanted: readonly WantedModule[];
  readonly #options: SyncOptions;
  readonly #deps: SyncDeps;
  readonly #started: Date;
  #known: readonly ModuleResult[] | undefined;
  #store: Store | undefined;
  #run: number | undefined;

  constructor(seeds: Seeds, wanted: readonly WantedModule[], options: SyncOptions, deps: SyncDeps) {
    this.#seeds = seeds;
    this.#wanted = wanted;
    this.#options = options;
    this.#deps = deps;
    this.#started = deps.now();
  }

  async run(): Promise<SyncReport> {
    try {
      const outcome = await this.#sync();
      return this.#conclude(outcome);
    } catch (error) {
      return this.#conclude(...failureOf(asStateError(error, this.#deps.layout.stateDb), this.#deps.log));
    } finally {
      this.#store?.close();
    }
  }

  /** Until the ledger was read nothing is known to be here: a run that fails before says so. */
  get #results(): readonly ModuleResult[] {
    this.#known ??= untouched(planSync(this.#wanted, NOTHING_HELD, this.#deps.config.accept, this.#started));
    return this.#known;
  }

  async #sync(): Promise<Outcome> {
    const { layout, now, hasher, log, config, observer } = this.#deps;
    this.#seeds.saveCopies();
    emptyStaging(layout);
    const store = Store.forWriting(layout.stateDb, now);
    this.#store = store;
    const pool = new Pool(layout);
    const current = await reconcile({ layout, store, pool, hasher, now }, (message) => log.warn(message));
    this.#run = store.runs.start(this.#started, this.#seeds.seeds);
    const plan = planSync(this.#wanted, store.ledger, config.accept, now());
    for (const { module, version, until } of plan.expired)
      log.warn(`accept: ${module}@${version}: until ${until} has passed`);
    for (const { module, version } of plan.unmatched)
      log.info(`accept: ${module}@${version}: no seed wants it`);
    this.#known = untouched(plan);
    observer.planned(plan);
    const prune = this.#prunes(store, current);
    const fetched = await this.#fetch(plan, store, pool);
    this.#known = fetched.results;
    store.ledger.recordGaps(fetched.problems.flatMap(gapOf), now());
    store.ledger.recordRequiredBy(this.#wanted);
    if (fetched.interrupted) return 'interrupted';
    return this.#publish(store, current, prune);
  }

  /** Whether this run prunes; refuses to when too much would go. */
  #prunes(store: Store, current: SnapshotRow | undefined): boolean {
    if (!this.#options.prune) return false;
    if (this.#seeds.problems.length > 0) {
      this.#deps.log.warn('not pruning: what a seed wants that cannot be read is not known');
      return false;
    }
    if (current && !this.#options.force)
      guardPrune(store.snapshots.members(current.seq), current, this.#wanted);
    return true;
  }

  #fetch(plan: Plan, store: Store, pool: Pool): Promise<Fetched> {
    const { upstreams, hasher, now, layout, log, concurrency, stop, abort, observer } = this.#deps;
    return fetchAll(plan, {
      upstreams,
      hasher,
      pool,
      now,
      concurrency,
      stop,
      signal: abort,
      recorder: new Recorder(pool, store.ledger, now),
      quarantine: (evidence, content) => keepEvidence(layout, { ...evidence, at: now() }, content),
      warn: (message) => log.warn(message),
      onModule: (result) => observer.moduleDone(result),
    });
  }

  async #publish(store: Store, current: SnapshotRow | undefined, prune: boolean): Promise<Outcome> {
    const incomplete = this.#problems().problems.length > 0;
    if (incomplete && this.#options.strict) return 'incomplete';
    if (!prune && current && this.#isPublished(store, current))
      return incomplete ? 'incomplete' : 'unchanged';
    const members = current ? [...store.snapshots.members(current.seq)] : [];
    const plans = this.#results.map((result) => result.plan);
    const contents = nextContents(prune ? disputedMembers(members, plans) : members, plans);
    if (contents.length === 0) return incomplete ? 'incomplete' : 'unchanged';
    this.#deps.observer.publishing();
    const published = await publish(contents, sbomGaps(this.#results), current, {
      ...this.#deps,
      snapshots: store.snapshots,
    });
    if (incomplete) return 'incomplete';
    return published ? 'published' : 'unchanged';
  }

  /** Whether all that is held of what the seeds want is in the current snapshot already. */
  #isPublished(store: Store, current: SnapshotRow): boolean {
    if (this.#results.some(({ fetched }) => fetched)) return false;
    const unpublished = store.snapshots.unpublished(current.seq);
    if (unpublished.size === 0) return true;
    return this.#results.every(({ plan: { wanted, held } }) =>
      held.keys().every((file) => !unpublished.has(`${formatModuleVersion(wanted.mv)} ${file}`)),
    );
  }

  #problems(): Pick<SyncReport, 'problems' | 'acceptedGaps'> {
    const { problems, acceptedGaps } = splitProblems(this.#results);
    return { problems: [...this.#seeds.problems, ...problems], acceptedGaps };
  }

  /** The database itself may be what failed: then the report says only what is current. */
  #previousOf(id: string): string | null {
    try {
      return this.#store?.snapshots.find(id)?.previous ?? null;
    } catch (cause) {
      this.#deps.log.warn(
        `what was current before is not known: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
      return null;
    }
  }

  #conclude(outcome: Outcome, error?: RunError): SyncReport {
    const { layout, upstreams, now, log } = this.#deps;
    const id = currentSnapshot(layout);
    const previous = id === null ? null : this.#previousOf(id);
    const report: SyncReport = {
      outcome,
      snapshot: id === null ? null : { id, path: join(layout.snapshots, id), previous },
      modules: countModules(this.#results),
      ...this.#problems(),
      seeds: [...reportSeeds(this.#seeds.seeds, this.#results), ...unreadSeeds(this.#seeds)],
      requests: upstreams.stats.requests,
      bytes: upstreams.stats.bytes,
      seconds: (now().getTime() - this.#started.getTime()) / 1000,
      ...(error ? { error } : {}),
    };
    if (this.#store && this.#run !== undefined) recordRun(this.#store, this.#run, report, now(), log);
    return report;
  }
}

function gapOf(problem: SyncReport['problems'][number]) {
  const { module, version, file, code, message } = problem;
  if (module === null || version === null || file === null) return [];
  return [{ mv: parseModuleVersion(module, version), file, code, message }];
}
