/**
 * Decides, from what is wanted and what is held, what a sync has to do. Pure: it asks the ledger through a few
 * functions and the clock through a date, and changes nothing.
 */
import type { Accepted } from '../config/schema.ts';
import type { ModuleFile, WantedFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { STARTER_GOMOD } from '../site/layout.ts';
import type { HeldFile, KnownGap } from '../store/ledger.ts';
import type { KnownRecord } from '../store/log-records.ts';
import { isDefinite, type Problem } from './problem.ts';
import { contradictionOfHeld, type Judge, judgeFile, type Verdict } from './verdict.ts';
import { type IsLogged, NEVER_LOGGED, sourcesOf, type WantedModule, wantedFiles } from './wanted.ts';

/** What the plan asks of the ledger. */
export interface Holdings {
  held(mv: ModuleVersion): ReadonlyMap<ModuleFile, HeldFile>;
  gaps(mv: ModuleVersion): ReadonlyMap<WantedFile, KnownGap>;
  /** What was proved to be in a log. */
  record(log: string, mv: ModuleVersion): KnownRecord | undefined;
}

/** The checksum database as the plan sees it. */
export interface PlanLog {
  readonly name: string;
  readonly isLogged: IsLogged;
}

export interface PlanRules {
  readonly accept: readonly Accepted[];
  readonly now: Date;
  /** Undefined where no log judges. */
  readonly log: PlanLog | undefined;
  /** What was asked for in this run already: it is not asked for again. */
  readonly tried?: (mv: ModuleVersion) => ReadonlySet<WantedFile>;
}

export interface ModulePlan {
  readonly wanted: WantedModule;
  /** What the pool holds of it and nobody contradicts. */
  readonly held: ReadonlyMap<ModuleFile, HeldFile>;
  /** Its record is needed, or known. */
  readonly isLogged: boolean;
  readonly judge: Judge | undefined;
  readonly fetch: readonly ModuleFile[];
  /** Its record is to be looked up. */
  readonly lookup: boolean;
  /** Files that are disputed: held back, and not asked for. Known only with the record, if it is to be looked up. */
  readonly problems: readonly Problem[];
  /** The configuration knows of a gap here. */
  readonly accepted: Accepted | undefined;
  /** Gaps that are accepted and were answered definitely before: not asked for again. */
  readonly acceptedGaps: readonly Problem[];
}

export interface Plan {
  readonly modules: readonly ModulePlan[];
  /** Those of `modules` with something to fetch. */
  readonly toFetch: readonly ModulePlan[];
  /** Entries of `accept` whose day has passed. */
  readonly expired: readonly Accepted[];
  /** Entries that name nothing wanted: out of date, or misspelt. */
  readonly unmatched: readonly Accepted[];
}

/** What is known of a mirror whose ledger cannot be read, or is not there. */
export const NOTHING_HELD: Holdings = {
  held: () => new Map(),
  gaps: () => new Map(),
  record: () => undefined,
};

export function planSync(wanted: readonly WantedModule[], holdings: Holdings, rules: PlanRules): Plan {
  const today = rules.now.toISOString().slice(0, 10);
  const expired = rules.accept.filter((entry) => entry.until !== undefined && entry.until < today);
  const valid = rules.accept.filter((entry) => !expired.includes(entry));
  const accepted = new Map(valid.map((entry) => [`${entry.module}@${entry.version}`, entry]));
  const modules = wanted.map((one) =>
    planModule(one, holdings, accepted.get(formatModuleVersion(one.mv)) ?? optional(one), rules),
  );
  const matched = new Set(modules.map((module) => module.accepted));
  return {
    modules,
    toFetch: modules.filter(isUnfinished),
    expired,
    unmatched: valid.filter((entry) => !matched.has(entry)),
  };
}

export function isUnfinished({ fetch, lookup }: Pick<ModulePlan, 'fetch' | 'lookup'>): boolean {
  return fetch.length > 0 || lookup;
}

/** Whether the mirror has everything of a module version that it should, its record included. */
export function isWholeModule({ wanted, held, isLogged, judge }: ModulePlan): boolean {
  return wantedFiles(wanted).every((file) => held.has(file)) && (!isLogged || judge !== undefined);
}

/** A gap in what only the go.mod to start from leads to is known: no project is the poorer for it. */
function optional({ mv, seeds }: WantedModule): Accepted | undefined {
  if (seeds.length === 0 || seeds.some((seed) => seed !== STARTER_GOMOD)) return undefined;
  return { module: mv.path, version: mv.version, reason: 'no seed needs it, only new modules might' };
}

/** Whether an upstream has said for good that a go.mod is not to be had. */
export function isWithheld(mv: ModuleVersion, holdings: Pick<Holdings, 'gaps'>): boolean {
  const gap = holdings.gaps(mv).get('mod');
  return gap !== undefined && isDefinite(gap);
}

function planModule(
  wanted: WantedModule,
  holdings: Holdings,
  accepted: Accepted | undefined,
  { log, tried }: PlanRules,
): ModulePlan {
  const { mv } = wanted;
  const isLogged = (log?.isLogged ?? NEVER_LOGGED)(mv);
  const record = log && isLogged ? holdings.record(log.name, mv) : undefined;
  const judge = log && record ? { log: log.name, record } : undefined;
  const unknown: WantedFile[] = isLogged && judge === undefined ? ['lookup'] : [];
  const isTried = (file: WantedFile) => tried?.(mv).has(file) === true;
  const gapsAmong = (files: readonly WantedFile[]) => (accepted ? knownGaps(wanted, files, holdings) : []);
  const lookup = unknown.length > gapsAmong(unknown).length && !isTried('lookup');
  const { held, lacking, problems } = compareHeld(wanted, holdings.held(mv), judge, lookup);
  const acceptedGaps = gapsAmong([...lacking, ...unknown]);
  const known = new Set(acceptedGaps.map((gap) => gap.file));
  const fetch = lacking.filter((file) => !known.has(file) && !isTried(file));
  return { wanted, held, isLogged, judge, fetch, lookup, problems, accepted, acceptedGaps };
}

/** Who is wrong is said once: as long as the record is to come, a disputed file is only lacking. */
function compareHeld(
  wanted: WantedModule,
  inPool: ReadonlyMap<ModuleFile, HeldFile>,
  judge: Judge | undefined,
  isPostponed: boolean,
) {
  const held = new Map<ModuleFile, HeldFile>();
  const lacking: ModuleFile[] = [];
  const problems: Problem[] = [];
  for (const file of wantedFiles(wanted).toReversed()) {
    const holding = inPool.get(file);
    const { expected, problems: wrong } = file === 'info' ? UNDISPUTED : judgeFile(wanted, file, judge);
    const isDisputed = expected === undefined && wrong.length > 0;
    if (!isPostponed) problems.push(...wrong);
    if (holding && isContradicted(holding, expected)) {
      problems.push(contradictionOfHeld(wanted, holding, expected, judge));
    } else if (isDisputed && (holding || !isPostponed)) continue;
    else if (holding) held.set(file, holding);
    else lacking.push(file);
  }
  return { held, lacking, problems };
}

const UNDISPUTED: Verdict = { expected: undefined, problems: [] };

/** Files without a hash of their own, as an `.info`, cannot be. */
function isContradicted(held: HeldFile, expected: H1 | undefined): expected is H1 {
  return expected !== undefined && held.h1 !== null && held.h1 !== expected;
}

function knownGaps(wanted: WantedModule, lacking: readonly WantedFile[], holdings: Holdings): Problem[] {
  const gaps = holdings.gaps(wanted.mv);
  return lacking.flatMap((file) => {
    const gap = gaps.get(file);
    if (!gap || !isDefinite(gap)) return [];
    const { path: module, version } = wanted.mv;
    const sources = sourcesOf(wanted, file === 'lookup' ? undefined : file);
    return [{ module, version, file, code: gap.code, message: gap.message, sources }];
  });
}
