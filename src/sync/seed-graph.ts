/**
 * What a seed wants beyond its lines: the rest of its build list, so that `go list -m all` works, and with `closure` all
 * that a new module may come to require. The answer for the same texts is the same for ever, since go.mod files of
 * module versions never change: once it is final it is taken from the ledger.
 */
import { hash } from 'node:crypto';
import type { Config } from '../config/load.ts';
import { laterGo } from '../gomod/go-version.ts';
import { type Requirer, resolveGraph, type Selected } from '../gomod/module-graph.ts';
import { requiredAnywhere, supersetOf } from '../gomod/module-graph-closure.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import {
  bothComplete,
  type Completeness,
  type ComputedTexts,
  completenessOf,
  computedWant,
  type Found,
  nameOfWant,
} from './computed-texts.ts';
import type { PooledMods, PoolView } from './mod-reader.ts';
import {
  requirementsOf,
  type Seed,
  type SeedRoot,
  type SeedText,
  type SeedWant,
  wantsOf,
} from './seed-texts.ts';

export interface GraphRules {
  readonly graph: 'listed' | 'selected' | 'closure';
  readonly zips: Config['zips'];
}

/** By default the whole build list, where the log can judge what no line names. */
export function graphRulesOf({ graph, zips }: Pick<Config, 'graph' | 'zips'>, hasLog: boolean): GraphRules {
  const wanted = graph ?? (hasLog ? 'selected' : 'listed');
  return { graph: zips === 'graph' && wanted === 'listed' ? 'selected' : wanted, zips };
}

/** Part of the key: another way of computing gives other answers. */
const FORMAT = 'graph/16';

/** How far what new modules may lower is followed: each step leads to fewer go.mod files, which are small. */
const MOST_STEPS: Readonly<Record<GraphRules['graph'], number>> = {
  listed: 0,
  selected: 16,
  closure: Number.POSITIVE_INFINITY,
};

export class SeedGraphs {
  readonly #rules: GraphRules;
  readonly #mods: PooledMods;
  readonly #texts: ComputedTexts;

  constructor(rules: GraphRules, mods: PooledMods, texts: ComputedTexts) {
    this.#rules = rules;
    this.#mods = mods;
    this.#texts = texts;
  }

  /** Whether seeds are taken by their lines alone. */
  get isListed(): boolean {
    return this.#rules.graph === 'listed';
  }

