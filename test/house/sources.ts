/** The project's own sources as text, and what each of them imports: what the tests of the house look at. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPO = fileURLToPath(new URL('../../', import.meta.url));

export interface Source {
  /** Below src/, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** The file that imports, below src/. */
  readonly from: string;
  /** As it is written. */
  readonly specifier: string;
  /** What is imported, below src/; undefined for a package or a part of Node. */
  readonly target: string | undefined;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

export function readSources(): Source[] {
  const root = `${REPO}src`;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort()
    .map((path) => ({ path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }));
}

/** Static, dynamic and type imports, and files that are named for a worker by `new URL(…, import.meta.url)`. */
export function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text);
  const patterns = [
    /^\s*(?:import|export)\s[^'"`;]*?\bfrom\s*'([^']+)'/gm,
    /^\s*import\s*'([^']+)'/gm,
    /\bimport\(\s*'([^']+)'\s*\)/g,
    /\bnew URL\(\s*['`](\.{1,2}\/[^'`]+\.[cm]?[jt]s)['`]\s*,\s*import\.meta\.url\s*\)/g,
  ];
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([written, specifier = '']) => ({
      from: path,
      typeOnly: /^\s*(import|export) type\s/.test(written),
      specifier,
      target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
    })),
  );
}

/** Good enough for this project's style: a `//` in a string follows `:` or a quote, a comment's a space or the line's start. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/ ?.*$/gm, '$1');
}

/** `upstream` of `upstream/retry.ts`, `errors` of `errors.ts`. */
export function partOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}
