/**
 * A second copy of what a snapshot says of itself, compressed, in `about/<snapshot id>/<path>.zst`: nothing else could
 * tell what was in those files once they are damaged. Each has a checksum of its own, and any `zstd -d` reads it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { syncAll, syncFolder } from './durable.ts';
import type { Layout } from './layout.ts';
import { walk } from './walk.ts';

const ENDING = '.zst';
const OPTIONS = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

/** Keeps these files of a snapshot, by their paths in it. Durable on return; a copy from before gives way. */
export async function keepAboutCopy(
  layout: Layout,
  id: string,
  files: Iterable<readonly [path: string, bytes: string | Uint8Array]>,
): Promise<void> {
  const staged = join(layout.staging, `about-${id}`);
  const unsynced = new Set<string>([staged]);
  rmSync(staged, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const to = join(staged, path + ENDING);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, zstdCompressSync(bytes, OPTIONS));
    unsynced.add(to);
    for (let above = dirname(to); above !== staged; above = dirname(above)) unsynced.add(above);
  }
  await syncAll(unsynced);
  mkdirSync(layout.about, { recursive: true });
  dropAboutCopy(layout, id);
  renameSync(staged, join(layout.about, id));
  syncFolder(layout.about);
  syncFolder(layout.mirror);
}

/** Undefined where there is no copy of the file, or it is damaged itself. */
export function readAboutCopy(layout: Layout, id: string, path: string): Buffer | undefined {
  const file = join(layout.about, id, path + ENDING);
  if (!existsSync(file)) return undefined;
  try {
    return zstdDecompressSync(readFileSync(file));
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** The files of a snapshot that there is a copy of, by their paths in it. */
export function listAboutCopy(layout: Layout, id: string): string[] {
  const names = Array.from(walk(join(layout.about, id)), ({ path }) => path).sort();
  return names.flatMap((name) => (name.endsWith(ENDING) ? [name.slice(0, -ENDING.length)] : []));
}

/** Removes the copy with its snapshot. May be called again. */
export function dropAboutCopy(layout: Layout, id: string): void {
  rmSync(join(layout.about, id), { recursive: true, force: true });
}

/** Removes the copies of snapshots that were never published, as after a crash. */
export function sweepAboutCopies(layout: Layout, isKnown: (id: string) => boolean): void {
  if (!existsSync(layout.about)) return;
  for (const id of readdirSync(layout.about)) if (!isKnown(id)) dropAboutCopy(layout, id);
}

function isDamage(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && /^(Z_|ZSTD_|ERR_BUFFER_TOO_LARGE)/.test(code);
}
