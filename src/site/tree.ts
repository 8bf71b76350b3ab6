/**
 * The files of a snapshot, laid out from what the ledger says it holds. Pure: a tree file names the pool file that
 * it is a link to, or carries its bytes. `list` and `@latest` name only versions that are held whole, since every
 * version they name must be usable.
 */
import { createHash } from 'node:crypto';
import { type ModuleFile, moduleFilePath, versionFolder } from '../gomod/artifact.ts';
import { escapePath } from '../gomod/escape.ts';
import { chooseLatest, listedVersions } from '../gomod/latest.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { Version } from '../gomod/version.ts';
import type { ManifestFile } from './manifest.ts';

/** What one version of a module has in the pool. */
export interface HeldVersion {
  readonly version: Version;
  readonly files: ReadonlyMap<
    ModuleFile,
    { readonly size: number; readonly sha256: string; readonly h1: string | null }
  >;
  /** Whole, but not to be named in `list`. */
  readonly isUnlisted?: boolean;
}

export interface HeldModule {
  readonly path: ModulePath;
  readonly versions: readonly HeldVersion[];
}

export interface TreeFile extends ManifestFile {
  /**
   * A link to a path in the pool; a copy of one, with a time of its own, where the same path has other bytes in
   * another snapshot and a server or client tells files apart by time and size; or the bytes themselves.
   */
  readonly from: { readonly link: string } | { readonly copy: string } | { readonly bytes: Buffer };
}

/** Every file of a snapshot but those in `_mirror/`, sorted by path. */
export function layOutTree(modules: Iterable<HeldModule>): TreeFile[] {
  const files: TreeFile[] = [];
  for (const module of modules) {
    for (const version of module.versions) files.push(...versionFiles(module.path, version));
    files.push(...indexFiles(module));
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A version of which the mirror holds `.info`, `.mod` and `.zip`. */
export function isWhole(version: HeldVersion): boolean {
  return version.files.size === 3;
}

/** It takes part in version selection, with or without a zip. */
function isKnown({ files, isUnlisted }: HeldVersion): boolean {
  return files.has('info') && files.has('mod') && isUnlisted !== true;
}

function* versionFiles(path: ModulePath, { version, files }: HeldVersion): Generator<TreeFile> {
  for (const [file, { size, sha256, h1 }] of files) {
    const at = moduleFilePath({ path, version }, file);
    yield { path: at, sha256, size, ...(h1 === null ? {} : { h1 }), from: { link: at } };
  }
}

/**
 * `list` is there even when empty: with a 404 a client would never ask for `@latest`. That names a version even where
 * none is whole: a module whose versions only take part in selection is one all the same.
 */
function* indexFiles({ path, versions }: HeldModule): Generator<TreeFile> {
  const named = versions.filter((version) => isWhole(version) && version.isUnlisted !== true);
  const whole = new Map(named.map((held) => [held.version, held]));
  const names = [...whole.keys()];
  const list = Buffer.from(
    listedVersions(names)
      .map((version) => `${version}\n`)
      .join(''),
  );
  const sha256 = createHash('sha256').update(list).digest('hex');
  yield { path: `${versionFolder(path)}/list`, sha256, size: list.length, from: { bytes: list } };
  const known = new Map(versions.filter(isKnown).map((held) => [held.version, held]));
  const latest = chooseLatest(names) ?? chooseLatest([...known.keys()]);
  const info = latest === undefined ? undefined : known.get(latest)?.files.get('info');
  if (latest === undefined || info === undefined) return;
  yield {
    path: `${escapePath(path)}/@latest`,
    sha256: info.sha256,
    size: info.size,
    from: { copy: moduleFilePath({ path, version: latest }, 'info') },
  };
}
