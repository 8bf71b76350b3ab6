/** Whether the second copies of what a snapshot says of itself can be used: they are of no use when they are needed. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listAboutCopy, readAboutCopy } from '../site/about-copy.ts';
import { type Layout, MANIFEST, SBOM } from '../site/layout.ts';
import type { Expected, Flaw } from './file-check.ts';

/** A snapshot from before there were copies has none, and nothing is wrong with it. `bad` gets absolute paths. */
export function checkAboutCopy(
  layout: Layout,
  id: string,
  listed: readonly Expected[],
  bad: (path: string, flaw: Flaw) => void,
): void {
  const folder = join(layout.about, id);
  if (!existsSync(folder)) return;
  const expected = new Map(listed.map(({ path, sha256 }) => [path, sha256]));
  for (const path of new Set([MANIFEST, SBOM, ...listAboutCopy(layout, id)])) {
    const bytes = readAboutCopy(layout, id, path);
    const found = bytes && createHash('sha256').update(bytes).digest('hex');
    if (found !== undefined && found === expected.get(path)) continue;
    const message = `is no copy of ${path}`;
    bad(join(folder, `${path}.zst`), { code: 'HASH_MISMATCH', message });
  }
}
