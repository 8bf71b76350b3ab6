/** What lies below a folder. Links are named and not followed: what they lead to lies elsewhere. */
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The path below `root`, with `/`, of everything that is no folder; nothing where there is no such folder. */
export function* walk(root: string): Generator<{ readonly path: string; readonly entry: Dirent }> {
  if (existsSync(root)) yield* walkFolder(root, '');
}

function* walkFolder(root: string, folder: string): Generator<{ path: string; entry: Dirent }> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walkFolder(root, path);
    else yield { path, entry };
  }
}
