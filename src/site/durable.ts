/**
 * Writes that survive a power cut. A file is durable when its bytes and the folder entry that names it are both
 * synced; these helpers do one or the other, and the callers say when.
 */
import { closeSync, fsync, fsyncSync, openSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const fsyncSoon = promisify(fsync);

/** How many syncs wait for the disk at once: the file system commits what arrives together in one go. */
const SYNCS_AT_ONCE = 16;

/** Syncs files and folders, each once, many at a time. Rejects if any of them fails. */
export async function syncAll(paths: Iterable<string>): Promise<void> {
  const waiting = new Set(paths).values();
  const syncNext = async () => {
    for (const path of waiting) await syncOne(path);
  };
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, syncNext));
}

/** Opening and closing are quick and done here; only the sync itself waits for the disk, off this thread. */
async function syncOne(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    await fsyncSoon(fd);
  } finally {
    closeSync(fd);
  }
}

/** Replaces a small file as a whole: readers see the old bytes or the new, also after a power cut. */
export function replaceFile(path: string, bytes: string | Uint8Array): void {
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w', 0o644);
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Points a symbolic link elsewhere in one step: readers see the old target or the new. Durable on return. */
export async function swapLink(link: string, target: string): Promise<void> {
  const temporary = join(dirname(link), `.${process.pid}.link`);
  await rm(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, link);
  syncFolder(dirname(link));
}

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
