/** How much room there is. */
import { statfs } from 'node:fs/promises';

/** In bytes; `free` is what an unprivileged process may fill. */
export interface Room {
  readonly free: number;
  readonly total: number;
}

/** Of the file system that a folder lies on; undefined where the folder is not there. */
export async function roomAt(folder: string): Promise<Room | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
