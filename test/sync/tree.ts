/** A mirror on disk as tests look at it: everything in a folder by hash, and what of a published tree is not the truth. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { escapeVersion, unescapePath, unescapeVersion } from '../../src/gomod/escape.ts';
import { formatInfo, parseInfo } from '../../src/gomod/info.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { parseVersion } from '../../src/gomod/version.ts';
import type { UpstreamServer } from '../support/upstream-server.ts';

/** SHA-256, or a link's target, by path below the folder, sorted; empty where there is no folder. */
export function hashTree(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const rows = paths.sort().map((path) => {
    const isLink = lstatSync(path).isSymbolicLink();
    const content = isLink
      ? `-> ${readlinkSync(path)}`
      : createHash('sha256').update(readFileSync(path)).digest('hex');
    return [relative(folder, path), content] as const;
  });
  return Object.fromEntries(rows);
}

/**
 * Which of the published files are not the truth: a `.zip` or `.mod` with other bytes than the honest upstream has, an
 * `.info` that is not ours of what it has, a `list` that names a version which is not held whole, or a `@latest` that
 * does while another one is.
 */
export function falseFiles(root: string, files: readonly string[], truth: UpstreamServer): string[] {
  const read = (path: string) => readFileSync(join(root, path));
  const isWhole = (start: string) =>
    ['info', 'mod', 'zip'].every((ending) => files.includes(`${start}.${ending}`));
  const isTrue = (path: string) => {
    const [, start = '', ending = ''] = /^(.+)\.(info|mod|zip)$/.exec(path) ?? [];
    if (ending === 'info') return read(path).toString() === canonicalInfo(path, start, truth);
    if (ending !== '') return read(path).equals(truth.file(path));
    const folder = path.replace(/\/@(v\/list|latest)$/, '/@v');
    const text = read(path).toString();
    const versions = path.endsWith('/list') ? text.split('\n').slice(0, -1) : [JSON.parse(text).Version];
    const starts = versions.map((version) => `${folder}/${escapeVersion(parseVersion(version))}`);
    const anyWhole = files.some(
      (file) => file.startsWith(`${folder}/`) && isWhole(file.replace(/\.zip$/, '')),
    );
    if (path.endsWith('/@latest') && !anyWhole)
      return starts.every((start) => files.includes(`${start}.mod`));
    return starts.every(isWhole);
  };
  return files.filter((path) => !isTrue(path));
}

function canonicalInfo(path: string, start: string, truth: UpstreamServer): string {
  const [folder = '', version = ''] = start.split('/@v/');
  const mv = parseModuleVersion(unescapePath(folder), unescapeVersion(version));
  const parsed = parseInfo(truth.file(path).toString(), mv);
  return parsed.ok ? formatInfo(parsed.info) : parsed.reason;
}
