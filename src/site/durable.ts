/**
 * Writes that survive a power cut. A file is durable when its bytes and the folder entry that names it are both
 * synced; these helpers do one or the other, and the callers say when.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fsync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reached } from '../barrier.ts';

const fsyncSoon = promisify(fsync);

/** How many syncs wait for the disk at once: the file system commits what arrives together in one go. */
const SYNCS_AT_ONCE = 16;
/** From so many files on, one call for the whole file system is cheaper than one for each. */
const MANY = 64;

/**
 * Makes files and folders of one file system durable, many at a time. Rejects if it cannot. Where there are many of
 * them, and the system can flush a file system as a whole (Linux: `sync -f`), that is what is done.
 */
export async function syncAll(paths: Iterable<string>): Promise<void> {
  const all = [...new Set(paths)];
  const [first] = all;
  if (first !== undefined && all.length >= MANY && (await syncFileSystem(first))) return;
  const waiting = all.values();
  const syncNext = async () => {
    for (const path of waiting) await syncOne(path);
  };
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, syncNext));
}

/** False where this system has no such command, or it failed: then the files are synced one by one, and tell why. */
function syncFileSystem(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn('sync', ['-f', path], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
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

/** File systems that cannot link say one of these; EMLINK is one whose count of links is used up. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV', 'ENOSYS']);

/** A hard link, or a copy where there can be none: then true, and the copy is not durable yet. */
export function linkOrCopy(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return false;
  } catch (error) {
    if (!(error instanceof Error && NO_LINKS.has((error as NodeJS.ErrnoException).code ?? ''))) throw error;
    copyFileSync(from, to);
    return true;
  }
}

/**
 * Whether what lies in one folder can be renamed into another. Nothing is written: the kernel looks at the mounts
 * before it looks for the file, so that two mounts of one file system are told apart too.
 */
export function canRename(from: string, to: string): boolean {
  if (statSync(from).dev !== statSync(to).dev) return false;
  const name = `.${process.pid}.nothing`;
  try {
    renameSync(join(from, name), join(to, name));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EXDEV';
  }
}

/** Replaces a small file as a whole: readers see the old bytes or the new, also after a power cut. */
export function replaceFile(path: string, bytes: string | Uint8Array): void {
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, 'w', 0o644);
  try {
    writeFileSync(fd, bytes);
    reached('replacement written');
    fsyncSync(fd);
    reached('replacement synced');
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  reached('replacement renamed');
  syncFolder(dirname(path));
}

/** Points a symbolic link elsewhere in one step: readers see the old target or the new. Durable on return. */
export async function swapLink(link: string, target: string): Promise<void> {
  const temporary = join(dirname(link), `.${process.pid}.link`);
  await rm(temporary, { force: true });
  symlinkSync(target, temporary);
  reached('link not swapped');
  renameSync(temporary, link);
  reached('link swapped');
  syncFolder(dirname(link));
  reached('link durable');
}

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
