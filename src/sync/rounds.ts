/**
 * Fetches in rounds: what comes in one may show what else is wanted, as the go.sum in a module seed's zip. It ends
 * when a round's plan has nothing left to ask for; nothing is asked for twice.
 */
import type { WantedFile } from '../gomod/artifact.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Demand } from './demand.ts';
import { type FetchAllDeps, fetchAll } from './fetch-all.ts';
import type { PoolView } from './mod-reader.ts';
import {
  type Holdings,
  isUnfinished,
  isWithheld,
  type ModulePlan,
  type Plan,
  type PlanRules,
  planSync,
} from './plan.ts';
import type { Problem } from './problem.ts';
import type { ModuleResult } from './report.ts';
import type { Seed } from './seed-texts.ts';
import { mergeSeeds, type WantedModule } from './wanted.ts';

export interface RoundsDeps extends Omit<FetchAllDeps, 'onModule'> {
  readonly holdings: Holdings;
  readonly rules: PlanRules;
  /** Module versions that no seed wants and that lack their record: it is looked up too. */
  readonly carried: readonly ModuleVersion[];
  /** Hears how many module versions a round asks for. */
  readonly onRound: (count: number) => void;
  readonly onModule: () => void;
}

/** What is known after the last round. */
export interface RoundsState {
  readonly seeds: readonly Seed[];
  readonly plan: Plan;
  /** One for each of the plan's modules. */
  readonly results: readonly ModuleResult[];
  /** One for each module version that is carried over and lacks its record. */
  readonly carried: readonly ModuleResult[];
  /** Everything that could not be had in this run. */
  readonly failures: readonly Problem[];
}

interface Ended {
  readonly tried: Set<WantedFile>;
  readonly problems: Problem[];
  fetched: boolean;
}

export class Rounds {
  readonly #demand: Demand;
  readonly #deps: RoundsDeps;
  readonly #ended = new Map<string, Ended>();
  #known: RoundsState | undefined;

  constructor(demand: Demand, deps: RoundsDeps) {
    this.#demand = demand;
    this.#deps = deps;
  }

  /** True where it was interrupted. On return, and also when it throws, what was fetched is durable and recorded. */
  async run(): Promise<boolean> {
    for (;;) {
      const { plan, carried } = this.state();
      const toFetch = [...plan.toFetch, ...carried.map((result) => result.plan).filter(isUnfinished)];
      if (toFetch.length === 0) return false;
      this.#deps.onRound(toFetch.length);
      this.#known = undefined;
      const interrupted = await fetchAll(toFetch, {
        ...this.#deps,
        onModule: ({ wanted }, { tried, problems, artifacts, proved }) => {
          const ended = this.#endedOf(wanted.mv);
          for (const file of tried) ended.tried.add(file);
          ended.problems.push(...problems);
          ended.fetched ||= artifacts.length > 0 || proved !== undefined;
          this.#deps.onModule();
        },
      });
      if (interrupted) return true;
    }
  }

  /** Something else than the ledger has changed what is wanted. */
  forget(): void {
    this.#known = undefined;
  }

  /** What the demand goes by: a go.mod that nobody can judge will not come. */
  readonly view: PoolView = {
    held: (mv) => this.#deps.holdings.held(mv),
    isLost: (mv) =>
      this.#triedOf(mv).has('mod') ||
      this.#deps.rules.log?.isLogged(mv) !== true ||
      isWithheld(mv, this.#deps.holdings),
    isWithheld: (mv) => isWithheld(mv, this.#deps.holdings),
  };

  /** May be asked at any time: it is what the ledger says then. */
  state(): RoundsState {
    this.#known ??= this.#read();
    return this.#known;
  }

  #read(): RoundsState {
    const { holdings, rules } = this.#deps;
    const seeds = this.#demand.seeds(this.view);
    const wanted = mergeSeeds(seeds, rules.log?.isLogged);
    const plan = planSync(wanted, holdings, { ...rules, tried: (mv) => this.#triedOf(mv) });
    const results = plan.modules.map((module) => this.#resultOf(module));
    const carried = this.#carriedPlans(plan).map((module) => this.#resultOf(module));
    const failures = [...this.#ended.values()].flatMap(({ problems }) => problems);
    return { seeds, plan, results, carried, failures };
  }

  #resultOf(plan: ModulePlan): ModuleResult {
    const { fetched = false, problems = [] } = this.#ended.get(formatModuleVersion(plan.wanted.mv)) ?? {};
    return { plan, fetched, problems: [...plan.problems, ...problems] };
  }

  #carriedPlans({ modules }: Plan): ModulePlan[] {
    const wanted = new Set(modules.map((module) => formatModuleVersion(module.wanted.mv)));
    const rest = this.#deps.carried.filter((mv) => !wanted.has(formatModuleVersion(mv)));
    return rest.map((mv) => this.#carriedPlan(mv));
  }

  /** Nothing but its record is wanted. */
  #carriedPlan(mv: ModuleVersion): ModulePlan {
    const { holdings, rules } = this.#deps;
    const wanted: WantedModule = { mv, zip: undefined, mod: undefined, unhashed: [], seeds: [] };
    const { modules } = planSync(
      [wanted],
      { ...holdings, held: () => new Map() },
      {
        ...rules,
        tried: (tried) => this.#triedOf(tried),
      },
    );
    const [plan] = modules;
    if (plan === undefined) throw new Error('a plan of one module has none');
    return { ...plan, fetch: [] };
  }

  #triedOf(mv: ModuleVersion): ReadonlySet<WantedFile> {
    return this.#ended.get(formatModuleVersion(mv))?.tried ?? NOTHING_TRIED;
  }

  #endedOf(mv: ModuleVersion): Ended {
    const name = formatModuleVersion(mv);
    const ended = this.#ended.get(name) ?? { tried: new Set<WantedFile>(), problems: [], fetched: false };
    this.#ended.set(name, ended);
    return ended;
  }
}

const NOTHING_TRIED: ReadonlySet<WantedFile> = new Set();
