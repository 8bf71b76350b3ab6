/** The files that are made of what a snapshot holds, written again from its manifest: `list`, and `@latest`. */
import { hash } from 'node:crypto';
import { VerificationError } from '../errors.ts';
import { parseModuleFilePath } from '../gomod/artifact.ts';
import { readAboutCopy } from '../site/about-copy.ts';
import type { Layout } from '../site/layout.ts';
import type { ManifestFile } from '../site/manifest.ts';
import { type HeldModule, type HeldVersion, layOutTree } from '../site/tree.ts';
import type { Published } from './published.ts';
import type { Found } from './sources.ts';

interface IndexDeps {
  readonly layout: Layout;
  readonly published: Published;
}

/** `ids`: the snapshots that list the file. Throws VerificationError where it does not follow from what is there. */
export function indexFile(
  listed: ManifestFile,
  ids: readonly string[],
  { layout, published }: IndexDeps,
): Found {
  for (const id of ids) {
    // Where a list leaves out what is whole, only the second copy tells what.
    const kept = readAboutCopy(layout, id, listed.path);
    if (kept !== undefined && hash('sha256', kept) === listed.sha256)
      return { good: { bytes: kept }, done: 'taken from its second copy in about/' };
    const bytes = writtenAnew(listed, published.manifest(id)?.files ?? []);
    if (bytes !== undefined) return { good: { bytes }, done: 'written anew from the manifest' };
  }
  const why = listed.path.endsWith('/@latest')
    ? 'the .info that it is a copy of is lost as well'
    : 'what is whole in the manifest makes another list';
  throw new VerificationError('HASH_MISMATCH', why);
}

function writtenAnew({ path, sha256 }: ManifestFile, files: readonly ManifestFile[]): Buffer | undefined {
  const tree = layOutTree(modulesOf(files, path.replace(/@(v\/list|latest)$/, '')));
  const file = tree.find((other) => other.path === path);
  return file?.sha256 === sha256 && 'bytes' in file.from ? file.from.bytes : undefined;
}

/** The module whose files lie below this folder. */
function modulesOf(files: readonly ManifestFile[], folder: string): HeldModule[] {
  const modules = new Map<HeldModule['path'], Map<HeldVersion['version'], HeldVersion>>();
  for (const { path, size, sha256, h1 = null } of files) {
    const named = path.startsWith(`${folder}@v/`) ? parseModuleFilePath(path) : undefined;
    if (named === undefined) continue;
    const { mv, file } = named;
    const versions = modules.get(mv.path) ?? new Map<HeldVersion['version'], HeldVersion>();
    modules.set(mv.path, versions);
    const known = versions.get(mv.version)?.files ?? [];
    versions.set(mv.version, {
      version: mv.version,
      files: new Map([...known, [file, { size, sha256, h1 }]]),
    });
  }
  return Array.from(modules, ([path, versions]) => ({ path, versions: [...versions.values()] }));
}
