/**
 * `verify`: reads what is served and says what is not as the manifests say. SHA-256 of every file of the current
 * snapshot; with `full` those of all snapshots and the pool, and every h1 computed anew. Never uses the network and
 * changes nothing.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MirrorError } from '../errors.ts';
import { unescapePath, unescapeVersion } from '../gomod/escape.ts';
import { hashGoMod } from '../gomod/h1.ts';
import { parseModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import { ABOUT, type Layout, MANIFEST, SHA256SUMS } from '../site/layout.ts';
import { type ManifestFile, readManifest } from '../site/manifest.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';
import { forEachBounded } from '../sync/bounded.ts';

export interface BadFile {
  /** Path below the mirror's folder. */
  readonly path: string;
  readonly code: 'MISSING' | 'HASH_MISMATCH' | 'UNLISTED' | 'ZIP_INVALID' | 'MANIFEST_INVALID';
  readonly message: string;
}

export interface VerifyReport {
  readonly snapshot: string | null;
  /** Files that were read. */
  readonly checked: number;
  readonly bad: number;
  readonly repaired: number;
  readonly problems: readonly BadFile[];
}

export interface VerifyDeps {
  readonly layout: Layout;
  readonly store: Store | undefined;
  readonly hasher: Pick<ZipHasher, 'check'>;
}

/** Reads under way at once. */
const AT_ONCE = 16;

export async function verifyMirror(deps: VerifyDeps, full: boolean): Promise<VerifyReport> {
  const verification = new Verification(deps);
  const current = currentSnapshot(deps.layout);
  const snapshots = full ? readdirSync(deps.layout.snapshots, { withFileTypes: true }) : [];
  const ids = new Set([
    ...(current === null ? [] : [current]),
    ...snapshots.filter((entry) => entry.isDirectory()).map(({ name }) => name),
  ]);
  for (const id of ids) await verification.checkSnapshot(id, full);
  const { checked, problems } = verification;
  return { snapshot: current, checked, bad: problems.length, repaired: 0, problems };
}

class Verification {
  readonly problems: BadFile[] = [];
  checked = 0;
  readonly #deps: VerifyDeps;
  /** Inodes that were read already, with their hash: hard links are the same bytes. */
  readonly #known = new Map<string, string>();

  constructor(deps: VerifyDeps) {
    this.#deps = deps;
  }

  async checkSnapshot(id: string, full: boolean): Promise<void> {
    const root = join(this.#deps.layout.snapshots, id);
    const files = this.#listedFiles(root, id);
    if (files === undefined) return;
    const listed = new Set(files.map((file) => file.path));
    await forEachBounded(files, AT_ONCE, (file) => this.#checkFile(root, file, full));
    for (const path of filesBelow(root)) {
      if (listed.has(path)) continue;
      this.#bad(join(root, path), 'UNLISTED', 'no manifest names it');
    }
  }

  /** What the manifest and the sums name; undefined where they cannot be believed. */
  #listedFiles(root: string, id: string): readonly ManifestFile[] | undefined {
    if (!existsSync(join(root, MANIFEST))) {
      this.#bad(join(root, MANIFEST), 'MISSING', 'the snapshot has no manifest');
      return undefined;
    }
    try {
      const { manifest, sha256 } = readManifest(root);
      const expected = this.#deps.store?.snapshots.find(id)?.manifestSha256 ?? sha256;
      if (sha256 === expected) return [...manifest.files, ...this.#aboutFiles(root)];
      this.#bad(join(root, MANIFEST), 'HASH_MISMATCH', `is ${sha256}, the ledger says ${expected}`);
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      this.#bad(join(root, MANIFEST), 'MANIFEST_INVALID', error.message);
    }
    return undefined;
  }

  /** The manifest cannot name what stands beside it: SHA256SUMS does. */
  #aboutFiles(root: string): ManifestFile[] {
    const path = join(root, SHA256SUMS);
    if (!existsSync(path)) {
      this.#bad(path, 'MISSING', 'the snapshot has no SHA256SUMS');
      return [];
    }
    this.checked++;
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.slice(66).startsWith(`${ABOUT}/`));
    const about = lines.map((line) => ({ sha256: line.slice(0, 64), path: line.slice(66), size: -1 }));
    return [...about, { path: SHA256SUMS, sha256: '', size: -1 }];
  }

  async #checkFile(root: string, file: ManifestFile, full: boolean): Promise<void> {
    if (file.path === SHA256SUMS) return;
    const path = join(root, file.path);
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    if (!stats) return this.#bad(path, 'MISSING', 'the manifest names it');
    this.checked++;
    const inode = `${stats.dev}:${stats.ino}`;
    const known = this.#known.get(inode);
    const sha256 = known ?? (await sha256Of(path));
    this.#known.set(inode, sha256);
    if (sha256 !== file.sha256)
      return this.#bad(path, 'HASH_MISMATCH', `is ${sha256}, should be ${file.sha256}`);
    if (full && known === undefined) await this.#checkH1(path, file);
  }

  async #checkH1(path: string, file: ManifestFile): Promise<void> {
    if (file.h1 === undefined) return;
    const h1 = file.path.endsWith('.zip')
      ? await this.#zipH1(path, file.path)
      : hashGoMod(readFileSync(path));
    if (h1 !== undefined && h1 !== file.h1)
      this.#bad(path, 'HASH_MISMATCH', `is ${h1}, should be ${file.h1}`);
  }

  async #zipH1(path: string, inSnapshot: string): Promise<string | undefined> {
    const [, module = '', version = ''] = /^(.+)\/@v\/(.+)\.zip$/.exec(inSnapshot) ?? [];
    try {
      const mv = parseModuleVersion(unescapePath(module), unescapeVersion(version));
      return (await this.#deps.hasher.check(path, mv)).h1;
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      this.#bad(path, 'ZIP_INVALID', error.message);
      return undefined;
    }
  }

  #bad(path: string, code: BadFile['code'], message: string): void {
    this.problems.push({
      path: relative(this.#deps.layout.mirror, path).split(sep).join('/'),
      code,
      message,
    });
  }
}

/** Every file below a folder by its path in it; links (as `sumdb`) are not followed. */
function* filesBelow(root: string): Generator<string> {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield relative(root, join(entry.parentPath, entry.name)).split(sep).join('/');
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
