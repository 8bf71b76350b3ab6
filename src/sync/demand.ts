/**
 * What a run wants, as far as it is known: the go.sum files from the start, a module seed's own go.sum once its zip is
 * verified and in the pool, which version is its latest once the go.mod of the highest one is, and the rest of a build
 * list go.mod by go.mod. Asked again after each round of fetching, until the answer stays the same.
 */
import { readFileSync } from 'node:fs';
import { GoSumError, ModuleError } from '../errors.ts';
import { parseGoMod, type Retraction } from '../gomod/go-mod.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { isRetracted } from '../gomod/retraction.ts';
import { readModuleZipEntries } from '../modzip/read-entries.ts';
import type { Pin } from '../site/manifest.ts';
import type { Pool } from '../site/pool.ts';
import { ComputedTexts, type KnownText } from './computed-texts.ts';
import type { Candidates } from './latest.ts';
import { PooledMods, type PoolView } from './mod-reader.ts';
import { prefixText } from './prefixes.ts';
import type { Problem } from './problem.ts';
import { type GraphRules, SeedGraphs } from './seed-graph.ts';
import { moduleRoot } from './seed-roots.ts';
import type { ModuleSeed } from './seed-specs.ts';
import { requiredText, type Seed, type SeedText, sumText, wholeText } from './seed-texts.ts';
import type { Seeds } from './seeds.ts';
import { startingPoint } from './starting-point.ts';
import type { Toolchains } from './toolchains.ts';
import { Upgrades } from './upgrades.ts';

/** Bytes. A go.sum of this size has a hundred thousand lines. */
const LONGEST_TEXT = 16 << 20;

export interface DemandDeps {
  readonly pool: Pool;
  readonly graph: GraphRules;
  readonly known: KnownText;
  readonly toolchains: Toolchains;
}

export class Demand {
  readonly #seeds: Pick<Seeds, 'seeds' | 'modules' | 'toolchains'>;
  readonly #pool: Pool;
  /** For the seeds that ask for the latest, by source; a seed without any wants nothing. */
  readonly #candidates: ReadonlyMap<string, Candidates>;
  readonly #graphs: SeedGraphs;
  readonly #upgrades: Upgrades;
  readonly #toolchains: Toolchains;
  readonly #opened = new Map<string, Opened>();
  readonly #problems = new Map<string, Problem>();

  constructor(
    seeds: Pick<Seeds, 'seeds' | 'modules' | 'toolchains'>,
    candidates: ReadonlyMap<string, Candidates>,
    { pool, graph, known, toolchains }: DemandDeps,
  ) {
    this.#seeds = seeds;
    this.#candidates = candidates;
    this.#pool = pool;
    const mods = new PooledMods(pool);
    const computed = new ComputedTexts(known);
    this.#graphs = new SeedGraphs(graph, mods, computed);
    this.#upgrades = new Upgrades(mods, computed);
    this.#toolchains = toolchains;
  }

