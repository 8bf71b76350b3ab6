/**
 * `_mirror/go.mod`: every module's highest version that the snapshot holds whole, as `// indirect`. A new module
 * inside the gap that starts from it resolves to versions that are here. Its `go` line is the highest of the
 * modules it names, so that none of them asks for an update at once. The go command reads all of it for every
 * command, so one go.mod that nobody has would fail them all: what needs such a one is left out, and said.
 */
import { ModuleError } from '../errors.ts';
import { MODULE_FILES } from '../gomod/artifact.ts';
import { type GoMod, parseGoMod } from '../gomod/go-mod.ts';
import { laterGo, supportsPruning } from '../gomod/go-version.ts';
import { resolveGraph } from '../gomod/module-graph.ts';
import { formatModuleVersion, highestByPath, type ModuleVersion } from '../gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import type { Contents } from './contents.ts';
import { formatStart } from './starting-point.ts';

/** Below this version a go.mod has no graph pruning, and `// indirect` lines mean less. */
const LOWEST_GO = '1.17';

/** The go.mod of a module version in the snapshot; undefined where there is none, or it cannot be read. */
type ReadMod = (mv: ModuleVersion) => GoMod | undefined;

/** `isWhole`: whether the mirror is to hold whole build lists; else what the go command reads is not expected here. */
export function starterGoMod(
  contents: Contents,
  isWhole: boolean,
  readText: (mv: ModuleVersion) => string,
): string {
  const readMod = readerOf(contents, readText);
  const all = highestWhole(contents);
  const named = isWhole ? withoutBroken(all, readMod) : all;
  const left = all.filter((mv) => !named.includes(mv));
  return [
    '// Start a new module inside the gap from a copy of this file:\n',
    '// go mod edit -module <your module path>\n',
    ...(left.length > 0 ? ['// Left out, since what they require is not here:\n'] : []),
    ...left.map((mv) => `//\t${formatModuleVersion(mv)}\n`),
    formatStarter(named, readMod),
  ].join('');
}

function highestWhole(contents: Contents): ModuleVersion[] {
  // A toolchain is no module that a go.mod could require.
  const whole = contents.filter(
    ({ mv, files }) => files.size === MODULE_FILES.length && mv.path !== TOOLCHAIN_MODULE,
  );
  return [...highestByPath(whole.map(({ mv }) => mv)).values()];
}

function formatStarter(named: readonly ModuleVersion[], readMod: ReadMod): string {
  return formatStart(
    named,
    named.reduce((most, mv) => laterGo(most, readMod(mv)?.go), LOWEST_GO),
  );
}

/** Drops what leads to a go.mod that is not here, until nothing does. */
function withoutBroken(all: readonly ModuleVersion[], readMod: ReadMod): ModuleVersion[] {
  let named = [...all];
  for (;;) {
    const goMod = parseGoMod(formatStarter(named, readMod), 'starter', { lax: false });
    const { needed, read } = resolveGraph({ roots: [{ goMod, source: 'starter' }] }, { readMod });
    if (needed.length === 0) return named;
    // Only what does not support pruning makes others read what it requires; below such a one everything does.
    const bad = leadingTo(needed, read, readMod, (go) => !supportsPruning(go));
    const rest = named.filter((mv) => !bad.has(formatModuleVersion(mv)));
    const broad = leadingTo(needed, read, readMod, () => true);
    const kept =
      rest.length < named.length ? rest : named.filter((mv) => !broad.has(formatModuleVersion(mv)));
    if (kept.length === named.length) return named;
    named = kept;
  }
}

/** Those of `read` from which requirements lead to one of `missing`, through go.mod files that `counts`. */
function leadingTo(
  missing: readonly ModuleVersion[],
  read: readonly ModuleVersion[],
  readMod: ReadMod,
  counts: (go: string | undefined) => boolean,
): Set<string> {
  const bad = new Set(missing.map(formatModuleVersion));
  for (let before = -1; before < bad.size; ) {
    before = bad.size;
    for (const mv of read) {
      const goMod = readMod(mv);
      const leads = goMod?.require.some((one) => bad.has(`${one.mv.path}@${one.mv.version}`)) === true;
      if (leads && counts(goMod?.go)) bad.add(formatModuleVersion(mv));
    }
  }
  return bad;
}

/** A dependency's go.mod may hold what this program cannot read; its hash is right, what it says is unknown. */
function readerOf(contents: Contents, readText: (mv: ModuleVersion) => string): ReadMod {
  const held = new Set(
    contents.flatMap(({ mv, files }) => (files.has('mod') ? [formatModuleVersion(mv)] : [])),
  );
  const known = new Map<string, GoMod | undefined>();
  return (mv) => {
    const name = formatModuleVersion(mv);
    if (!held.has(name)) return undefined;
    if (!known.has(name)) known.set(name, parseOrNothing(readText(mv), name));
    return known.get(name);
  };
}

function parseOrNothing(text: string, name: string): GoMod | undefined {
  try {
    return parseGoMod(text, name, { lax: true });
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}
