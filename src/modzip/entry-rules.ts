/**
 * What a module zip may contain, judged from the central directory alone: golang.org/x/mod/zip CheckZip, and beyond
 * it what Go's reader would stumble over later (methods) or what only other tools would misread (encryption, links).
 * The first broken rule is thrown; after it the names are fit to unpack and the declared sizes are within limits.
 */

import { ModuleError } from '../errors.ts';
import { checkFilePath } from '../gomod/module-path.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { quote } from '../gomod/text.ts';
import type { ZipEntry } from './central-directory.ts';
import { InvalidZip } from './invalid-zip.ts';
import { MAX_GOMOD_BYTES, MAX_LICENSE_BYTES, MAX_ZIP_BYTES } from './limits.ts';
import { PathTree } from './path-tree.ts';

/** What every name in the zip begins with; plain, not escaped. */
export function modulePrefix(mv: ModuleVersion): string {
  return `${formatModuleVersion(mv)}/`;
}

export function isFolder(entry: ZipEntry): boolean {
  return entry.name.endsWith('/');
}

/** Returns the declared bytes of all files together. */
export function checkEntries(entries: readonly ZipEntry[], mv: ModuleVersion): number {
  const prefix = modulePrefix(mv);
  const tree = new PathTree();
  const folders = new Set<string>();
  let unpacked = 0;
  for (const entry of entries) {
    const path = checkName(entry, prefix);
    if (path !== '') tree.add(path, isFolder(entry));
    checkKind(entry, path);
    if (isFolder(entry)) addFolder(folders, entry, path);
    else checkFile(entry, path);
    unpacked += entry.size;
    if (unpacked > MAX_ZIP_BYTES) throw new InvalidZip(`the content is larger than ${MAX_ZIP_BYTES} bytes`);
  }
  return unpacked;
}

/** The path below the module's root without a final slash; empty for the entry of the root itself. */
function checkName(entry: ZipEntry, prefix: string): string {
  const { name } = entry;
  if (!name.startsWith(prefix)) throw new InvalidZip(`${quote(name)} does not begin with the module version`);
  if (name.length === prefix.length) return '';
  const path = name.slice(prefix.length, isFolder(entry) ? -1 : undefined);
  try {
    checkFilePath(path);
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new InvalidZip(error.message, { cause: error });
  }
  return path;
}

const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

/**
 * Go reads no mode and would write a link's target into a plain file. Its zips carry no modes, its documentation
 * forbids links, and other tools would make them: so they are refused here.
 */
function checkKind(entry: ZipEntry, path: string): void {
  if ((entry.flags & ENCRYPTED) !== 0) throw new InvalidZip(`${quote(path)} is encrypted`);
  if (entry.fileType !== 0 && entry.fileType !== S_IFREG && entry.fileType !== S_IFDIR) {
    throw new InvalidZip(`${quote(path)} is neither a regular file nor a folder`);
  }
}

/** Go lets a folder come twice, but no list of files with two equal names has an h1 hash that is worth having. */
function addFolder(folders: Set<string>, entry: ZipEntry, path: string): void {
  if (folders.has(path)) throw new InvalidZip(`the folder ${quote(path)} is there twice`);
  if (entry.size !== 0) throw new InvalidZip(`the folder ${quote(path)} has content`);
  folders.add(path);
}

export const STORED = 0;
const DEFLATED = 8;

function checkFile(entry: ZipEntry, path: string): void {
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (base.length === 6 && base.toLowerCase() === 'go.mod' && path !== 'go.mod') {
    if (base !== path) throw new InvalidZip(`${quote(path)} lies in another folder than the module's root`);
    throw new InvalidZip(`${quote(path)} must be spelt go.mod`);
  }
  if (path === 'go.mod') checkSize(entry, path, MAX_GOMOD_BYTES);
  if (path === 'LICENSE') checkSize(entry, path, MAX_LICENSE_BYTES);
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw new InvalidZip(`${quote(path)} uses compression method ${entry.method}`);
  }
}

function checkSize(entry: ZipEntry, path: string, limit: number): void {
  if (entry.size > limit) throw new InvalidZip(`${quote(path)} is larger than ${limit} bytes`);
}
