/**
 * `_mirror/go.mod`: every module's highest version that the snapshot holds whole, as `// indirect`. A new module
 * inside the gap that starts from it resolves to versions that are here. Its `go` line is the highest of the
 * modules it names, so that none of them asks for an update at once.
 */
import { ModuleError } from '../errors.ts';
import { parseGoMod } from '../gomod/go-mod.ts';
import { compareGoVersions } from '../gomod/go-version.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import type { Contents } from './contents.ts';

/** Below this version a go.mod has no graph pruning, and `// indirect` lines mean less. */
const LOWEST_GO = '1.17';

export function starterGoMod(contents: Contents, readMod: (mv: ModuleVersion) => string): string {
  const highest = new Map<string, ModuleVersion>();
  // Contents are sorted by version within a module: the last whole one is the highest.
  for (const { mv, files } of contents) {
    // A toolchain is no module that a go.mod could require.
    if (files.size === 3 && mv.path !== TOOLCHAIN_MODULE) highest.set(mv.path, mv);
  }
  const named = [...highest.values()];
  const go = named.reduce((most, mv) => later(most, goVersionOf(mv, readMod)), LOWEST_GO);
  const requires = named.map((mv) => `\t${mv.path} ${mv.version} // indirect\n`);
  return [
    '// Start a new module inside the gap from a copy of this file:\n',
    '// go mod edit -module <your module path>\n',
    'module example.com/start\n\n',
    `go ${go}\n`,
    ...(requires.length > 0 ? ['\nrequire (\n', ...requires, ')\n'] : []),
  ].join('');
}

/** A dependency's go.mod may hold what this program cannot read; its hash is right, its `go` line is then unknown. */
function goVersionOf(mv: ModuleVersion, readMod: (mv: ModuleVersion) => string): string {
  try {
    return parseGoMod(readMod(mv), formatModuleVersion(mv), { lax: true }).go ?? LOWEST_GO;
  } catch (error) {
    if (error instanceof ModuleError) return LOWEST_GO;
    throw error;
  }
}

function later(a: string, b: string): string {
  return compareGoVersions(a, b) < 0 ? b : a;
}
