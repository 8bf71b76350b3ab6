/**
 * What each module version requires, once the root's replace and exclude directives had their say; and a record of
 * what was read for it, what is missing still, and what is wrong. Each is recorded once, however often it is asked.
 * Source: goModSummary in cmd/go/internal/modload/modfile.go.
 */
import { MirrorError } from '../errors.ts';
import type { NamedVersion } from './directives.ts';
import type { GoMod } from './go-mod.ts';
import { compareGoVersions, laterGo, supportsPruning } from './go-version.ts';
import type { GraphInput, GraphProblem, GraphRoot, GraphSource, Requirer } from './module-graph.ts';
import { type FindReplacement, indexReplacements } from './module-graph-replace.ts';
import {
  compareModuleVersions,
  formatModuleVersion,
  type ModuleVersion,
  parseModuleVersion,
} from './module-version.ts';
import { quote } from './text.ts';

export interface Requirements {
  readonly require: readonly NamedVersion[];
  /** Whether what lies behind them may be left out of the graph. */
  readonly prunes: boolean;
}

/** What stands for a module version in the build. */
export type Actual =
  | { readonly kind: 'module'; readonly mv: ModuleVersion }
  | { readonly kind: 'folder'; readonly path: string; readonly root: GraphRoot | undefined }
  | { readonly kind: 'invalid' };

const NOTHING: Requirements = { require: [], prunes: true };
/** From here on a go.mod's `go` line is a demand that also holds for whoever requires it. */
const STRICT_GO = '1.21';

export class ModReader {
  readonly #source: GraphSource;
  readonly #replacement: FindReplacement;
  readonly #excluded: ReadonlySet<string>;
  readonly #needed = new Map<string, ModuleVersion>();
  readonly #read = new Map<string, ModuleVersion>();
  readonly #problems = new Map<string, GraphProblem>();
  #go: string | undefined;

  constructor(input: GraphInput, source: GraphSource) {
    this.#source = source;
    this.#replacement = indexReplacements(input, (message) => this.report('CONFLICT', message));
    this.#excluded = new Set(
      input.roots.flatMap(({ goMod }) => goMod.exclude.map(({ mv }) => `${mv.path}@${mv.version}`)),
    );
    for (const go of [input.work?.go, ...input.roots.map(({ goMod }) => goMod.go)]) this.#raiseGo(go);
  }

  get isMissingSome(): boolean {
    return this.#needed.size > 0;
  }

  /** The highest Go version that anything read asks for. */
  get go(): string | undefined {
    return this.#go;
  }

  needed(): ModuleVersion[] {
    return [...this.#needed.values()].sort(compareModuleVersions);
  }

  read(): ModuleVersion[] {
    return [...this.#read.values()].sort(compareModuleVersions);
  }

  problems(): GraphProblem[] {
    return [...this.#problems.values()];
  }

  report(code: GraphProblem['code'], message: string, as?: NamedVersion): void {
    if (!this.#problems.has(message)) this.#problems.set(message, { code, message, as });
  }

  /** The requirements of a main module itself. */
  requirementsOfRoot({ goMod }: GraphRoot): Requirements {
    return this.#requirementsIn(goMod);
  }

  /** What a module version requires; undefined while its go.mod is missing. */
  requirementsOf(as: NamedVersion, because: Requirer): Requirements | undefined {
    const actual = this.actual(as, because);
    switch (actual.kind) {
      case 'module':
        return this.#ofModule(as, actual.mv, because);
      case 'folder':
        return this.#ofFolder(as, actual, because);
      case 'invalid':
        return NOTHING;
    }
  }

  /** What stands for a module version, which the requirer names. */
  actual(as: NamedVersion, because: Requirer): Actual {
    const replaced = this.#replacement(as);
    const { by, root } = replaced ?? { by: { kind: 'module', ...as } as const, root: undefined };
    if (by.kind === 'directory') return { kind: 'folder', path: by.path, root };
    try {
      return { kind: 'module', mv: parseModuleVersion(by.path, by.version) };
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      const instead = replaced === undefined ? '' : `${identity(as)} is replaced by `;
      this.report('INVALID', `${instead}${error.message}: required by ${describeRequirer(because)}`, as);
      return { kind: 'invalid' };
    }
  }

  #ofModule(as: NamedVersion, mv: ModuleVersion, because: Requirer): Requirements | undefined {
    const name = formatModuleVersion(mv);
    this.#read.set(name, mv);
    const goMod = this.#source.readMod(mv);
    if (goMod === undefined) {
      this.#needed.set(name, mv);
      return undefined;
    }
    if (goMod === 'withheld') {
      this.report(
        'WITHHELD',
        `${name}: its go.mod cannot be had: required by ${describeRequirer(because)}`,
        as,
      );
      return NOTHING;
    }
    if (goMod.module !== as.path && goMod.module !== mv.path) {
      const declared = goMod.module === undefined ? 'no module path' : `the path ${quote(goMod.module)}`;
      const message = `${name}: its go.mod declares ${declared}: required by ${describeRequirer(because)}`;
      this.report('MISNAMED', message, as);
      return NOTHING;
    }
    return this.#requirementsIn(goMod);
  }

  #ofFolder(
    as: NamedVersion,
    { path, root }: Extract<Actual, { kind: 'folder' }>,
    because: Requirer,
  ): Requirements {
    const goMod = this.#source.readFolder?.(path, root);
    if (goMod !== undefined) return this.#requirementsIn(goMod);
    const place = `${quote(path)}, which ${root?.source ?? 'go.work'} puts in its place`;
    const message = `${identity(as)}: no go.mod can be read in ${place}: required by ${describeRequirer(because)}`;
    this.report('FOLDER', message, as);
    return NOTHING;
  }

  #requirementsIn(goMod: GoMod): Requirements {
    if (goMod.go !== undefined && compareGoVersions(goMod.go, STRICT_GO) >= 0) this.#raiseGo(goMod.go);
    const all = goMod.require.map(({ mv }) => mv);
    const require = this.#excluded.size === 0 ? all : all.filter((mv) => !this.#isExcluded(mv));
    return { require, prunes: supportsPruning(goMod.go) };
  }

  #isExcluded(mv: NamedVersion): boolean {
    return this.#excluded.has(`${mv.path}@${mv.version}`);
  }

  #raiseGo(go: string | undefined): void {
    this.#go = laterGo(this.#go, go);
  }
}

function identity(mv: NamedVersion): string {
  return `${quote(mv.path)}@${mv.version}`;
}

function describeRequirer(requirer: Requirer): string {
  return requirer.kind === 'root' ? requirer.source : identity(requirer.mv);
}
