import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Import, importsOf, partOf, REPO, readSources, withoutComments } from './sources.ts';

/**
 * Which part may import which, docs/architecture.md in a table: cli → verbs → app → audit, sync, http, metrics →
 * the adapters → sumdb, gomod → errors. Beside the line stand config (its types are read everywhere above the adapters),
 * log and version. A part may always import itself.
 */
const ADAPTERS = ['upstream', 'modzip', 'store', 'site', 'sbom'];
const PURE = ['sumdb', 'gomod'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cli: ['verbs'],
  verbs: ['app', 'audit', 'daemon', 'retention', 'sync', 'config', 'log', 'version', 'errors'],
  app: [
    'audit',
    'repair',
    'daemon',
    'repair',
    'retention',
    'sync',
    'http',
    'metrics',
    ...ADAPTERS,
    ...PURE,
    'config',
    'log',
    'version',
    'errors',
  ],
  daemon: ['config', 'errors'],
  audit: ['repair', 'sync', ...ADAPTERS, ...PURE, 'config', 'errors'],
  repair: ['sync', ...ADAPTERS, ...PURE, 'config', 'errors'],
  sync: [...ADAPTERS, ...PURE, 'config', 'version', 'barrier', 'errors'],
  retention: [...ADAPTERS, ...PURE, 'barrier', 'errors'],
  http: [...ADAPTERS, ...PURE, 'errors'],
  metrics: ['upstream', 'errors'],
  upstream: [...PURE, 'barrier', 'errors'],
  modzip: [...PURE, 'errors'],
  store: [...PURE, 'barrier', 'errors'],
  site: [...PURE, 'barrier', 'errors'],
  sbom: [...PURE, 'errors'],
  sumdb: ['gomod', 'errors'],
  gomod: ['errors'],
  config: ['errors'],
  index: ['config', 'errors'],
  log: [],
  version: [],
  barrier: [],
  errors: [],
};

const sources = readSources();
const imports = sources.flatMap(importsOf);
const show = ({ from, specifier }: Import) => `src/${from} imports ${specifier}`;

describe('the reader of imports', () => {
  it.each([
    ['a static import', "import { a } from '../gomod/a.ts';", '../gomod/a.ts'],
    ['one over several lines', "import {\n  a,\n  type B,\n} from '../gomod/a.ts';", '../gomod/a.ts'],
    ['a type import', "import type { A } from '../gomod/a.ts';", '../gomod/a.ts'],
    ['an import for its effect', "import 'node:fs';", 'node:fs'],
    ['an import of everything', "import * as a from 'a';", 'a'],
    ['a re-export', "export { a } from './a.ts';", './a.ts'],
    ['a re-export of types', "export type { A } from './a.ts';", './a.ts'],
    ['a dynamic import', "const { a } = await import('../app/a.ts');", '../app/a.ts'],
    ['a type taken by import()', "type A = import('../app/a.ts').A;", '../app/a.ts'],
    ['the file of a worker', "new URL('./worker.ts', import.meta.url)", './worker.ts'],
  ])('sees %s', (_, text, specifier) => {
    expect(importsOf({ path: 'sync/x.ts', text }).map((found) => found.specifier)).toEqual([specifier]);
  });

  it.each([
    ['a comment', "/**\n * import { a } from '../sync/a.ts';\n */\n// import { b } from './b.ts';"],
    ['a text that speaks of one', "const hint = `with \\`import { defineConfig } from 'modferry'\\``;"],
  ])('is not taken in by %s', (_, text) => {
    expect(importsOf({ path: 'sync/x.ts', text })).toEqual([]);
  });

  it('finds the whole program', () => {
    expect(sources.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
    expect(new Set(imports.flatMap(({ target }) => target ?? [])).has('gomod/module-version.ts')).toBe(true);
  });
});

describe('the house', () => {
  it('consists of the parts that this table knows', () => {
    expect([...new Set(sources.map(({ path }) => partOf(path)))].sort()).toEqual(
      Object.keys(MAY_IMPORT).sort(),
    );
  });

  it('imports files that are there, by their whole name', () => {
    const lost = imports.filter(({ target }) => target !== undefined && !existsSync(`${REPO}src/${target}`));
    expect(lost.map(show)).toEqual([]);
  });

  it('stays inside src/', () => {
    expect(imports.filter(({ target }) => target?.startsWith('..')).map(show)).toEqual([]);
  });

  it.each(Object.entries(MAY_IMPORT))('lets %s import nothing but %j', (part, allowed) => {
    const wrong = imports.filter(({ from, target }) => {
      if (partOf(from) !== part || target === undefined) return false;
      return partOf(target) !== part && !allowed.includes(partOf(target));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it.each(ADAPTERS)('keeps the adapter %s away from the other adapters', (adapter) => {
    const others = ADAPTERS.filter((other) => other !== adapter);
    const wrong = imports.filter(
      ({ from, target }) =>
        partOf(from) === adapter && target !== undefined && others.includes(partOf(target)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it.each(PURE)('has a %s that does no I/O and needs no package', (part) => {
    const wrong = imports.filter(
      ({ from, target, specifier }) =>
        partOf(from) === part && target === undefined && !/^node:(crypto|buffer)$/.test(specifier),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it.each(PURE)('has a %s that looks at no clock, no process and no chance', (part) => {
    const impure = /\b(process\.|Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|fetch\()/;
    const own = sources.filter(({ path }) => partOf(path) === part);
    expect(own.filter(({ text }) => impure.test(withoutComments(text))).map(({ path }) => path)).toEqual([]);
  });

  it('imports computed names only where the configuration is loaded', () => {
    const computed = sources.filter(({ text }) => /\bimport\((?!\s*['"])/.test(withoutComments(text)));
    expect(computed.map(({ path }) => path)).toEqual(['config/load.ts']);
  });

  it('has no circle of imports at run time', () => {
    expect(circleIn(imports.filter(({ typeOnly }) => !typeOnly))).toBeUndefined();
    const three = [
      { path: 'a/a.ts', text: "import { b } from './b.ts';" },
      { path: 'a/b.ts', text: "import { c } from '../c.ts';" },
      { path: 'c.ts', text: "import { b } from './a/b.ts';" },
    ];
    expect(circleIn(three.flatMap(importsOf))).toBe('a/b.ts → c.ts → a/b.ts');
  });

  it('speaks to SQLite in store/ only, to sockets and web servers in upstream/ and http/ only', () => {
    const where = (pattern: RegExp) =>
      [
        ...new Set(
          imports.filter(({ specifier }) => pattern.test(specifier)).map(({ from }) => partOf(from)),
        ),
      ].sort();
    expect(where(/^better-sqlite3$/)).toEqual(['store']);
    expect(where(/^(undici|node:(http2?|https|net|tls|dns))$/)).toEqual(['http', 'upstream']);
    expect(where(/^yargs$/)).toEqual(['verbs']);
  });
});

/** The first circle that a walk finds, as a chain of files. */
function circleIn(edges: readonly Import[]): string | undefined {
  const next = Map.groupBy(
    edges.filter(({ target }) => target !== undefined),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const walk = (path: string, above: readonly string[]): string | undefined => {
    const at = above.indexOf(path);
    if (at !== -1) return [...above.slice(at), path].join(' → ');
    if (done.has(path)) return undefined;
    for (const { target = '' } of next.get(path) ?? []) {
      const circle = walk(target, [...above, path]);
      if (circle !== undefined) return circle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of next.keys()) {
    const circle = walk(path, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
