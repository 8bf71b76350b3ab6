/**
 * The graph of requirements below the main modules, as far as the go command loads it, with the highest version of
 * each path. A module whose go.mod supports pruning is loaded where a main module requires it, or where it lies
 * below a module that does not support it; behind any other module it is a leaf. Nothing here recurses, so a graph
 * may be as deep as it likes.
 * Source: readModGraph in cmd/go/internal/modload/buildlist.go, cmd/go/internal/mvs/graph.go.
 */
import type { NamedVersion } from './directives.ts';
import type { Requirer } from './module-graph.ts';
import type { ModReader } from './module-graph-reader.ts';
import { compareSemver } from './semver.ts';

/** A requirement of a main module, with whom to name as its reason. */
export interface Demand {
  readonly mv: NamedVersion;
  readonly because: Requirer;
}

export interface MainModule {
  readonly path: string;
  readonly source: string;
  readonly demands: readonly Demand[];
  readonly prunes: boolean;
}

/** A module version in the graph. */
export interface GraphNode {
  readonly mv: NamedVersion;
  /** Who was the first to require it; breadth first, so the nearest to a main module. */
  readonly because: Requirer;
}

interface Node extends GraphNode {
  requires?: readonly Node[];
  prunes: boolean;
  /** How it has been visited already. */
  readonly visited: Set<Depth>;
}

/**
 * How far to go below a module: `leaf` to its requirements, which stay unloaded unless it does not support pruning;
 * `children` one step further, as for a main module; `everything` to the end.
 */
type Depth = 'leaf' | 'children' | 'everything';

interface PathNodes {
  readonly versions: Map<string, Node>;
  highest: Node;
}

export class RequirementGraph {
  readonly #reader: ModReader;
  readonly #paths = new Map<string, PathNodes>();
  readonly #mains = new Map<string, readonly Node[]>();
  readonly #queue: { readonly node: Node; readonly depth: Depth }[] = [];

  /** The main modules have different paths. Loads until go.mod files are missing, or none. */
  constructor(mains: readonly MainModule[], reader: ModReader) {
    this.#reader = reader;
    for (const main of mains) {
      const nodes = main.demands.map(({ mv, because }) => this.#node(mv, because));
      this.#mains.set(main.path, nodes);
      for (const node of nodes) this.#visit(node, main.prunes ? 'leaf' : 'everything');
    }
    this.#drain();
  }

  /** The selected version of each path that is no main module's. */
  selectedNodes(): GraphNode[] {
    return [...this.#paths].flatMap(([path, { highest }]) => (this.#mains.has(path) ? [] : [highest]));
  }

  /** The selected version of a path; undefined for a main module's, which is above all versions. */
  selected(path: string): GraphNode | undefined {
    return this.#highest(path);
  }

  /**
   * Loads what the go command adds in a workspace: where a dependency was raised above what a main module requires,
   * the go.mod of that main module does not tell all that is needed, so the requirements of the raised version are
   * loaded as if it were a main module, and so on.
   */
  loadRaised(): void {
    const raised = new Set<Node>();
    while (!this.#reader.isMissingSome) {
      const found = this.#raisedBelow(raised);
      if (found.size === 0) return;
      for (const node of found) {
        raised.add(node);
        this.#visit(node, 'children');
      }
      this.#drain();
    }
  }

  #raisedBelow(known: ReadonlySet<Node>): Set<Node> {
    const found = new Set<Node>();
    const note = (node: Node) => {
      if (!known.has(node)) found.add(node);
    };
    const lookAt = (requires: readonly Node[]) => {
      for (const { mv } of requires) {
        const highest = this.#highest(mv.path);
        if (highest !== undefined && isHigher(highest.mv, mv)) note(highest);
      }
    };
    for (const requires of this.#mains.values()) lookAt(requires);
    for (const path of new Set([...known].map(({ mv }) => mv.path))) {
      const highest = this.#highest(path);
      if (highest === undefined) continue;
      if (known.has(highest)) lookAt(highest.requires ?? []);
      else note(highest);
    }
    return found;
  }

  #drain(): void {
    // The queue grows while it is walked.
    for (const { node, depth } of this.#queue) {
      this.#load(node);
      if (depth === 'leaf' && node.prunes) continue;
      const next = depth === 'everything' || !node.prunes ? 'everything' : 'leaf';
      for (const required of node.requires ?? []) this.#visit(required, next);
    }
    this.#queue.length = 0;
  }

  #visit(node: Node, depth: Depth): void {
    if (node.visited.has(depth)) return;
    node.visited.add(depth);
    this.#queue.push({ node, depth });
  }

  /** Reads a node's requirements, if that was not done; they stay unknown while its go.mod is missing. */
  #load(node: Node): void {
    if (node.requires !== undefined) return;
    const requirements = this.#reader.requirementsOf(node.mv, node.because);
    if (requirements === undefined) return;
    const because: Requirer = { kind: 'module', mv: node.mv };
    node.prunes = requirements.prunes;
    node.requires = requirements.require.map((mv) => this.#node(mv, because));
  }

  /** The node of a module version, which is now required. */
  #node(mv: NamedVersion, because: Requirer): Node {
    const ofPath = this.#paths.get(mv.path);
    const known = ofPath?.versions.get(mv.version);
    if (known !== undefined) return known;
    const node: Node = { mv, because, prunes: true, visited: new Set() };
    if (ofPath === undefined) {
      this.#paths.set(mv.path, { versions: new Map([[mv.version, node]]), highest: node });
    } else {
      ofPath.versions.set(mv.version, node);
      if (isHigher(mv, ofPath.highest.mv)) ofPath.highest = node;
    }
    return node;
  }

  #highest(path: string): Node | undefined {
    return this.#mains.has(path) ? undefined : this.#paths.get(path)?.highest;
  }
}

export function isHigher(a: NamedVersion, b: NamedVersion): boolean {
  return compareSemver(a.version, b.version) > 0;
}
