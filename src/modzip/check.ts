/**
 * The whole check of a module zip in one reading of the file: every rule, the h1 hash (golang.org/x/mod/sumdb/dirhash
 * Hash1) and the plain digests. It says what the zip is, not whether it is the right one: that is for the caller,
 * who compares `h1` with go.sum.
 */

import { createHash, type Hash, hash } from 'node:crypto';
import { type H1, type HashedFile, hashFileList } from '../gomod/h1.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { ContentReader, inFileOrder } from './content-reader.ts';
import { modulePrefix } from './entry-rules.ts';
import { type ModuleZip, withModuleZip } from './open.ts';
import { SequentialWindow } from './sequential-window.ts';

export interface ZipFacts {
  /** Over the names and contents of the entries, as go.sum has it for the module version. */
  readonly h1: H1;
  /** h1 of the `go.mod` in the module's root, as go.sum has it for `<version>/go.mod`; null where there is none. */
  readonly goModH1: H1 | null;
  /** Of the zip file itself, lower-case hex; never to be compared with an h1. */
  readonly sha256: string;
  readonly sha512: string;
  /** Bytes of the zip file. */
  readonly size: number;
  /** Files and folder entries. */
  readonly entries: number;
  /** Bytes of all files unpacked. */
  readonly unpacked: number;
}

/**
 * Reads the file from front to back; blocks the thread meanwhile. Throws VerificationError ZIP_INVALID for a zip that
 * breaks a rule; errors of the file system pass through as they are.
 */
export function checkModuleZip(file: string, mv: ModuleVersion): ZipFacts {
  const { files, ...plain } = withModuleZip(file, mv, readWhole);
  const goMod = files.find((entry) => entry.name === `${modulePrefix(mv)}go.mod`);
  return {
    h1: hashFileList(files),
    goModH1: goMod === undefined ? null : hashFileList([{ name: 'go.mod', sha256: goMod.sha256 }]),
    ...plain,
    entries: files.length,
  };
}

function readWhole(zip: ModuleZip) {
  const window = new SequentialWindow(zip.fd, zip.size, { digests: true });
  const files = hashEntries(zip, window);
  return { files, ...window.finish(), size: zip.size, unpacked: zip.unpacked };
}

function hashEntries(zip: ModuleZip, window: SequentialWindow): HashedFile[] {
  const reader = new ContentReader(zip, window);
  try {
    return inFileOrder(zip.entries).map((entry) => ({
      name: entry.name,
      sha256: hashPieces(reader.pieces(entry), entry.size),
    }));
  } finally {
    reader.close();
  }
}

/** The one-shot function costs a third of a hash object, and nearly every entry is one piece. */
function hashPieces(pieces: Iterable<Buffer>, size: number): string {
  let several: Hash | undefined;
  let whole: string | undefined;
  for (const piece of pieces) {
    if (piece.length === size) {
      whole = hash('sha256', piece, 'hex');
    } else {
      several ??= createHash('sha256');
      several.update(piece);
    }
  }
  return whole ?? (several ?? createHash('sha256')).digest('hex');
}