  /** Module seeds whose own go.sum or go.mod cannot be read. */
  get problems(): Problem[] {
    return [...this.#problems.values()];
  }

  /** Whether nothing that comes in can change what is wanted. */
  get isStatic(): boolean {
    return this.#seeds.modules.length === 0 && this.#graphs.isListed;
  }

  /** Whether all that the seeds want is known. */
  isKnown(view: PoolView): boolean {
    const versions = this.#seeds.modules.map((seed) => this.#meant(seed, view));
    return this.#problems.size === 0 && versions.every((mv) => mv !== undefined && view.held(mv).has('zip'));
  }

  /** Which version each seed means that asks for the latest. */
  pins(view: PoolView): Pin[] {
    const asking = this.#seeds.modules.filter(({ version }) => version === 'latest');
    return asking.flatMap((seed) => {
      const mv = this.#meant(seed, view);
      return mv === undefined ? [] : [{ seed: seed.source, version: mv.version }];
    });
  }

  /** All seeds, with what they are known to want when `held` says what the pool holds. */
  seeds(view: PoolView): readonly Seed[] {
    const { seeds, modules, toolchains } = this.#seeds;
    const opened = modules.map((seed) => this.#moduleSeed(seed, view));
    const whole = [...seeds, ...opened].map((seed) => {
      return { ...seed, texts: [...seed.texts, ...this.#graphs.textsOf(seed, view)] };
    });
    const all = [...whole, ...toolchains.map((seed) => this.#toolchains.seed(seed, whole))];
    const start = this.#graphs.isListed ? undefined : this.#start(all, whole.slice(0, seeds.length), view);
    return start ? [...all, start] : all;
  }

  /**
   * Where it selects a module higher than any seed, that zip comes too, as do those that upgrades pass through. They may
   * require something in turn: so it is looked at again, until it stays the same.
   */
  #start(seeds: readonly Seed[], projects: readonly Seed[], view: PoolView): Seed | undefined {
    const texts: SeedText[] = [];
    let start = startingPoint(seeds, view);
    while (start !== undefined) {
      texts.push(...this.#graphs.textsOf(start, view));
      if (start.root) texts.push(this.#upgrades.textFor(projects, start.root, view));
      const whole: Seed = { ...start, texts };
      const next = startingPoint([...seeds, whole], view);
      if (next?.root?.sha256 === start.root?.sha256) return withPrefixes(whole, seeds);
      start = next;
    }
    return undefined;
  }

  #moduleSeed(seed: ModuleSeed, view: PoolView): Seed {
    const { source } = seed;
    const mv = this.#meant(seed, view);
    if (mv === undefined) return { source, texts: [] };
    const itself = [wholeText(source, [mv]), ...this.#judgesOf(seed, mv)];
    if (!view.held(mv).has('zip')) return { source, texts: itself };
    const { texts, root } = this.#open(mv);
    return { source, texts: [...itself, ...texts], ...(root ? { root } : {}) };
  }

  /** Where the highest version takes itself back, its go.mod stays wanted: it says which others are taken back. */
  #judgesOf({ source }: ModuleSeed, { path, version }: ModuleVersion): SeedText[] {
    const highest = this.#candidates.get(source)?.[0];
    if (highest === undefined || highest === version) return [];
    return [wholeText(`${source} (retractions)`, [{ path, version: highest }], 'mod')];
  }

  /** Undefined where nobody has said which version is the latest. */
  #meant({ source, path, version }: ModuleSeed, view: PoolView): ModuleVersion | undefined {
    if (version !== 'latest') return { path, version };
    const [highest, ...others] = this.#candidates.get(source) ?? [];
    if (highest === undefined) return undefined;
    const mv = { path, version: highest };
    if (others.length === 0 || !view.held(mv).has('mod')) return mv;
    const retract = this.#retractions(mv);
    const chosen = [highest, ...others].find((candidate) => !isRetracted(candidate, retract));
    return { path, version: chosen ?? highest };
  }

  #retractions(mv: ModuleVersion): readonly Retraction[] {
    const name = formatModuleVersion(mv);
    try {
      return parseGoMod(readFileSync(this.#pool.pathOf(mv, 'mod'), 'utf8'), name, { lax: true }).retract;
    } catch (error) {
      // What its go.mod says is not to be read: the highest version it is then, and its zip says what is wrong.
      if (error instanceof ModuleError) return [];
      throw error;
    }
  }

  /** The go.sum and go.mod in the verified zip; it is read once. What cannot be parsed in there is the zip's problem. */
  #open(mv: ModuleVersion): Opened {
    const name = formatModuleVersion(mv);
    const known = this.#opened.get(name);
    if (known) return known;
    const isWanted = (file: string) => file === 'go.sum' || file === 'go.mod';
    const files = readModuleZipEntries(this.#pool.pathOf(mv, 'zip'), mv, isWanted, LONGEST_TEXT);
    const textOf = (file: string) => files.find((entry) => entry.name === file)?.content?.toString('utf8');
    const opened = this.#parse(mv, name, textOf('go.sum'), textOf('go.mod'));
    this.#opened.set(name, opened);
    return opened;
  }

  #parse(mv: ModuleVersion, name: string, sum: string | undefined, mod: string | undefined): Opened {
    try {
      return parseOpened(name, sum, mod);
    } catch (error) {
      if (!(error instanceof GoSumError || error instanceof ModuleError)) throw error;
      const { code, message } = error;
      const about = { module: mv.path, version: mv.version, file: null, sources: [name] };
      this.#problems.set(name, { ...about, code, message: `${name}: ${message}` });
      return { texts: [] };
    }
  }
}

/** What is raised past them needs no more of them than their zips, so the go.mod to start from does without. */
function withPrefixes(start: Seed, seeds: readonly Seed[]): Seed {
  const prefixes = prefixText([...seeds, start].flatMap(({ texts }) => texts));
  return prefixes === undefined ? start : { ...start, texts: [...start.texts, prefixes] };
}

type Opened = Pick<Seed, 'texts' | 'root'>;

function parseOpened(name: string, sum: string | undefined, mod: string | undefined): Opened {
  const texts = sum === undefined ? [] : [sumText(`${name}/go.sum`, sum)];
  if (mod === undefined) return { texts };
  const source = `${name}/go.mod`;
  const goMod = parseGoMod(mod, source, { lax: true });
  const root = moduleRoot(source, mod, goMod, undefined);
  return { texts: [...texts, requiredText(source, mod, goMod)], root };
}
