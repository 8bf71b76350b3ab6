/**
 * Minimal version selection with graph pruning: which module versions `go list -m all` selects for a main module or a
 * workspace, and which go.mod files the go command reads to find out. These may come in bit by bit: while some are
 * missing the answer names them, and only ones that are needed.
 *
 * Where the go command takes the root's go.mod as it is, this is its answer; where it says `updates to go.mod needed`,
 * this is the answer of `-mod=mod`, which raises what is required too low. Every read go.mod counts as readable: the
 * go command refuses one that asks for a newer Go than its own. Vendor folders are not looked at.
 *
 * Specification: go.dev/ref/mod, "Minimal version selection", "Graph pruning", "Workspaces". Sources:
 * cmd/go/internal/modload (buildlist.go, modfile.go, init.go) and cmd/go/internal/mvs.
 */
import type { NamedVersion } from './directives.ts';
import type { GoMod } from './go-mod.ts';
import type { GoWork } from './go-work.ts';
import type { RequirementGraph } from './module-graph-load.ts';
import { resolveModule, resolveWorkspace } from './module-graph-modes.ts';
import { ModReader } from './module-graph-reader.ts';
import { compareModuleVersions, type ModuleVersion } from './module-version.ts';
import { compareText } from './semver.ts';

export interface GraphRoot {
  readonly goMod: GoMod;
  /** Its name in messages. */
  readonly source: string;
}

export interface GraphInput {
  /** One for a module, several for a workspace: in the order of its `use` lines. */
  readonly roots: readonly GraphRoot[];
  /** Makes it a workspace, even of one module; its replaces win over those of the roots. */
  readonly work?: GoWork | undefined;
}

export interface GraphSource {
  /**
   * The go.mod of a module version, read laxly; undefined while it is not held. `withheld`: it cannot be had, so the
   * answer is made as if it required nothing, and the problem is reported.
   */
  readMod(mv: ModuleVersion): GoMod | undefined | 'withheld';
  /**
   * The go.mod, read laxly, of the folder that a replace directive names, with the path as the file says. Of a root,
   * or of go.work where `root` is undefined. Undefined where it cannot be read: that is reported.
   */
  readFolder?(path: string, root: GraphRoot | undefined): GoMod | undefined;
}

export interface ModuleGraph {
  /**
   * What is selected, by path and version: without main modules, and without what a folder replaces. With `needed`
   * files missing it is that of the graph known so far.
   */
  readonly selected: readonly Selected[];
  /** Whose go.mod must be read before the answer is final; empty when it is. */
  readonly needed: readonly ModuleVersion[];
  /**
   * Whose go.mod the go command reads for the graph, those in `needed` too. `go list -m all` then also opens that of
   * each selected version, if go.sum lets it, only to show its Go version.
   */
  readonly read: readonly ModuleVersion[];
  /**
   * Whether the go command wants to change the root's go.mod, because it requires something, or a Go version, too
   * low, or what it excludes: it builds only after `go mod tidy`. A `toolchain` line is not looked at.
   */
  readonly stale: boolean;
  /** The highest `go` line of the roots, the go.work and all that was read, as `1.25.0`: no older Go will do. */
  readonly go: string | undefined;
  /** What stops the go command, and how the answer does without. */
  readonly problems: readonly GraphProblem[];
}

export interface Selected {
  /** What the go command downloads: after replacement. */
  readonly mv: ModuleVersion;
  /** What it stands for in the graph: before replacement. */
  readonly as: NamedVersion;
  /** One that asked for exactly this version, the nearest to a root. */
  readonly because: Requirer;
}

export type Requirer =
  | { readonly kind: 'root'; readonly source: string }
  /** As it is named in the graph: before replacement. */
  | { readonly kind: 'module'; readonly mv: NamedVersion };

export interface GraphProblem {
  /**
   * `INVALID`: no module version that a proxy could serve, and no folder replaces it. `WITHHELD`: its go.mod cannot be
   * had. `FOLDER`: the go.mod of a replacing folder cannot be read. `MISNAMED`: its go.mod declares another path, or
   * none. `CONFLICT`: two replace directives, or two main modules, contradict each other.
   */
  readonly code: 'INVALID' | 'WITHHELD' | 'FOLDER' | 'MISNAMED' | 'CONFLICT';
  readonly message: string;
  /** The requirement that it is about, before replacement; undefined for a conflict. */
  readonly as?: NamedVersion | undefined;
}

export function resolveGraph(input: GraphInput, source: GraphSource): ModuleGraph {
  const reader = new ModReader(input, source);
  const [root] = input.roots;
  const isModule = input.work === undefined && input.roots.length === 1 && root !== undefined;
  const { graph, stale } = isModule ? resolveModule(root, reader) : resolveWorkspace(input, reader);
  return {
    selected: selectedOf(graph, reader),
    needed: reader.needed(),
    read: reader.read(),
    stale,
    go: reader.go,
    problems: reader.problems(),
  };
}

function selectedOf(graph: RequirementGraph, reader: ModReader): Selected[] {
  const selected = graph.selectedNodes().flatMap((node) => {
    const actual = reader.actual(node.mv, node.because);
    return actual.kind === 'module' ? [{ mv: actual.mv, as: node.mv, because: node.because }] : [];
  });
  return selected.sort((a, b) => compareModuleVersions(a.mv, b.mv) || compareText(a.as.path, b.as.path));
}
