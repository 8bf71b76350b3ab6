/**
 * Opens a module zip and checks everything that can be known without unpacking: the file's size, the directory, the
 * names and the declared sizes. Whoever gets a ModuleZip may rely on the rules in `entry-rules.ts`.
 */

import { closeSync, fstatSync, openSync } from 'node:fs';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { readDirectory, type ZipEntry } from './central-directory.ts';
import { type DirectoryLocation, locateDirectory } from './end-record.ts';
import { checkEntries, modulePrefix } from './entry-rules.ts';
import { InvalidZip, zipInvalid } from './invalid-zip.ts';
import { MAX_ZIP_BYTES } from './limits.ts';

export interface ModuleZip {
  readonly fd: number;
  /** Bytes of the file. */
  readonly size: number;
  /** `<path>@<version>/`, with which every name begins. */
  readonly prefix: string;
  readonly location: DirectoryLocation;
  readonly entries: readonly ZipEntry[];
  /** Declared bytes of all files unpacked. */
  readonly unpacked: number;
}

/**
 * Opens `file`, hands it to `use` and closes it. Throws VerificationError ZIP_INVALID for a zip that breaks a rule,
 * whether it shows here or in `use`; errors of the file system pass through as they are.
 */
export function withModuleZip<T>(file: string, mv: ModuleVersion, use: (zip: ModuleZip) => T): T {
  const fd = openSync(file, 'r');
  try {
    return use(openModuleZip(fd, mv));
  } catch (error) {
    throw error instanceof InvalidZip ? zipInvalid(mv, error) : error;
  } finally {
    closeSync(fd);
  }
}

function openModuleZip(fd: number, mv: ModuleVersion): ModuleZip {
  const { size } = fstatSync(fd);
  if (size > MAX_ZIP_BYTES) throw new InvalidZip(`the file has ${size} bytes, more than ${MAX_ZIP_BYTES}`);
  const location = locateDirectory(fd, size);
  const entries = readDirectory(fd, location);
  const unpacked = checkEntries(entries, mv);
  return { fd, size, prefix: modulePrefix(mv), location, entries, unpacked };
}
