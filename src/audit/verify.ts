/**
 * `verify`: reads what is served and says what is not as the manifests say. SHA-256 of every file of the current
 * snapshot, and the published checksum databases; with `full` those of all snapshots and the pool, and every h1
 * computed anew. Never uses the network and changes nothing.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { MirrorError } from '../errors.ts';
import { moduleFilePath } from '../gomod/artifact.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { Version } from '../gomod/version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import { ABOUT, type Layout, MANIFEST, SHA256SUMS, SUMDB } from '../site/layout.ts';
import { LATEST } from '../site/log-folder.ts';
import { type Manifest, readManifest } from '../site/manifest.ts';
import { isInside } from '../site/manifest-check.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import { walk } from '../site/walk.ts';
import type { Store } from '../store/store.ts';
import { isLogName } from '../sumdb/client.ts';
import { forEachBounded } from '../sync/bounded.ts';
import { type Expected, FileCheck, type Flaw } from './file-check.ts';
import { checkLog, type LogCheckDeps } from './log-check.ts';

/** `path` is below the mirror's folder. */
export interface BadFile extends Flaw {
  readonly path: string;
}

export interface VerifyReport {
  readonly snapshot: string | null;
  /** Files that were read; hard links count once. */
  readonly checked: number;
  readonly bad: number;
  readonly repaired: number;
  readonly problems: readonly BadFile[];
}

export interface VerifyDeps {
  readonly layout: Layout;
  readonly store: Store | undefined;
  readonly hasher: Pick<ZipHasher, 'check'>;
  /** The keys of a checksum database, by its name; undefined where they are not known. */
  readonly keysOf: (log: string) => LogKeys | undefined;
}

type LogKeys = LogCheckDeps['keys'];

/** Reads under way at once. */
const AT_ONCE = 16;

export async function verifyMirror(deps: VerifyDeps, full: boolean): Promise<VerifyReport> {
  const verification = new Verification(deps, full);
  const current = currentSnapshot(deps.layout);
  const ids = new Set([
    ...(current === null ? [] : [current]),
    ...(full ? snapshotFolders(deps.layout) : []),
  ]);
  for (const id of ids) await verification.checkSnapshot(id);
  for (const name of publishedLogs(deps.layout)) await verification.checkLog(name, current);
  if (full) await verification.checkPool();
  const { checked, problems } = verification;
  return { snapshot: current, checked, bad: problems.length, repaired: 0, problems };
}

