/**
 * What a set of module versions may ever need from a proxy, without a root that selects among it: all versions that
 * their go.mod files name. Like the graph it comes bit by bit, while go.mod files are missing.
 */
import type { NamedVersion } from './directives.ts';
import type { GraphProblem, GraphSource, Requirer } from './module-graph.ts';
import { ModReader } from './module-graph-reader.ts';
import { compareModuleVersions, formatModuleVersion, type ModuleVersion } from './module-version.ts';

export interface Closure {
  /** Every version that a go.mod names, those we began with only where one does. */
  readonly required: readonly ModuleVersion[];
  /** Whose go.mod must be read before the answer is final; empty when it is. */
  readonly needed: readonly ModuleVersion[];
  readonly problems: readonly GraphProblem[];
}

/**
 * All that a new module can come to require which requires any of `starts`: what their go.mod files name, and
 * everything below those that do not support pruning, whatever its own Go version is.
 */
export function requiredAnywhere(
  starts: Iterable<ModuleVersion>,
  source: Pick<GraphSource, 'readMod'>,
): Closure {
  return collect(starts, source, true);
}

/**
 * The versions that the go.mod files of `mods` name, and no more. For the modules of a go.sum whose go.mod is not at
 * hand: whatever is selected below that is in the go.sum or among these.
 */
export function supersetOf(mods: Iterable<ModuleVersion>, source: Pick<GraphSource, 'readMod'>): Closure {
  return collect(mods, source, false);
}

interface Visit {
  readonly mv: ModuleVersion;
  readonly because: Requirer;
  /** Whether it lies below a module that does not support pruning. */
  readonly isBelow: boolean;
}

function collect(
  starts: Iterable<ModuleVersion>,
  source: Pick<GraphSource, 'readMod'>,
  isDeep: boolean,
): Closure {
  const reader = new ModReader({ roots: [] }, source);
  const required = new Map<string, ModuleVersion>();
  const queue: Visit[] = [];
  const queued = new Set<string>();
  const enqueue = (visit: Visit) => {
    const key = `${formatModuleVersion(visit.mv)}${visit.isBelow ? ' below' : ''}`;
    if (queued.has(key)) return;
    queued.add(key);
    queue.push(visit);
  };

  for (const mv of starts) enqueue({ mv, because: { kind: 'root', source: 'the seed' }, isBelow: false });
  // The queue grows while it is walked.
  for (const { mv, because, isBelow } of queue) {
    const requirements = reader.requirementsOf(mv, because);
    if (requirements === undefined) continue;
    const isBelowNext = isDeep && (isBelow || !requirements.prunes);
    for (const as of requirements.require) {
      const proved = required.get(`${as.path}@${as.version}`) ?? prove(as, mv, reader);
      if (proved === undefined) continue;
      required.set(formatModuleVersion(proved), proved);
      if (isBelowNext) enqueue({ mv: proved, because: { kind: 'module', mv }, isBelow: true });
    }
  }
  return {
    required: [...required.values()].sort(compareModuleVersions),
    needed: reader.needed(),
    problems: reader.problems(),
  };
}

/** Undefined, and reported, where no proxy could serve it. */
function prove(as: NamedVersion, requiredBy: ModuleVersion, reader: ModReader): ModuleVersion | undefined {
  const actual = reader.actual(as, { kind: 'module', mv: requiredBy });
  return actual.kind === 'module' ? actual.mv : undefined;
}
