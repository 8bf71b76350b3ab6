/** Module graphs of a few lines: go.mod files by `path@version`, and what the resolver says of them as text. */
import { type GoMod, parseGoMod } from '../../src/gomod/go-mod.ts';
import { parseGoWork } from '../../src/gomod/go-work.ts';
import {
  type GraphInput,
  type GraphSource,
  type ModuleGraph,
  resolveGraph,
} from '../../src/gomod/module-graph.ts';
import {
  formatModuleVersion,
  type ModuleVersion,
  parseModuleVersion,
} from '../../src/gomod/module-version.ts';

/** go.mod texts by `path@version`, without their module line unless they need another one. */
export type Mods = Readonly<Record<string, string>>;

export interface GraphCase {
  /** One go.mod for a module; several for a workspace. */
  readonly roots: readonly string[];
  readonly work?: string;
  readonly mods: Mods;
  /** go.mod texts by the path that a replace directive names. */
  readonly folders?: Readonly<Record<string, string>>;
}

export function graphInput({ roots, work }: Pick<GraphCase, 'roots' | 'work'>): GraphInput {
  return {
    roots: roots.map((text, index) => {
      const source = index === 0 ? 'go.mod' : `${index}/go.mod`;
      return { goMod: parseGoMod(text, source, { lax: false }), source };
    }),
    ...(work === undefined ? {} : { work: parseGoWork(work, 'go.work') }),
  };
}

/** Parses each go.mod once. `asked` collects what was asked for. */
export function graphSource(mods: Mods, folders: Mods = {}, asked: string[] = []): GraphSource {
  const parsed = new Map<string, GoMod>();
  for (const [name, text] of Object.entries(mods)) parsed.set(name, parseDependency(name, text));
  return {
    readMod(mv) {
      asked.push(formatModuleVersion(mv));
      return parsed.get(formatModuleVersion(mv));
    },
    readFolder(path) {
      const text = folders[path];
      return text === undefined ? undefined : parseGoMod(text, `${path}/go.mod`, { lax: true });
    },
  };
}

/** The whole text of a dependency's go.mod. */
export function modText(name: string, text: string): string {
  return /^module /m.test(text) ? text : `module ${name.slice(0, name.lastIndexOf('@'))}\n${text}`;
}

export function parseDependency(name: string, text: string): GoMod {
  return parseGoMod(modText(name, text), name, { lax: true });
}

export function resolveCase({ roots, work, mods, folders }: GraphCase): ModuleGraph {
  return resolveGraph(
    graphInput({ roots, ...(work === undefined ? {} : { work }) }),
    graphSource(mods, folders),
  );
}

/** `path@version` of each, or `path@version => path@version` where it is replaced. */
export function selectedNames(graph: ModuleGraph): string[] {
  return graph.selected.map(({ mv, as }) => {
    const isReplaced = mv.path !== as.path || mv.version !== as.version;
    return isReplaced ? `${as.path}@${as.version} => ${formatModuleVersion(mv)}` : formatModuleVersion(mv);
  });
}

export function names(mvs: readonly ModuleVersion[]): string[] {
  return mvs.map(formatModuleVersion);
}

export function parseName(name: string): ModuleVersion {
  const at = name.lastIndexOf('@');
  return parseModuleVersion(name.slice(0, at), name.slice(at + 1));
}
