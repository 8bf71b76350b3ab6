/**
 * The escaped form of module paths and versions, for file systems that ignore case: each capital becomes `!` and its
 * small letter. It lives in URLs and on disk only, and unescaping accepts exactly what escaping makes.
 * Sources: module.EscapePath, module.UnescapePath, and the same for versions.
 */
import { MirrorError, ModuleError } from '../errors.ts';
import type { Branded } from './brand.ts';
import { type ModulePath, parseModulePath } from './module-path.ts';
import { quote } from './text.ts';
import { parseVersion, type Version } from './version.ts';

export type EscapedPath = Branded<string, 'EscapedPath'>;
export type EscapedVersion = Branded<string, 'EscapedVersion'>;

/** Cannot fail: a module path is ASCII and holds no `!`. */
export function escapePath(path: ModulePath): EscapedPath {
  // The cast is true: this is the escaped form of a proved path.
  return escapeCapitals(path) as EscapedPath;
}

/** Cannot fail: a canonical version is ASCII and holds no `!`. */
export function escapeVersion(version: Version): EscapedVersion {
  // The cast is true: this is the escaped form of a proved version.
  return escapeCapitals(version) as EscapedVersion;
}

/** Throws ModuleError ESCAPE_INVALID where `escaped` is no escaped form, or that of no module path. */
export function unescapePath(escaped: string): ModulePath {
  return unescapeAs(escaped, 'module path', parseModulePath);
}

/** Throws ModuleError ESCAPE_INVALID where `escaped` is no escaped form, or that of no canonical version. */
export function unescapeVersion(escaped: string): Version {
  return unescapeAs(escaped, 'version', parseVersion);
}

function unescapeAs<T>(escaped: string, what: string, parse: (text: string) => T): T {
  const refuse = (cause: string) =>
    new ModuleError('ESCAPE_INVALID', `${quote(escaped)}: invalid escaped ${what}: ${cause}`);

  if (/[A-Z]/.test(escaped)) throw refuse('it has a bare capital letter');
  if (/!(?![a-z])/.test(escaped)) throw refuse('an exclamation mark without a small letter after it');
  const plain = escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
  try {
    return parse(plain);
  } catch (error) {
    if (error instanceof MirrorError) throw refuse(error.message);
    throw error;
  }
}

function escapeCapitals(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
