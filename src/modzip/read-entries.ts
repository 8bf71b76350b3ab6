/**
 * Reads a few small files out of a module zip, for example its licence texts, without reading the rest of it. The
 * names, sizes and checksums are checked as ever; the h1 hash is not, so the zip must have been verified before.
 */

import type { ModuleVersion } from '../gomod/module-version.ts';
import type { ZipEntry } from './central-directory.ts';
import { ContentReader, inFileOrder } from './content-reader.ts';
import { isFolder } from './entry-rules.ts';
import { type ModuleZip, withModuleZip } from './open.ts';
import { SequentialWindow } from './sequential-window.ts';

export interface ModuleZipEntry {
  /** Below the module's root, such as `LICENSE` or `third_party/x/COPYING`. */
  readonly name: string;
  /** Bytes unpacked. */
  readonly size: number;
  /** Null when the file is larger than asked for. */
  readonly content: Buffer | null;
}

/**
 * The files whose name `wants` accepts, in the order of the zip, each with its content if that has at most `maxBytes`
 * bytes. Blocks the thread. Throws VerificationError ZIP_INVALID; errors of the file system pass through.
 */
export function readModuleZipEntries(
  file: string,
  mv: ModuleVersion,
  wants: (relativeName: string) => boolean,
  maxBytes: number,
): ModuleZipEntry[] {
  return withModuleZip(file, mv, (zip) => {
    const wanted = zip.entries.filter((entry) => !isFolder(entry) && wants(relativeName(zip, entry)));
    const window = new SequentialWindow(zip.fd, zip.size, { digests: false });
    const reader = new ContentReader(zip, window);
    try {
      return inFileOrder(wanted).map((entry) => ({
        name: relativeName(zip, entry),
        size: entry.size,
        content: entry.size > maxBytes ? null : readContent(reader, entry),
      }));
    } finally {
      reader.close();
    }
  });
}

function relativeName(zip: ModuleZip, entry: ZipEntry): string {
  return entry.name.slice(zip.prefix.length);
}

function readContent(reader: ContentReader, entry: ZipEntry): Buffer {
  const content = Buffer.allocUnsafe(entry.size);
  let filled = 0;
  for (const piece of reader.pieces(entry)) filled += piece.copy(content, filled);
  return content;
}
