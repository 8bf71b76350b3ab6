/**
 * The zips that upgrades inside the gap pass through. `go get -u` and `go get M@latest` in a project raise M to the
 * highest version that is here; what M's go.mod then requires, and the project has lower or not at all, is loaded at
 * exactly that version, before it may be raised in turn. No go.sum names these. Modules of which the mirror holds
 * nothing whole are left out: no project has ever used a package of theirs.
 */
import { hash } from 'node:crypto';
import type { GoMod } from '../gomod/go-mod.ts';
import { resolveGraph } from '../gomod/module-graph.ts';
import { formatModuleVersion, type ModuleVersion, parseModuleVersion } from '../gomod/module-version.ts';
import { compareVersions, type Version } from '../gomod/version.ts';
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
import { requirementsOf, type Seed, type SeedRoot, type SeedText, type SeedWant } from './seed-texts.ts';

/** Part of the key: another way of computing gives other answers. */
const FORMAT = 'upgrades/2';

interface Project {
  /** The version of each module that it selects. */
  readonly own: ReadonlyMap<string, Version>;
  /** The paths of the modules whose packages it uses: those with a zip line. */
  readonly used: ReadonlySet<string>;
}

/** The highest version that is here of each module that is held whole, by path. */
type Highest = ReadonlyMap<string, ModuleVersion>;

type RootedSeed = Pick<Seed, 'texts'> & { readonly root: SeedRoot };

const ALL_HERE: Completeness = { isFinal: true, isOpen: false };

const NOTHING_REQUIRED: Pick<GoMod, 'require'> = { require: [] };

type Read = (mv: ModuleVersion) => GoMod | undefined;

export class Upgrades {
  readonly #mods: PooledMods;
  readonly #texts: ComputedTexts;

  constructor(mods: PooledMods, texts: ComputedTexts) {
    this.#mods = mods;
    this.#texts = texts;
  }

  /** `start` requires the highest version of each module that is held whole. */
  textFor(projects: readonly Seed[], start: SeedRoot, view: PoolView): SeedText {
    const rooted = projects.flatMap(({ texts, root }) => (root ? [{ texts, root }] : []));
    const keys = rooted.flatMap(({ texts, root }) => [root.sha256, ...texts.map(({ sha256 }) => sha256)]);
    const key = hash('sha256', [FORMAT, start.sha256, ...keys].join('\n'));
    return this.#texts.textFor('go get -u', key, () => {
      const highest = highestOf(start);
      const found = rooted.map((seed) => this.#passed(seed, highest, view));
      const wants = new Map(found.flatMap((one) => one.wants).map((want) => [nameOfWant(want), want]));
      return { wants: [...wants.values()], go: undefined, ...found.reduce(bothComplete, ALL_HERE) };
    });
  }

  #passed(seed: RootedSeed, highest: Highest, view: PoolView): Found {
    const read = new Map<string, ModuleVersion>();
    const { root } = seed;
    const { selected, needed } = resolveGraph(root.input, this.#mods.sourceFor(root, view));
    // Of half a build list nobody knows what is higher.
    if (needed.length > 0) return { wants: [], go: undefined, isFinal: false, isOpen: true };
    const project = { own: new Map(selected.map(({ as }) => [as.path, as.version])), used: usedBy(seed) };
    const missing: ModuleVersion[] = [];
    const wants = passedBy(project, highest, (mv) => {
      read.set(formatModuleVersion(mv), mv);
      const goMod = this.#mods.read(mv, view);
      if (goMod === undefined) missing.push(mv);
      return goMod === 'withheld' ? undefined : goMod;
    });
    return { wants, go: undefined, ...completenessOf(missing, read.values(), this.#mods, view, true) };
  }
}

function highestOf(start: SeedRoot): Highest {
  return new Map(requirementsOf(start).map(({ path, version }) => [path, parseModuleVersion(path, version)]));
}

function usedBy({ texts }: RootedSeed): Set<string> {
  const named = texts.filter(({ kind }) => kind !== 'graph').flatMap(({ wants }) => wants);
  return new Set(named.filter(({ file }) => file === 'zip').map(({ mv }) => mv.path));
}

/** Each module that the project uses is raised by itself: together they lead to nothing that none of them leads to. */
function passedBy(project: Project, highest: Highest, read: Read): SeedWant[] {
  return [...project.used].flatMap((path) => {
    const to = highest.get(path);
    return to === undefined ? [] : passedOnTheWayTo(to, project, highest, read);
  });
}

/** What the go command selects once `goal` is required, and what then comes in. */
function passedOnTheWayTo(goal: ModuleVersion, project: Project, highest: Highest, read: Read): SeedWant[] {
  const raised = new Map<string, Requirement>();
  const others: Requirement[] = [];
  const newcomers = new Set<string>();
  const queue = [goal];
  // The queue grows while it is walked.
  for (const to of queue) {
    for (const requirement of addedBy(to, project, highest, read)) {
      const { mv, isIndirect } = requirement;
      if (project.used.has(mv.path)) {
        const known = raised.get(mv.path);
        if (known !== undefined && compareVersions(known.mv.version, mv.version) >= 0) continue;
        raised.set(mv.path, requirement);
        queue.push(mv);
        continue;
      }
      others.push(requirement);
      if (isIndirect || newcomers.has(mv.path)) continue;
      newcomers.add(mv.path);
      // As it is required, and as it is raised in turn.
      queue.push(mv, highest.get(mv.path) ?? mv);
    }
  }
  const passed = [...raised.values(), ...others.filter(({ mv }) => newcomers.has(mv.path))];
  return passed.flatMap(wholeOf);
}

interface Requirement {
  readonly mv: ModuleVersion;
  readonly isIndirect: boolean;
  readonly because: string;
}

/** What `to` requires that the project has lower, or that it did not have when it had a lower `to`. */
function addedBy(to: ModuleVersion, { own, used }: Project, highest: Highest, read: Read): Requirement[] {
  const from = used.has(to.path) ? own.get(to.path) : undefined;
  if (from !== undefined && compareVersions(from, to.version) >= 0) return [];
  const old = from === undefined ? NOTHING_REQUIRED : read({ path: to.path, version: from });
  if (old === undefined) return [];
  const before = new Set(old.require.map(({ mv }) => mv.path));
  return (read(to)?.require ?? []).flatMap(({ mv: { path, version }, indirect: isIndirect }) => {
    const known = highest.get(path);
    const has = own.get(path);
    const isHigher = has !== undefined && compareVersions(version, has) > 0;
    const isNews = used.has(path) ? isHigher : !before.has(path);
    if (known === undefined || !isNews) return [];
    return [{ mv: { path: known.path, version }, isIndirect, because: formatModuleVersion(to) }];
  });
}

function wholeOf({ mv, because }: Requirement): SeedWant[] {
  return [computedWant(mv, 'mod', because), computedWant(mv, 'zip', because)];
}
