/**
 * Modules whose path begins that of a module in use: `go get -u` looks into each of them for the packages that it
 * raises, as `github.com/blang/semver` for `github.com/blang/semver/v4`. Where only go.mod files of such a one are here,
 * the zip of the highest version comes too: it is what the go command asks for.
 */
import { hash } from 'node:crypto';
import { formatModuleVersion, highestByPath } from '../gomod/module-version.ts';
import { computedWant, GRAPH_SUFFIX } from './computed-texts.ts';
import type { SeedText, SeedWant } from './seed-texts.ts';

/** Undefined while more may come in, since then a higher version may. */
export function prefixText(texts: readonly SeedText[]): SeedText | undefined {
  if (texts.some(({ isOpen }) => isOpen === true)) return undefined;
  const wants = texts.flatMap((text) => text.wants);
  const used = new Set<string>(wants.filter(({ file }) => file === 'zip').map(({ mv }) => mv.path));
  const highest = highestByPath(wants.map(({ mv }) => mv));
  const found = new Map<string, SeedWant>();
  for (const path of used) {
    for (const prefix of prefixesOf(path)) {
      const mv = used.has(prefix) ? undefined : highest.get(prefix);
      if (mv !== undefined) found.set(prefix, computedWant(mv, 'zip', path));
    }
  }
  const named = [...found.values()].map(({ mv }) => formatModuleVersion(mv));
  const sha256 = hash('sha256', `prefixes/1\n${named.join('\n')}`);
  return { kind: 'graph', source: `go get -u, prefixes${GRAPH_SUFFIX}`, sha256, wants: [...found.values()] };
}

/** `a/b/c`: `a`, `a/b`. */
function prefixesOf(path: string): string[] {
  const elements = path.split('/');
  return elements.slice(1).map((_, index) => elements.slice(0, index + 1).join('/'));
}
