/**
 * What stands in for a module version: the replace directives of the roots and of go.work, those of dependencies
 * never. One with a version wins over one without; go.work wins over the roots; among roots that name the same
 * version the last wins, and it is a conflict unless they agree.
 * Source: replacementFrom in cmd/go/internal/modload/modfile.go, makeMainModules in init.go.
 */
import type { NamedVersion, Replacement } from './directives.ts';
import type { GraphInput, GraphRoot } from './module-graph.ts';
import { quote } from './text.ts';

export interface Replaced {
  readonly by: Replacement['by'];
  /** Whose directive it is; undefined for go.work, and a folder is relative to that. */
  readonly root: GraphRoot | undefined;
}

/** The replacement of a version, if any. */
export type FindReplacement = (mv: NamedVersion) => Replaced | undefined;

interface PathReplacements {
  readonly versions: Map<string, Replacement>;
  all?: Replacement;
}

type Index = ReadonlyMap<string, PathReplacements>;

/** `onConflict` is told once of each pair of directives that contradict each other. */
export function indexReplacements(input: GraphInput, onConflict: (message: string) => void): FindReplacement {
  const work = indexOf(input.work?.replace ?? [], 'go.work', onConflict);
  const roots = input.roots.map((root) => ({
    root,
    index: indexOf(root.goMod.replace, root.source, onConflict),
  }));
  checkAgreement(roots, work, onConflict);
  return (mv) => {
    const byWork = find(work, mv);
    if (byWork !== undefined) return { by: byWork.by, root: undefined };
    let found: Replaced | undefined;
    for (const { root, index } of roots) {
      const replacement = find(index, mv);
      if (replacement !== undefined) found = { by: replacement.by, root };
    }
    return found;
  };
}

function indexOf(
  replacements: readonly Replacement[],
  source: string,
  onConflict: (message: string) => void,
): Index {
  const index = new Map<string, PathReplacements>();
  for (const replacement of replacements) {
    const { path, version } = replacement.old;
    const ofPath: PathReplacements = index.get(path) ?? { versions: new Map() };
    index.set(path, ofPath);
    const earlier = version === undefined ? ofPath.all : ofPath.versions.get(version);
    if (earlier !== undefined && !isSame(earlier.by, replacement.by)) {
      onConflict(
        `${source}:${replacement.line}: ${describe(replacement)} is replaced in line ${earlier.line} too`,
      );
    } else if (version === undefined) {
      ofPath.all = replacement;
    } else {
      ofPath.versions.set(version, replacement);
    }
  }
  return index;
}

/** Roots must not replace the same version by different things, unless go.work has the last word on the path. */
function checkAgreement(
  roots: readonly { readonly root: GraphRoot; readonly index: Index }[],
  work: Index,
  onConflict: (message: string) => void,
): void {
  const seen = new Map<string, { readonly root: GraphRoot; readonly by: Replacement['by'] }>();
  for (const { root } of roots) {
    for (const replacement of root.goMod.replace) {
      const key = describe(replacement);
      const earlier = seen.get(key);
      if (earlier === undefined) {
        seen.set(key, { root, by: replacement.by });
      } else if (
        earlier.root !== root &&
        !work.has(replacement.old.path) &&
        // Folders are relative to their own go.mod, and where that lies is not known here.
        replacement.by.kind === 'module' &&
        !isSame(earlier.by, replacement.by)
      ) {
        onConflict(`${root.source}:${replacement.line}: ${key} is replaced in ${earlier.root.source} too`);
      }
    }
  }
}

function find(index: Index, mv: NamedVersion): Replacement | undefined {
  const ofPath = index.get(mv.path);
  return ofPath && (ofPath.versions.get(mv.version) ?? ofPath.all);
}

function isSame(a: Replacement['by'], b: Replacement['by']): boolean {
  const version = (by: Replacement['by']) => (by.kind === 'module' ? by.version : '');
  return a.path === b.path && version(a) === version(b);
}

function describe({ old }: Replacement): string {
  return old.version === undefined ? quote(old.path) : `${quote(old.path)}@${old.version}`;
}
