/**
 * The files of a module version as the GOPROXY protocol lays them out, and what is known of one that was verified.
 * Paths here are relative to the base of a GOPROXY, escaped, with `/` between elements.
 */
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from './escape.ts';
import type { H1 } from './h1.ts';
import type { ModulePath } from './module-path.ts';
import { type ModuleVersion, parseModuleVersion } from './module-version.ts';

/** The three files of a module version, by their ending. */
export type ModuleFile = 'info' | 'mod' | 'zip';

/** What a mirror may lack of a module version: a file, or its record in the checksum database. */
export type WantedFile = ModuleFile | 'lookup';

export const MODULE_FILES: readonly ModuleFile[] = ['info', 'mod', 'zip'];

/** `<escaped path>/@v`, the folder of a module's versions. */
export function versionFolder(path: ModulePath): string {
  return `${escapePath(path)}/@v`;
}

/** `<escaped path>/@v/<escaped version>.<file>`. */
export function moduleFilePath(mv: ModuleVersion, file: ModuleFile): string {
  return `${versionFolder(mv.path)}/${escapeVersion(mv.version)}.${file}`;
}

/** What a path of that form names; undefined for any other path, as `list` and `@latest`. Throws ModuleError. */
export function parseModuleFilePath(path: string): { mv: ModuleVersion; file: ModuleFile } | undefined {
  const match = /^(.+)\/@v\/(.+)\.(info|mod|zip)$/.exec(path);
  if (!match) return undefined;
  const [, module = '', version = '', file] = match;
  const mv = parseModuleVersion(unescapePath(module), unescapeVersion(version));
  // The pattern has these three endings alone.
  return { mv, file: file as ModuleFile };
}

declare const verified: unique symbol;

/** What identifies the bytes of one module file. Hashes are lower-case hex; `size` is in bytes. */
export interface Artifact {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  readonly size: number;
  readonly sha256: string;
  /** Of the zip file itself; zips only. */
  readonly sha512?: string;
  /** go.sum's directory hash; zips and go.mod files only. */
  readonly h1?: H1;
  /** Redacted URL of the upstream it came from. */
  readonly upstream: string;
}

/** Where the bytes of an artifact are: in memory, in a file in staging, or already in the pool. */
export type Content =
  | { readonly in: 'memory'; readonly bytes: Buffer }
  | { readonly in: 'staging'; readonly path: string }
  | { readonly in: 'pool' };

/**
 * An artifact whose bytes were found to be what go.sum says. Only `sync/verify.ts` makes one; the pool and the
 * ledger take nothing else.
 */
export type VerifiedArtifact = Artifact & { readonly content: Content; readonly [verified]: true };
