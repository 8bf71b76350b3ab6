/**
 * The two ways to a module graph: from the go.mod of one main module, whose requirements are raised where they are
 * too low, and from the main modules of a workspace, which stay as they are.
 * Source: expandGraph, updatePrunedRoots and updateUnprunedRoots in cmd/go/internal/modload/buildlist.go.
 */
import { compareGoVersions } from './go-version.ts';
import type { GraphInput, GraphRoot } from './module-graph.ts';
import { type Demand, isHigher, type MainModule, RequirementGraph } from './module-graph-load.ts';
import type { ModReader } from './module-graph-reader.ts';
import { quote } from './text.ts';

export interface Resolved {
  readonly graph: RequirementGraph;
  /** Whether the go command would change the root's go.mod. */
  readonly stale: boolean;
}

/** What the go command assumes of a main module without a `go` line. */
const DEFAULT_GO = '1.16';

export function resolveModule(root: GraphRoot, reader: ModReader): Resolved {
  const main = mainModule(root, reader);
  if (main.prunes && hasTwoVersions(main.demands.filter(({ mv }) => mv.path !== main.path))) {
    return { graph: raise(withoutRepeats(main), reader), stale: true };
  }

  const graph = new RequirementGraph([main], reader);
  const stale =
    !isSettled(main, graph) ||
    isGoTooLow(root, reader) ||
    requiresWhatItExcludes(root, main) ||
    (main.prunes ? hasTwoVersions(main.demands) : requiresItself(main));
  // Without pruning, raising changes nothing: whatever is selected was loaded with all that lies behind it.
  if (reader.isMissingSome || !stale || !main.prunes) return { graph, stale };
  return { graph: raise(withoutRepeats(main), reader), stale };
}

export function resolveWorkspace({ roots, work }: GraphInput, reader: ModReader): Resolved {
  const mains = new Map<string, MainModule>();
  for (const root of roots) {
    const main = mainModule(root, reader);
    const earlier = mains.get(main.path);
    if (earlier === undefined) mains.set(main.path, main);
    else
      reader.report('CONFLICT', `${root.source}: ${quote(main.path)} is the module of ${earlier.source} too`);
  }
  for (const { old, line } of work?.replace ?? []) {
    if (old.version !== undefined || !mains.has(old.path)) continue;
    reader.report(
      'CONFLICT',
      `go.work:${line}: ${quote(old.path)} is a module of the workspace, yet replaced`,
    );
  }
  const graph = new RequirementGraph([...mains.values()], reader);
  graph.loadRaised();
  return { graph, stale: false };
}

function mainModule(root: GraphRoot, reader: ModReader): MainModule {
  const { require, prunes } = reader.requirementsOfRoot(root);
  const because = { kind: 'root', source: root.source } as const;
  const demands = require.map((mv) => ({ mv, because }));
  return { path: root.goMod.module ?? '', source: root.source, demands, prunes };
}

/** Raises the requirements to what is selected, which loads more of the graph, until they are what is selected. */
function raise(main: MainModule, reader: ModReader): RequirementGraph {
  for (let raised = main; ; ) {
    const graph = new RequirementGraph([raised], reader);
    if (reader.isMissingSome || isSettled(raised, graph)) return graph;
    raised = { ...raised, demands: raised.demands.map((demand) => graph.selected(demand.mv.path) ?? demand) };
  }
}

function isSettled(main: MainModule, graph: RequirementGraph): boolean {
  return main.demands.every(({ mv }) => {
    const selected = graph.selected(mv.path);
    return selected === undefined || !isHigher(selected.mv, mv);
  });
}

function isGoTooLow({ goMod }: GraphRoot, reader: ModReader): boolean {
  return reader.go !== undefined && compareGoVersions(reader.go, goMod.go ?? DEFAULT_GO) > 0;
}

function requiresWhatItExcludes({ goMod }: GraphRoot, { demands }: MainModule): boolean {
  return demands.length < goMod.require.length;
}

function requiresItself({ path, demands }: MainModule): boolean {
  return demands.some(({ mv }) => mv.path === path);
}

/** Whether different versions of some path are required. */
function hasTwoVersions(demands: readonly Demand[]): boolean {
  const versions = new Map(demands.map(({ mv }) => [mv.path, mv.version]));
  return demands.some(({ mv }) => versions.get(mv.path) !== mv.version);
}

/** As the go command writes it: each path once, and not that of the main module. */
function withoutRepeats(main: MainModule): MainModule {
  const demands = highestOfEach(main.demands).filter(({ mv }) => mv.path !== main.path);
  return { ...main, demands };
}

/** For each path the demand of the highest version. */
function highestOfEach(demands: readonly Demand[]): Demand[] {
  const highest = new Map<string, Demand>();
  for (const demand of demands) {
    const other = highest.get(demand.mv.path);
    if (other === undefined || isHigher(demand.mv, other.mv)) highest.set(demand.mv.path, demand);
  }
  return [...highest.values()];
}
