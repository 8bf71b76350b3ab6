/**
 * The go.mod that a new module inside the gap starts from, as one more main module: what it selects, with every module
 * at its highest version that is here, is what an upgrade of anything leads to. Its go.mod files come too, so that
 * `go get -u` and `go get M@latest` find what they read.
 */
import { hash } from 'node:crypto';
import { MODULE_FILES } from '../gomod/artifact.ts';
import { parseGoMod } from '../gomod/go-mod.ts';
import {
  compareModuleVersions,
  formatModuleVersion,
  highestByPath,
  type ModuleVersion,
} from '../gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import { STARTER_GOMOD } from '../site/layout.ts';
import type { PoolView } from './mod-reader.ts';
import type { Seed } from './seed-texts.ts';

/** Of the versions that seeds want and that are held whole; undefined where there is none. */
export function startingPoint(seeds: readonly Seed[], view: PoolView): Seed | undefined {
  const whole = wholeVersions(seeds, view);
  const highest = [...highestByPath(whole).values()].sort(compareModuleVersions);
  if (highest.length === 0) return undefined;
  const hasLower = whole.length > highest.length;
  const text = formatStart(highest, '1.21');
  const input = {
    roots: [{ goMod: parseGoMod(text, STARTER_GOMOD, { lax: false }), source: STARTER_GOMOD }],
  };
  const root = {
    source: STARTER_GOMOD,
    input,
    folders: new Map(),
    sha256: hash('sha256', `${text}${hasLower}`),
  };
  return { source: STARTER_GOMOD, texts: [], root, isInternal: true, hasLower };
}

function wholeVersions(seeds: readonly Seed[], view: PoolView): ModuleVersion[] {
  const wanted = seeds.flatMap(({ texts }) => texts.flatMap(({ wants }) => wants));
  const zips = new Map(
    wanted.filter(({ file }) => file === 'zip').map(({ mv }) => [formatModuleVersion(mv), mv]),
  );
  return [...zips.values()].filter((mv) => mv.path !== TOOLCHAIN_MODULE && isWhole(view.held(mv)));
}

function isWhole(held: ReturnType<PoolView['held']>): boolean {
  return MODULE_FILES.every((file) => held.has(file));
}

/** A go.mod that names these, each as `// indirect`. `go` is as in its `go` line. */
export function formatStart(named: readonly ModuleVersion[], go: string): string {
  const requires = named.map((mv) => `\t${mv.path} ${mv.version} // indirect\n`);
  const block = requires.length > 0 ? `\nrequire (\n${requires.join('')})\n` : '';
  return `module example.com/start\n\ngo ${go}\n${block}`;
}
