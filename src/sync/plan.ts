/**
 * Decides, from what is wanted and what is held, what a sync has to do. Pure: it asks the ledger through two
 * functions and the clock through a date, and changes nothing.
 */
import type { Accepted } from '../config/schema.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { HeldFile, KnownGap } from '../store/ledger.ts';
import { isDefinite, type Problem } from './problem.ts';
import { conflictsOf, type HashedFile, sourcesOf, type WantedModule, wantedFiles } from './wanted.ts';

/** What the plan asks of the ledger. */
export interface Holdings {
  held(mv: ModuleVersion): ReadonlyMap<ModuleFile, HeldFile>;
  gaps(mv: ModuleVersion): ReadonlyMap<ModuleFile, KnownGap>;
}

export interface ModulePlan {
  readonly wanted: WantedModule;
  /** What the pool holds of it and no line contradicts. */
  readonly held: ReadonlyMap<ModuleFile, HeldFile>;
  readonly fetch: readonly ModuleFile[];
  /** Files that are disputed: held back, and not asked for. */
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
export const NOTHING_HELD: Holdings = { held: () => new Map(), gaps: () => new Map() };

export function planSync(
  wanted: readonly WantedModule[],
  holdings: Holdings,
  accept: readonly Accepted[],
  now: Date,
): Plan {
  const today = now.toISOString().slice(0, 10);
  const expired = accept.filter((entry) => entry.until !== undefined && entry.until < today);
  const valid = accept.filter((entry) => !expired.includes(entry));
  const accepted = new Map(valid.map((entry) => [`${entry.module}@${entry.version}`, entry]));
  const modules = wanted.map((one) => planModule(one, holdings, accepted.get(formatModuleVersion(one.mv))));
  const matched = new Set(modules.map((module) => module.accepted));
  return {
    modules,
    toFetch: modules.filter((module) => module.fetch.length > 0),
    expired,
    unmatched: valid.filter((entry) => !matched.has(entry)),
  };
}

/** The one hash that every line agrees on; undefined where there is none or more than one. */
export function soleHash(wanted: WantedModule, file: HashedFile): H1 | undefined {
  const hashes = wanted[file];
  return hashes?.size === 1 ? [...hashes.keys()][0] : undefined;
}

function planModule(wanted: WantedModule, holdings: Holdings, accepted: Accepted | undefined): ModulePlan {
  const inPool = holdings.held(wanted.mv);
  const problems = conflictProblems(wanted);
  const disputed = new Set(problems.map((problem) => problem.file));
  const held = new Map<ModuleFile, HeldFile>();
  const lacking: ModuleFile[] = [];
  for (const file of wantedFiles(wanted)) {
    const holding = inPool.get(file);
    const contradiction = holding && contradicts(wanted, holding);
    if (contradiction) problems.push(contradiction);
    else if (disputed.has(file)) continue;
    else if (holding) held.set(file, holding);
    else lacking.push(file);
  }
  const acceptedGaps = accepted ? knownGaps(wanted, lacking, holdings) : [];
  const known = new Set(acceptedGaps.map((gap) => gap.file));
  const fetch = lacking.filter((file) => !known.has(file));
  return { wanted, held, fetch, problems, accepted, acceptedGaps };
}

function conflictProblems(wanted: WantedModule): Problem[] {
  const name = formatModuleVersion(wanted.mv);
  return conflictsOf(wanted).map(({ mv, file, hashes }) => {
    const sides = [...hashes].map(([h1, sources]) => `${h1} in ${sources.join(', ')}`);
    return {
      module: mv.path,
      version: mv.version,
      file,
      code: 'GOSUM_CONFLICT',
      message: `${name}: ${file}: go.sum files disagree: ${sides.join('; ')}`,
      hint: 'find out which line is wrong (go mod verify in each project); the file is held back until they agree',
      sources: [...hashes.values()].flat(),
    };
  });
}

/** A file that was verified under one hash is not fetched again under another: published bytes never change. */
function contradicts(wanted: WantedModule, held: HeldFile): Problem | undefined {
  if (held.file === 'info') return undefined;
  const expected = soleHash(wanted, held.file);
  if (expected === undefined || expected === held.h1) return undefined;
  const name = formatModuleVersion(wanted.mv);
  return {
    module: wanted.mv.path,
    version: wanted.mv.version,
    file: held.file,
    code: 'HASH_MISMATCH',
    message: `${name}: ${held.file}: hash mismatch: go.sum says ${expected}, the mirror has held ${held.h1} since ${held.fetchedAt}`,
    hint: "one of the two go.sum files was written from other bytes: compare them, or ask the module's author",
    sources: sourcesOf(wanted, held.file),
  };
}

function knownGaps(wanted: WantedModule, lacking: readonly ModuleFile[], holdings: Holdings): Problem[] {
  const gaps = holdings.gaps(wanted.mv);
  return lacking.flatMap((file) => {
    const gap = gaps.get(file);
    if (!gap || !isDefinite(gap)) return [];
    const { path: module, version } = wanted.mv;
    return [
      { module, version, file, code: gap.code, message: gap.message, sources: sourcesOf(wanted, file) },
    ];
  });
}
