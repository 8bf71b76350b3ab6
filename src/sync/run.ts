/**
 * One sync, from the lock to the swap of `current`. Reads like a table of contents: each step has a file of its
 * own. Finished work is kept whatever happens, and the report says truly how it ended.
 */
import { join } from 'node:path';
import { parseModuleVersion } from '../gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import { Pool } from '../site/pool.ts';
import { keepEvidence } from '../site/quarantine.ts';
import { keepReserve, requireReserve } from '../site/reserve.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import { withLease } from '../store/lease.ts';
import { asStateError } from '../store/open.ts';
import type { Outcome } from '../store/runs.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import { Store } from '../store/store.ts';
import { GRAPH_SUFFIX } from './computed-texts.ts';
import { failureOf, type RunError, recordRun, unreadSeeds } from './conclude.ts';
import { Demand } from './demand.ts';
import { holdingsOf } from './holdings.ts';
import { type FoundLatest, findLatest } from './latest.ts';
import { NOTHING_HELD, type Plan, planSync } from './plan.ts';
import { emptyStaging, makeFolders, reconcile } from './prepare.ts';
import { guardPrune } from './prune.ts';
import { Recorder } from './record.ts';
import { countModules, reportSeeds, type SyncReport, splitProblems, untouched } from './report.ts';
import { Rounds, type RoundsState } from './rounds.ts';
import { RunLog } from './run-log.ts';
import { type FetchedRun, pinsOfCurrent, publishRun } from './run-publish.ts';
import { graphRulesOf } from './seed-graph.ts';
import type { Seed, SeedText } from './seed-texts.ts';
import type { Seeds } from './seeds.ts';
import type { SyncDeps, SyncOptions } from './sync-deps.ts';
import { offerToolchains, Toolchains } from './toolchains.ts';
import { mergeSeeds, refuseNothing } from './wanted.ts';

/** Throws only before the lock is held; afterwards every failure is in the report. */
export async function runSync(seeds: Seeds, options: SyncOptions, deps: SyncDeps): Promise<SyncReport> {
  refuseNothing(mergeSeeds(seeds.seeds), seeds, deps.config);
  makeFolders(deps.layout);
  const { layout, now, log } = deps;
  const warn = (message: string) => log.warn(message);
  return withLease(layout.mirror, 'sync', now, warn, () => new SyncRun(seeds, options, deps).run());
}

/** The state of one run, so that a report can be made wherever it ends. */
class SyncRun {
  readonly #seeds: Seeds;
  readonly #options: SyncOptions;
  readonly #deps: SyncDeps;
  readonly #started: Date;
  #rounds: Rounds | undefined;
  #ended: RoundsState | undefined;
  #toolchains: Toolchains | undefined;
  #latest: FoundLatest = { candidates: new Map(), problems: [] };
  /** What went wrong beside the module versions. */
  readonly #more: SyncReport['problems'][number][] = [];
  #store: Store | undefined;
  #run: number | undefined;

  constructor(seeds: Seeds, options: SyncOptions, deps: SyncDeps) {
    this.#seeds = seeds;
    this.#options = options;
    this.#deps = deps;
    this.#started = deps.now();
  }

  async run(): Promise<SyncReport> {
    try {
      const outcome = await this.#sync();
      return this.#conclude(outcome);
    } catch (error) {
      const { layout, log } = this.#deps;
      return this.#conclude(...failureOf(asStateError(error, layout.stateDb), layout.mirror, log));
    } finally {
      this.#store?.close();
    }
  }

