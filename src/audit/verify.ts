/**
 * `verify`: reads what is served and says what is not as the manifests say. SHA-256 of every file of the current
 * snapshot, and the published checksum databases; with `full` those of all snapshots and the pool, and every h1
 * computed anew; and whether the state database knows them. Never uses the network and changes nothing.
 */
import { existsSync, globSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { MirrorError } from '../errors.ts';
import { moduleFilePath } from '../gomod/artifact.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { Version } from '../gomod/version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Rebuilt } from '../repair/database.ts';
import { ABOUT, type Layout, MANIFEST, SHA256SUMS, SUMDB, SUMDB_LINK } from '../site/layout.ts';
import { LATEST, SUPPORTED } from '../site/log-folder.ts';
import { type Manifest, parseSha256Sums, readManifest } from '../site/manifest.ts';
import { isInside } from '../site/manifest-check.ts';
import { currentSnapshot, snapshotFolders } from '../site/snapshot.ts';
import { walk } from '../site/walk.ts';
import type { Store } from '../store/store.ts';
import { isLogName } from '../sumdb/client.ts';
import { forEachBounded } from '../sync/bounded.ts';
import { checkAboutCopy } from './about-check.ts';
import { type Expected, FileCheck, type Flaw } from './file-check.ts';
import { hasGone, isPruned } from './gone.ts';
import { checkLog, type LogCheckDeps } from './log-check.ts';

/** `path` is below the mirror's folder. */
export interface BadFile extends Flaw {
  readonly path: string;
  /** The next step. */
  readonly hint?: string;
  /** With --repair: whether it is sound now, and what was done, or why nothing could be. */
  readonly repaired?: boolean;
  readonly done?: string;
}

export interface VerifyReport {
  readonly snapshot: string | null;
  /** Files that were read; hard links count once. */
  readonly checked: number;
  /** Files that are bad; after a repair, still. */
  readonly bad: number;
  readonly repaired: number;
  readonly problems: readonly BadFile[];
  readonly rebuilt?: Rebuilt;
}

export interface VerifyDeps {
  readonly layout: Layout;
  /** Undefined where the database is lost: then the manifests alone say what should be there. */
  readonly store: Store | undefined;
  /** What is wrong with the state database. */
  readonly databaseFlaw: string | undefined;
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
  verification.checkLinks(current);
  for (const id of ids) {
    await verification.checkSnapshot(id).catch((error: unknown) => {
      if (!isPruned(id, deps)) throw error;
    });
  }
  for (const name of verification.logs()) await verification.checkLog(name, current);
  if (full) await verification.checkPool();
  const { checked } = verification;
  const problems = verification.problems.filter((problem) => !hasGone(problem.path, deps));
  return { snapshot: current, checked, bad: problems.length, repaired: 0, problems };
}

/** The names of the checksum databases: folders that hold a log, at whatever depth (`host/path` is a name too). */
function publishedLogs({ sumdb }: Layout): string[] {
  if (!existsSync(sumdb)) return [];
  const heads = globSync(`**/{${LATEST},${SUPPORTED}}`, { cwd: sumdb });
  return heads.map((head) => dirname(head).split(sep).join('/')).filter(isLogName);
}

class Verification {
  readonly problems: BadFile[] = [];
  #sums = 0;
  #logFiles = 0;
  readonly #deps: VerifyDeps;
  readonly #full: boolean;
  readonly #files: FileCheck;
  readonly #read = new Map<string, Manifest>();

  constructor(deps: VerifyDeps, full: boolean) {
    this.#deps = deps;
    this.#full = full;
    this.#files = new FileCheck(deps.hasher, full);
  }

  /** Files that were read; hard links count once. */
  get checked(): number {
    return this.#files.count + this.#sums + this.#logFiles;
  }

  /** The database, and the link that everything is served by. */
  checkLinks(current: string | null): void {
    const { layout, databaseFlaw } = this.#deps;
    const newest = snapshotFolders(layout).at(-1);
    if (newest === undefined) return;
    if (databaseFlaw !== undefined)
      this.#bad(layout.stateDb, { code: 'DATABASE_LOST', message: databaseFlaw }, REBUILD);
    if (current !== null) return;
    const hint = `modferry snapshots rollback ${newest} makes the newest one current`;
    this.#bad(layout.current, { code: 'MISSING', message: 'no snapshot is current' }, hint);
  }

  /** The checksum databases that lie there, or that a snapshot says it carries. */
  logs(): string[] {
    const { layout, store } = this.#deps;
    const carried = [...this.#read.values(), ...(store?.snapshots.all() ?? [])].map(
      ({ sumdb }) => sumdb ?? '',
    );
    return [...new Set([...publishedLogs(layout), ...carried.filter((name) => name !== '')])].sort();
  }

  async checkSnapshot(id: string): Promise<void> {
    const root = join(this.#deps.layout.snapshots, id);
    const manifest = this.#readManifest(root, id);
    if (!manifest) return;
    this.#read.set(id, manifest);
    const { store, layout } = this.#deps;
    if (store !== undefined && store.snapshots.find(id) === undefined) {
      const message = `does not know the snapshot ${id}`;
      this.#bad(layout.stateDb, { code: 'UNKNOWN_SNAPSHOT', message }, REBUILD);
    }
    this.#checkLogLink(root, manifest);
    const listed = [...manifest.files, ...this.#aboutFiles(root, manifest)];
    await this.#checkAll(root, listed);
    if (this.#full) checkAboutCopy(layout, id, listed, (path, flaw) => this.#bad(path, flaw));
    const known = new Set([...listed.map(({ path }) => path), SHA256SUMS]);
    for (const { path } of walk(root)) {
      if (!known.has(path) && path !== SUMDB)
        this.#bad(join(root, path), { code: 'UNLISTED', message: 'no manifest names it' });
    }
  }

  /** Clients find the log by a link: only where the snapshot is to have it, and leading nowhere else. */
  #checkLogLink(root: string, { sumdb }: Manifest): void {
    const path = join(root, SUMDB);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (sumdb === undefined) {
      if (there !== undefined) this.#bad(path, { code: 'UNLISTED', message: 'no manifest names it' });
    } else if (!there?.isSymbolicLink()) {
      this.#bad(path, { code: 'MISSING', message: 'is not there' });
    } else if (readlinkSync(path) !== SUMDB_LINK) {
      const message = `leads to ${readlinkSync(path)}, should lead to ${SUMDB_LINK}`;
      this.#bad(path, { code: 'HASH_MISMATCH', message });
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
    const sums = parseSha256Sums(readFileSync(path, 'utf8'));
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

  #bad(path: string, flaw: Flaw, hint?: string): void {
    const below = relative(this.#deps.layout.mirror, path).split(sep).join('/');
    this.problems.push({ path: below, ...flaw, ...(hint === undefined ? {} : { hint }) });
  }
}

const REBUILD = 'run `modferry verify --repair`: it builds it anew from what is published';