function snapshotFolders({ snapshots }: Layout): string[] {
  if (!existsSync(snapshots)) return [];
  const entries = readdirSync(snapshots, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The names of the checksum databases: folders that hold a head, at whatever depth (`host/path` is a name too). */
function publishedLogs({ sumdb }: Layout): string[] {
  if (!existsSync(sumdb)) return [];
  const heads = globSync(`**/${LATEST}`, { cwd: sumdb });
  return heads
    .map((head) => dirname(head).split(sep).join('/'))
    .filter(isLogName)
    .sort();
}

class Verification {
  readonly problems: BadFile[] = [];
  #sums = 0;
  #logFiles = 0;
  readonly #deps: VerifyDeps;
  readonly #files: FileCheck;
  readonly #read = new Map<string, Manifest>();

  constructor(deps: VerifyDeps, full: boolean) {
    this.#deps = deps;
    this.#files = new FileCheck(deps.hasher, full);
  }

  /** Files that were read; hard links count once. */
  get checked(): number {
    return this.#files.count + this.#sums + this.#logFiles;
  }

  async checkSnapshot(id: string): Promise<void> {
    const root = join(this.#deps.layout.snapshots, id);
    const manifest = this.#readManifest(root, id);
    if (!manifest) return;
    this.#read.set(id, manifest);
    const listed = [...manifest.files, ...this.#aboutFiles(root, manifest)];
    await this.#checkAll(root, listed);
    const known = new Set([...listed.map(({ path }) => path), SHA256SUMS]);
    for (const path of filesBelow(root)) {
      if (!known.has(path))
        this.#bad(join(root, path), { code: 'UNLISTED', message: 'no manifest names it' });
    }
  }

  /** `current`: the snapshot whose files the lookups are compared with. */
  async checkLog(name: string, current: string | null): Promise<void> {
    const { layout, store, keysOf } = this.#deps;
    const keys = keysOf(name);
    if (keys === undefined) {
      const message = `the key of ${name} is not known: name it in the configuration's sumdb`;
      this.#bad(join(layout.sumdb, name), { code: 'LOG_INVALID', message });
      return;
    }
    const manifest = current === null ? undefined : this.#read.get(current);
    const served = new Map(
      manifest?.sumdb === name ? manifest.files.map((file) => [file.path, file] as const) : [],
    );
    const bad = (path: string, flaw: Flaw) => this.#bad(path, flaw);
    this.#logFiles += await checkLog({ layout, records: store?.log, keys, served, bad });
  }

  /** What the ledger says the pool holds; files that snapshots serve too are not read again. */
  async checkPool(): Promise<void> {
    const expected: Expected[] = [];
    for (const { module, version, file, sha256, h1 } of this.#deps.store?.ledger.all() ?? []) {
      // The ledger holds only paths and versions that were parsed before they were written.
      const path = moduleFilePath({ path: module as ModulePath, version: version as Version }, file);
      expected.push({ path, sha256, ...(h1 === null ? {} : { h1 }) });
    }
    await this.#checkAll(this.#deps.layout.pool, expected);
  }

  async #checkAll(root: string, expected: readonly Expected[]): Promise<void> {
    await forEachBounded(expected, AT_ONCE, async (file) => {
      const flaw = await this.#files.flawOf(join(root, file.path), file);
      if (flaw) this.#bad(join(root, file.path), flaw);
    });
  }

  /** Undefined, and reported, where it is not there or cannot be believed. */
  #readManifest(root: string, id: string): Manifest | undefined {
    const path = join(root, MANIFEST);
    if (!existsSync(path)) {
      this.#bad(path, { code: 'MISSING', message: 'is not there' });
      return undefined;
    }
    try {
      const { manifest, sha256 } = readManifest(root);
      const expected = this.#deps.store?.snapshots.find(id)?.manifestSha256 ?? sha256;
      if (sha256 === expected) return manifest;
      this.#bad(path, { code: 'HASH_MISMATCH', message: `is ${sha256}, should be ${expected}` });
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      this.#bad(path, { code: 'MANIFEST_INVALID', message: error.message });
    }
    return undefined;
  }

  /** The manifest cannot name what stands beside it: SHA256SUMS does, and must say the same of all the rest. */
  #aboutFiles(root: string, manifest: Manifest): Expected[] {
    const path = join(root, SHA256SUMS);
    if (!existsSync(path)) {
      this.#bad(path, { code: 'MISSING', message: 'is not there' });
      return [];
    }
    this.#sums++;
    const sums = parseSums(readFileSync(path, 'utf8'));
    const listed = new Set(manifest.files.map((file) => file.path));
    const wrong = manifest.files.find((file) => sums.get(file.path) !== file.sha256)?.path;
    const extra = sums.keys().find((name) => !listed.has(name) && !name.startsWith(`${ABOUT}/`));
    const outside = sums.keys().find((name) => !isInside(name));
    const disputed = wrong ?? extra ?? outside;
    if (disputed !== undefined) {
      const message = `says something else of ${disputed} than the manifest`;
      this.#bad(path, { code: 'HASH_MISMATCH', message });
    }
    const about = [...sums].filter(([name]) => name.startsWith(`${ABOUT}/`) && isInside(name));
    return about.map(([name, sha256]) => ({ path: name, sha256 }));
  }

  #bad(path: string, flaw: Flaw): void {
    this.problems.push({ path: relative(this.#deps.layout.mirror, path).split(sep).join('/'), ...flaw });
  }
}

/** `<64 hex digits>  <path>` a line, as sha256sum writes it. */
function parseSums(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** Everything below a folder that a server could send, by its path in it; only `sumdb` may be a link. */
function* filesBelow(root: string): Generator<string> {
  for (const { path, entry } of walk(root)) {
    if (path !== SUMDB || !entry.isSymbolicLink()) yield path;
  }
}
