/**
 * The go.mod that a new module inside the gap starts from, as one more main module: what it selects, with every module
 * at its highest version that is here, is what an upgrade of anything leads to. Its go.mod files come too, so that
 * `go get -u` and `go get M@latest` find what they read.
 */
import { hash } from 'node:crypto';
import { parseGoMod } from '../gomod/go-mod.ts';
import { compareModuleVersions, formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import { STARTER_GOMOD } from '../site/layout.ts';
import type { PoolView } from './mod-reader.ts';
import type { Seed } from './seed-texts.ts';

/** Of the versions that seeds want and that are held whole; undefined where there is none. */
export function startingPoint(seeds: readonly Seed[], view: PoolView): Seed | undefined {
  const highest = highestWhole(seeds, view);
  if (highest.length === 0) return undefined;
  const lines = highest.map((mv) => `\t${mv.path} ${mv.version} // indirect\n`);
  const text = `module example.com/start\n\ngo 1.21\n\nrequire (\n${lines.join('')})\n`;
  const input = {
    roots: [{ goMod: parseGoMod(text, STARTER_GOMOD, { lax: false }), source: STARTER_GOMOD }],
  };
  const root = { source: STARTER_GOMOD, input, folders: new Map(), sha256: hash('sha256', text) };
  return { source: STARTER_GOMOD, texts: [], root, isInternal: true };
}

function highestWhole(seeds: readonly Seed[], view: PoolView): ModuleVersion[] {
  const wanted = seeds.flatMap(({ texts }) => texts.flatMap(({ wants }) => wants));
  const zips = new Map(
    wanted.filter(({ file }) => file === 'zip').map(({ mv }) => [formatModuleVersion(mv), mv]),
  );
  const highest = new Map<string, ModuleVersion>();
  for (const mv of [...zips.values()].sort(compareModuleVersions)) {
    const held = view.held(mv);
    const isWhole = held.has('zip') && held.has('mod') && held.has('info');
    if (isWhole && mv.path !== TOOLCHAIN_MODULE) highest.set(mv.path, mv);
  }
  return [...highest.values()];
}
