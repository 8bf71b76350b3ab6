/**
 * Files below `public/`, and below the folders that links in it may lead to. A path is followed once and the file is
 * held open from then on: a swap of `current` or a folder that goes away in the middle changes nothing of an answer.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isHidden } from './path.ts';

export interface Places {
  /** The folder to serve. */
  readonly root: string;
  /** Folders elsewhere that links in it may lead to. */
  readonly also?: readonly string[];
}

export interface OpenFile {
  readonly handle: FileHandle;
  readonly stats: Stats;
}

/** Calls back with the file, if there is one that may be served; false where there is none. */
export async function withFile(
  places: Places,
  path: string,
  use: (file: OpenFile) => Promise<void>,
): Promise<boolean> {
  if (path.endsWith('/') || isHidden(path)) return false;
  // Twice: the snapshot that `current` led to may have been cleared away while the path was followed.
  const handle = (await openAt(places, path)) ?? (await openAt(places, path));
  if (handle === undefined) return false;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return false;
    await use({ handle, stats });
    return true;
  } finally {
    await handle.close();
  }
}

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ENXIO']);

async function openAt({ root, also = [] }: Places, path: string): Promise<FileHandle | undefined> {
  try {
    const file = await realpath(join(root, path));
    const isAllowed = (await isServedFrom(root, file)) || (await isServedFromAny(also, file));
    if (!isAllowed) return undefined;
    // Without waiting: opening a named pipe would else take until somebody writes into it.
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Of folders that may not be there. */
async function isServedFromAny(folders: readonly string[], file: string): Promise<boolean> {
  for (const folder of folders) {
    const isServed = await isServedFrom(folder, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    });
    if (isServed) return true;
  }
  return false;
}

async function isServedFrom(folder: string, file: string): Promise<boolean> {
  const base = await realpath(folder);
  return file.startsWith(base + sep) && !isHidden(relative(base, file));
}
