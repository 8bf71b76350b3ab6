/**
 * What a main module's go.mod requires, as the go command downloads it: a replaced requirement under its replacement,
 * one that is replaced by a folder not at all. Source: `go mod download`, and Replacement in cmd/go/internal/modload.
 */
import { ModuleError } from '../errors.ts';
import type { NamedVersion, Replacement } from './directives.ts';
import type { GoMod } from './go-mod.ts';
import { type ModuleVersion, parseModuleVersion } from './module-version.ts';

export interface RequiredModule {
  readonly mv: ModuleVersion;
  /** Of the require directive. */
  readonly line: number;
}

/** In the order of the file. What no proxy can serve is left out: no client asks for it. */
export function requiredModules({ require, replace }: Pick<GoMod, 'require' | 'replace'>): RequiredModule[] {
  return require.flatMap(({ mv, line }) => {
    const by = replacementOf(mv, replace);
    const named = by === undefined ? mv : by.kind === 'module' ? by : undefined;
    const proved = named && proveOrSkip(named);
    return proved ? [{ mv: proved, line }] : [];
  });
}

/** A replacement of one version comes before one of all versions. */
function replacementOf(mv: NamedVersion, replace: readonly Replacement[]): Replacement['by'] | undefined {
  const ofPath = replace.filter(({ old }) => old.path === mv.path);
  const exact = ofPath.findLast(({ old }) => old.version === mv.version);
  return (exact ?? ofPath.findLast(({ old }) => old.version === undefined))?.by;
}

function proveOrSkip({ path, version }: NamedVersion): ModuleVersion | undefined {
  try {
    return parseModuleVersion(path, version);
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}