  /** Nothing where the seed is to be taken by its lines alone. */
  textsOf(seed: Seed, view: PoolView): SeedText[] {
    if (this.isListed || (seed.texts.length === 0 && !seed.root)) return [];
    const text = this.#texts.textFor(seed.root?.source ?? seed.source, this.#keyOf(seed), () => {
      const found = this.#find(seed, view);
      return { ...found, wants: withoutNamed(found.wants, seed) };
    });
    return [text];
  }

  #keyOf({ texts, root }: Seed): string {
    const { graph, zips } = this.#rules;
    const parts = [FORMAT, graph, zips, root?.sha256 ?? '', ...texts.map(({ sha256 }) => sha256)];
    return hash('sha256', parts.join('\n'));
  }

  #find(seed: Seed, view: PoolView): Found {
    if (seed.root && seed.isInternal) return this.#aroundStart(seed.root, seed.hasLower === true, view);
    const zips = this.#rules.zips === 'graph' ? () => true : () => false;
    const named = seed.root ? this.#selected(seed.root, view, zips) : this.#superset(seed, view);
    if (this.#rules.graph !== 'closure') return named;
    const starts = new Map([...wantsOf(seed), ...named.wants].map(({ mv }) => [formatModuleVersion(mv), mv]));
    const { required, needed } = requiredAnywhere(starts.values(), this.#sourceOf(view));
    const more = required.map((mv) => computedWant(mv, 'mod', 'some go.mod'));
    return {
      wants: withoutTwins([...named.wants, ...more]),
      go: named.go,
      ...bothComplete(named, completenessOf(needed, required, this.#mods, view)),
    };
  }

  /** Exactly what the go command selects and reads. */
  #selected(
    root: SeedRoot,
    view: PoolView,
    wantsZip: (selected: Selected) => boolean,
    isOptional = false,
  ): Found {
    const { selected, read, needed, go } = resolveGraph(root.input, this.#mods.sourceFor(root, view));
    const zips = selected
      .filter(wantsZip)
      .map(({ mv, because }) => computedWant(mv, 'zip', requirerOf(because)));
    const mods = selected.map(({ mv, because }) => computedWant(mv, 'mod', requirerOf(because)));
    const more = read.map((mv) => computedWant(mv, 'mod', root.source));
    return {
      wants: [...withoutTwins([...mods, ...more]), ...zips],
      go,
      ...completenessOf(needed, read, this.#mods, view, isOptional),
    };
  }

  /**
   * For new modules: where one takes a lower version than the go.mod that it starts from, the go command lowers what
   * stands against it, and looks at what the other modules of that go.mod then require of one another, and so on.
   * Source: editRequirements in cmd/go/internal/modload.
   */
  #aroundStart(root: SeedRoot, hasLower: boolean, view: PoolView): Found {
    const selected = this.#selected(root, view, isAboveRoot(root), true);
    const paths = new Set(requirementsOf(root).map(({ path }) => path));
    // Where each module is here in one version, nothing is lowered: then only what is named itself is followed.
    const isFollowed = ({ path }: ModuleVersion) =>
      hasLower || this.#rules.graph === 'closure' || paths.has(path);
    const found = new Map(selected.wants.map((want) => [nameOfWant(want), want]));
    let completeness: Completeness = selected;
    let level: readonly ModuleVersion[] = selected.wants.map(({ mv }) => mv).filter(isFollowed);
    for (let depth = 0; level.length > 0 && depth < MOST_STEPS[this.#rules.graph]; depth++) {
      const { required, needed } = supersetOf(level, this.#sourceOf(view));
      completeness = bothComplete(completeness, completenessOf(needed, level, this.#mods, view, true));
      const more = required.map((mv) => computedWant(mv, 'mod', 'some go.mod'));
      const fresh = more.filter((want) => !found.has(nameOfWant(want)));
      for (const want of fresh) found.set(nameOfWant(want), want);
      level = fresh.map(({ mv }) => mv);
    }
    const { isFinal, isOpen } = completeness;
    return { wants: [...found.values()], go: selected.go, isFinal, isOpen };
  }

  /** Without the root go.mod: whatever it may be, nothing else can be selected. */
  #superset(seed: Seed, view: PoolView): Found {
    const mods = new Map(wantsOf(seed).map(({ mv }) => [formatModuleVersion(mv), mv]));
    const { required, needed } = supersetOf(mods.values(), this.#sourceOf(view));
    return {
      wants: required.map((mv) => computedWant(mv, 'mod', 'some go.mod')),
      go: this.#highestGo(mods.values(), view),
      ...completenessOf(needed, mods.values(), this.#mods, view),
    };
  }

  #highestGo(mvs: Iterable<ModuleVersion>, view: PoolView): string | undefined {
    let highest: string | undefined;
    for (const mv of mvs) {
      const goMod = this.#mods.read(mv, view);
      if (typeof goMod === 'object') highest = laterGo(highest, goMod.go);
    }
    return highest;
  }

  #sourceOf(view: PoolView) {
    return { readMod: (mv: ModuleVersion) => this.#mods.read(mv, view) };
  }
}

/**
 * Whether a module that the go.mod to start from names is selected higher than it says: without that zip whatever
 * imports the module would fail in every new module.
 */
function isAboveRoot(root: SeedRoot): (selected: Selected) => boolean {
  const named = new Map(requirementsOf(root).map(({ path, version }) => [path, version]));
  return ({ as }) => named.has(as.path) && named.get(as.path) !== as.version;
}

function requirerOf(because: Requirer): string {
  return because.kind === 'root' ? because.source : `${because.mv.path}@${because.mv.version}`;
}

/** What the seed's own lines name needs no other reason. */
function withoutNamed(wants: readonly SeedWant[], seed: Seed): SeedWant[] {
  const named = wantsOf(seed);
  const versions = new Set(named.map(({ mv }) => formatModuleVersion(mv)));
  const zips = new Set(named.filter(({ file }) => file === 'zip').map(({ mv }) => formatModuleVersion(mv)));
  return wants.filter(({ mv, file }) => !(file === 'zip' ? zips : versions).has(formatModuleVersion(mv)));
}

function withoutTwins(wants: readonly SeedWant[]): SeedWant[] {
  const first = new Map<string, SeedWant>();
  for (const want of wants) if (!first.has(nameOfWant(want))) first.set(nameOfWant(want), want);
  return [...first.values()];
}
