/**
 * `<mirror>/reserve`: room that is kept back on the disk, for whoever must write on a full one in order to free it.
 * Real bytes, so that no file system makes a hole of them or packs them.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { asDiskError, SiteError } from '../errors.ts';
import { syncFolder } from './durable.ts';
import type { Layout } from './layout.ts';

/**
 * Room to delete rows in: SQLite's log grows to 4 MB and a transaction more before its pages move into the database.
 * Measured on a full disk with a ledger of 60,000 files, none of them unlinked: 4 MiB are too little, and in 8 MiB all
 * rows can go, 100 or 500 module versions a transaction, but not 5,000.
 */
export const RESERVE_BYTES = 8 << 20;

/**
 * Makes the reserve where it is missing; durable on return. False where the disk has no room for it: then nothing of
 * it is left behind. For whoever holds the lock.
 */
export function keepReserve(layout: Layout): boolean {
  if (isKept(layout)) return true;
  // Nobody else on this disk shall find it full because the reserve was tried for.
  if (!hasRoom(layout)) return false;
  const temporary = join(layout.staging, 'reserve');
  try {
    writeDurably(temporary, randomBytes(RESERVE_BYTES));
    renameSync(temporary, layout.reserve);
    syncFolder(dirname(layout.reserve));
    return true;
  } catch (error) {
    rmSync(temporary, { force: true });
    if (asDiskError(error)?.code === 'DISK_FULL') return false;
    throw error;
  }
}

/** The same for whoever is about to fill the disk: without the reserve it must not begin. */
export function requireReserve(layout: Layout): void {
  if (keepReserve(layout)) return;
  throw new SiteError(
    'DISK_FULL',
    `${layout.reserve}: no space left on the disk: ${RESERVE_BYTES >> 20} MiB are kept back here, so that what is not needed can be removed when the disk is full`,
    { hint: 'make room and run it again: finished work is kept' },
  );
}

/** For whoever is about to remove what is not needed, and must write that down: the reserve is freed where it takes that. */
export function makeRoom(layout: Layout): void {
  if (!hasRoom(layout)) giveUpReserve(layout);
}

function hasRoom({ mirror }: Layout): boolean {
  const { bavail, bsize } = statfsSync(mirror);
  return bavail * bsize >= RESERVE_BYTES;
}

/** Frees the reserve. False where there was none to give. The next sync makes it anew. */
export function giveUpReserve(layout: Layout): boolean {
  const wasKept = statSync(layout.reserve, { throwIfNoEntry: false }) !== undefined;
  rmSync(layout.reserve, { force: true });
  return wasKept;
}

function isKept({ reserve }: Layout): boolean {
  return (statSync(reserve, { throwIfNoEntry: false })?.size ?? 0) >= RESERVE_BYTES;
}

function writeDurably(path: string, bytes: Buffer): void {
  const fd = openSync(path, 'w', 0o644);
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