  /** Until the ledger was read nothing is known to be here: a run that fails before says so. */
  get #state(): Pick<RoundsState, 'seeds' | 'results' | 'carried'> {
    if (this.#ended) return this.#ended;
    try {
      if (this.#rounds) return this.#rounds.state();
    } catch (cause) {
      // The database itself may be what failed.
      this.#deps.log.warn(
        `what is held is not known: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
    const { seeds } = this.#seeds;
    const rules = { accept: this.#deps.config.accept, now: this.#started, log: undefined };
    return { seeds, results: untouched(planSync(mergeSeeds(seeds), NOTHING_HELD, rules)), carried: [] };
  }

  async #sync(): Promise<Outcome> {
    const { layout, now, hasher, log } = this.#deps;
    this.#seeds.saveCopies();
    emptyStaging(layout);
    // Without room for it no run fails that has nothing to fetch.
    keepReserve(layout);
    const store = Store.forWriting(layout.stateDb, now);
    this.#store = store;
    const pool = new Pool(layout);
    const { current, isAdopted } = await reconcile({ layout, store, pool, hasher, now }, (message) =>
      log.warn(message),
    );
    this.#run = store.runs.start(this.#started, this.#textsOf(this.#seeds.seeds));
    const runLog = RunLog.open(this.#deps, store);
    if (isAdopted || runLog?.isForgotten) await runLog?.recover();
    const demand = await this.#demand(store, pool, current);
    const rounds = this.#openRounds(demand, store, pool, current, runLog);
    // What the seeds want can only grow: where all of it is known, too much may be refused before anything is asked.
    if (demand.isStatic && this.#seeds.problems.length === 0)
      this.#prunes(true, rounds.state(), store, current);
    const interrupted = await this.#fetch(rounds);
    const ended = rounds.state();
    this.#ended = ended;
    this.#more.push(...demand.problems);
    store.ledger.recordGaps(ended.failures.flatMap(gapOf), now());
    store.runs.addSeeds(this.#run, this.#textsOf(ended.seeds));
    if (!interrupted) store.runs.forgetComputed(this.#run, GRAPH_SUFFIX);
    store.ledger.recordRequiredBy(ended.results.map(({ plan }) => plan.wanted));
    if (interrupted) return 'interrupted';
    const prune = this.#prunes(demand.isKnown(rounds.view), ended, store, current);
    const pins = demand.pins(rounds.view);
    return this.#publish(store, { current, prune, runLog, pins });
  }

  /** What counts as wanted in this run. */
  #textsOf(seeds: readonly Seed[]): SeedText[] {
    const hasLog = this.#deps.sumdb !== undefined;
    return seeds
      .flatMap(({ texts }) => texts)
      .filter(({ kind }) => hasLog || (kind !== 'required' && kind !== 'graph'));
  }

  /** True where it was interrupted. Only the go.mod files that came tell whether a newer toolchain is needed. */
  async #fetch(rounds: Rounds): Promise<boolean> {
    const { upstreams, abort: signal } = this.#deps;
    if (await rounds.run()) return true;
    const toolchains = this.#toolchains;
    if (toolchains === undefined || toolchains.unmet.length === 0) return false;
    this.#more.push(...(await offerToolchains(toolchains, upstreams, signal)));
    rounds.forget();
    return rounds.run();
  }

  async #demand(store: Store, pool: Pool, current: SnapshotRow | undefined): Promise<Demand> {
    const { config, upstreams, concurrency, log, abort: signal, layout } = this.#deps;
    const { modules } = this.#seeds;
    if (modules.length > 0) {
      const pins = pinsOfCurrent(layout, current);
      const warn = (message: string) => log.warn(message);
      this.#latest = await findLatest(modules, { upstreams, pins, concurrency, warn, signal });
    }
    this.#toolchains = new Toolchains(store.ledger.versionsOf(TOOLCHAIN_MODULE));
    return new Demand(this.#seeds, this.#latest.candidates, {
      pool,
      graph: graphRulesOf(config, this.#deps.sumdb !== undefined),
      known: (source, sha256) => store.runs.textOf(source, sha256),
      toolchains: this.#toolchains,
    });
  }

  #openRounds(
    demand: Demand,
    store: Store,
    pool: Pool,
    current: SnapshotRow | undefined,
    runLog: RunLog | undefined,
  ): Rounds {
    const { upstreams, hasher, now, layout, log, concurrency, stop, abort, observer, config } = this.#deps;
    const rounds = new Rounds(demand, {
      upstreams,
      hasher,
      pool,
      log: runLog?.session,
      holdings: holdingsOf(store),
      rules: { accept: config.accept, now: now(), log: runLog?.session },
      carried: this.#options.prune ? [] : (runLog?.lacking(current) ?? []),
      concurrency,
      stop,
      signal: abort,
      recorder: new Recorder(pool, store.ledger, now, runLog?.sink),
      quarantine: (evidence, content) => keepEvidence(layout, { ...evidence, at: now() }, content),
      warn: (message) => log.warn(message),
      info: (message) => log.info(message),
      onRound: (count) => {
        requireReserve(layout);
        observer.planned(count);
      },
      onModule: () => observer.moduleDone(),
    });
    this.#rounds = rounds;
    this.#tellAccepted(rounds.state().plan);
    return rounds;
  }

  #tellAccepted(plan: Plan): void {
    const { log } = this.#deps;
    for (const { module, version, until } of plan.expired)
      log.warn(`accept: ${module}@${version}: until ${until} has passed`);
    for (const { module, version } of plan.unmatched)
      log.info(`accept: ${module}@${version}: no seed wants it`);
  }

  /** Whether this run prunes; refuses to when too much would go. */
  #prunes(
    isKnown: boolean,
    { results }: RoundsState,
    store: Store,
    current: SnapshotRow | undefined,
  ): boolean {
    if (!this.#options.prune) return false;
    if (this.#seeds.problems.length > 0 || !isKnown) {
      this.#deps.log.warn('not pruning: what a seed wants that cannot be read is not known');
      return false;
    }
    const wanted = results.map(({ plan }) => plan.wanted);
    if (current && !this.#options.force) guardPrune(store.snapshots.members(current.seq), current, wanted);
    return true;
  }

  async #publish(store: Store, found: Omit<FetchedRun, 'results' | 'problems'>): Promise<Outcome> {
    const { runLog, current } = found;
    if (this.#options.strict && this.#problems().problems.length > 0) return 'incomplete';
    if (runLog) this.#more.push(...(await runLog.publish()), ...runLog.contradictedMembers(current));
    const { results } = this.#state;
    const { problems } = this.#problems();
    const isPublished = await publishRun({ ...found, results, problems }, { ...this.#deps, store });
    if (problems.length > 0) return 'incomplete';
    return isPublished ? 'published' : 'unchanged';
  }

  #problems(): Pick<SyncReport, 'problems' | 'acceptedGaps'> {
    const { results, carried } = this.#state;
    const { problems, acceptedGaps } = splitProblems([...results, ...carried]);
    const beside = [...this.#seeds.problems, ...this.#latest.problems, ...this.#more];
    return { problems: [...beside, ...problems], acceptedGaps };
  }

  /** The database itself may be what failed: then the report says only what is current. */
  #rowOf(id: string): SnapshotRow | undefined {
    try {
      return this.#store?.snapshots.find(id);
    } catch (cause) {
      this.#deps.log.warn(
        `what was current before is not known: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
      return undefined;
    }
  }

  #conclude(outcome: Outcome, error?: RunError): SyncReport {
    const { layout, upstreams, now, log } = this.#deps;
    const id = currentSnapshot(layout);
    const row = id === null ? undefined : this.#rowOf(id);
    const { seeds, results } = this.#state;
    const report: SyncReport = {
      outcome,
      snapshot:
        id === null ? null : { id, path: join(layout.snapshots, id), previous: row?.previous ?? null },
      modules: countModules(results),
      ...this.#problems(),
      seeds: [...reportSeeds(seeds, results), ...unreadSeeds(this.#seeds)],
      sumdb: row?.sumdb ?? null,
      requests: upstreams.stats.requests,
      bytes: upstreams.stats.bytes,
      seconds: (now().getTime() - this.#started.getTime()) / 1000,
      ...(error ? { error } : {}),
    };
    if (this.#store && this.#run !== undefined) recordRun(this.#store, this.#run, report, now(), log);
    return report;
  }
}

/** A tile belongs to no module version: it is asked for whenever a lookup needs it. */
function gapOf({ module, version, file, code, message }: SyncReport['problems'][number]) {
  if (module === null || version === null || file === null || file === 'tile') return [];
  return [{ mv: parseModuleVersion(module, version), file, code, message }];
}
