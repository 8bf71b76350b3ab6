/** `plan`: what a sync would fetch, and where go.sum files disagree. Changes nothing. */
import type { Config } from '../config/load.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import type { Store } from '../store/store.ts';
import { holdingsOf } from '../sync/holdings.ts';
import type { LogSettings } from '../sync/log-session.ts';
import { isWholeModule, NOTHING_HELD, planSync } from '../sync/plan.ts';
import type { Problem } from '../sync/problem.ts';
import { reportSeeds, type SeedReport, untouched } from '../sync/report.ts';
import { type GraphRules, graphRulesOf } from '../sync/seed-graph.ts';
import type { Seeds } from '../sync/seeds.ts';
import { conflictsOf, mergeSeeds, refuseNothing } from '../sync/wanted.ts';
import { planLogOf, seedsOffline } from './seeds-offline.ts';

export interface PlanReport {
  /** Module versions. */
  readonly wanted: number;
  readonly present: number;
  readonly toFetch: number;
  /** Sum of the zips' sizes as upstreams announce them; with --sizes only. */
  readonly bytes?: number;
  /** Files whose size no upstream told; with --sizes only. */
  readonly unsized?: number;
  readonly conflicts: readonly {
    readonly module: string;
    readonly version: string;
    readonly file: ModuleFile;
    readonly hashes: readonly { readonly hash: string; readonly sources: readonly string[] }[];
  }[];
  /** Files that are disputed for another reason than a conflict, and seeds that cannot be read. */
  readonly problems: readonly Problem[];
  readonly seeds: readonly SeedReport[];
  /** What each choice of `graph` and `zips` would hold, where the log can judge; empty where it cannot. */
  readonly choices: readonly PlanChoice[];
}

export interface PlanChoice {
  readonly graph: GraphRules['graph'];
  readonly zips: GraphRules['zips'];
  /** Module versions, and zips among them. */
  readonly versions: number;
  readonly zipCount: number;
  /** Of the zips that the mirror holds. */
  readonly heldBytes: number;
  /** Of all its zips, as far as upstreams tell; with --sizes only. */
  readonly bytes?: number;
  /** False while go.mod files are missing that may name more. */
  readonly isFinal: boolean;
}

export interface PlanInput {
  readonly config: Config;
  readonly layout: Layout;
  readonly seeds: Seeds;
  readonly store: Store | undefined;
  /** The checksum database that judges. */
  readonly log: LogSettings | undefined;
  readonly now: Date;
}

/** `askSizes` is asked for each zip that would be fetched; undefined where nobody tells. */
export async function reportPlan(
  input: PlanInput,
  askSizes?: (zips: readonly ModuleVersion[]) => Promise<readonly (number | undefined)[]>,
): Promise<PlanReport> {
  const { config, layout, seeds, store, log, now } = input;
  const all = seedsOffline(seeds, layout, store, graphRulesOf(config, log !== undefined));
  const rules = { accept: config.accept, now, log: planLogOf(log) };
  const wanted = mergeSeeds(all, rules.log?.isLogged);
  refuseNothing(wanted, seeds, config);
  const plan = planSync(wanted, store ? holdingsOf(store) : NOTHING_HELD, rules);
  const zips = plan.toFetch.filter(({ fetch }) => fetch.includes('zip')).map((module) => module.wanted.mv);
  const choices = log ? CHOICES.map((rules) => choiceOf(rules, input)) : [];
  const sizes =
    askSizes && (await sizesOf([...zips, ...choices.flatMap(({ lacking }) => lacking)], askSizes));
  const results = untouched(plan);
  const problems = results
    .flatMap((result) => result.problems)
    .filter(({ code }) => code !== 'GOSUM_CONFLICT');
  return {
    wanted: wanted.length,
    present: plan.modules.filter((module) => isWholeModule(module) && module.problems.length === 0).length,
    toFetch: plan.toFetch.length,
    ...(sizes
      ? {
          bytes: sumOf(zips, sizes),
          unsized: zips.filter((mv) => sizes.get(formatModuleVersion(mv)) === undefined).length,
        }
      : {}),
    conflicts: wanted.flatMap(conflictsOf).map(({ mv, file, hashes }) => ({
      module: mv.path,
      version: mv.version,
      file,
      hashes: [...hashes].map(([hash, sources]) => ({ hash, sources })),
    })),
    problems: [...seeds.problems, ...problems],
    seeds: reportSeeds(all, results),
    choices: choices.map(({ lacking, ...choice }) => ({
      ...choice,
      ...(sizes ? { bytes: choice.heldBytes + sumOf(lacking, sizes) } : {}),
    })),
  };
}

const CHOICES: readonly GraphRules[] = [
  { graph: 'listed', zips: 'listed' },
  { graph: 'selected', zips: 'listed' },
  { graph: 'closure', zips: 'listed' },
  { graph: 'selected', zips: 'graph' },
];

interface Choice extends PlanChoice {
  /** Zips that are not held. */
  readonly lacking: readonly ModuleVersion[];
}

function choiceOf(rules: GraphRules, { layout, seeds, store, log }: PlanInput): Choice {
  const all = seedsOffline(seeds, layout, store, rules);
  const wanted = mergeSeeds(all, planLogOf(log)?.isLogged);
  const zips = wanted.filter(({ zip }) => zip !== undefined).map(({ mv }) => mv);
  const held = zips.map((mv) => store?.ledger.held(mv).get('zip')?.size);
  return {
    ...rules,
    versions: wanted.length,
    zipCount: zips.length,
    heldBytes: held.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    lacking: zips.filter((_, index) => held[index] === undefined),
    isFinal: all.every(({ texts }) => texts.every(({ isPartial }) => isPartial !== true)),
  };
}

type Sizes = ReadonlyMap<string, number | undefined>;

/** Each zip is asked for once, whatever choices it belongs to. */
async function sizesOf(
  zips: readonly ModuleVersion[],
  ask: (zips: readonly ModuleVersion[]) => Promise<readonly (number | undefined)[]>,
): Promise<Sizes> {
  const once = [...new Map(zips.map((mv) => [formatModuleVersion(mv), mv])).values()];
  const sizes = await ask(once);
  return new Map(once.map((mv, index) => [formatModuleVersion(mv), sizes[index]]));
}

function sumOf(zips: readonly ModuleVersion[], sizes: Sizes): number {
  return zips.reduce((sum, mv) => sum + (sizes.get(formatModuleVersion(mv)) ?? 0), 0);
}
