/**
 * Takes published snapshots into a ledger that does not know them, as after state.db was lost. Every file is hashed
 * again, once however many snapshots hold it, and must be what the manifest says; nothing is downloaded. A file that
 * the pool has lost, or holds damaged, comes back from the snapshot.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MirrorError, StateError, VerificationError } from '../errors.ts';
import { type ModuleFile, parseModuleFilePath, type VerifiedArtifact } from '../gomod/artifact.ts';
import { parseH1 } from '../gomod/h1.ts';
import { formatInfo, parseInfo } from '../gomod/info.ts';
import { type ModuleVersion, parseModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import { linkOrCopy, syncAll } from '../site/durable.ts';
import { type Layout, MANIFEST, SHA256SUMS } from '../site/layout.ts';
import {
  type Manifest,
  type ManifestFile,
  parseSha256Sums,
  readManifest,
  rootHashOf,
} from '../site/manifest.ts';
import type { Pool } from '../site/pool.ts';
import { keepDamaged } from '../site/set-aside.ts';
import { snapshotFolders } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';
import { forEachBounded } from './bounded.ts';
import { Recorder } from './record.ts';
import { verifyInfo, verifyMod, verifyZip } from './verify.ts';

export interface AdoptDeps {
  readonly layout: Layout;
  readonly store: Store;
  readonly pool: Pool;
  readonly hasher: Pick<ZipHasher, 'check'>;
  readonly now: () => Date;
}

export interface Adopted {
  readonly snapshots: number;
  /** Files of modules that the ledger did not know. */
  readonly files: number;
}

interface Entry {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  readonly listed: ManifestFile;
}

const AT_ONCE = 16;

/** Snapshots that lie there and that the ledger does not know, oldest first: ids tell the second only. */
export function unknownSnapshots(layout: Layout, store: Store): string[] {
  return snapshotFolders(layout)
    .filter((id) => store.snapshots.find(id) === undefined)
    .map((id) => ({ id, age: ageOf(join(layout.snapshots, id)) }))
    .sort((a, b) => (a.id.slice(0, 16) === b.id.slice(0, 16) && a.age - b.age) || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

/** Milliseconds; 0 where its manifest does not tell: it will be left out. */
function ageOf(root: string): number {
  if (!existsSync(join(root, MANIFEST))) return 0;
  try {
    return Date.parse(readManifest(root).manifest.createdAt);
  } catch (error) {
    if (error instanceof MirrorError) return 0;
    throw error;
  }
}

/** One that is damaged is left out, and told; what is sound of it is known all the same. May be called again. */
export async function adoptSnapshots(
  ids: readonly string[],
  deps: AdoptDeps,
  leftOut: (id: string, error: MirrorError) => void,
): Promise<Adopted> {
  const adoption = new Adoption(deps);
  let snapshots = 0;
  for (const id of ids) {
    try {
      await adoption.adopt(id);
      snapshots++;
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      leftOut(id, error);
    }
  }
  return { snapshots, files: adoption.files };
}

class Adoption {
  readonly #deps: AdoptDeps;
  /** SHA-256 of files that were verified, by inode. */
  readonly #verified = new Map<string, string>();
  files = 0;

  constructor(deps: AdoptDeps) {
    this.#deps = deps;
  }

  async adopt(id: string): Promise<void> {
    const { layout, store, pool, now } = this.#deps;
    const root = join(layout.snapshots, id);
    if (!existsSync(join(root, MANIFEST))) throw damaged(MANIFEST, id);
    const { manifest, sha256 } = readManifest(root);
    if (!isVouchedFor(root, sha256)) throw damaged(MANIFEST, id);
    const entries = manifest.files.flatMap(parseEntry);
    const recorder = new Recorder(pool, store.ledger, now);
    try {
      await forEachBounded(entries, AT_ONCE, (entry) => this.#takeIn(entry, id, recorder));
    } finally {
      await recorder.flush();
    }
    commitManifest(manifest, sha256, entries, store);
  }

  async #takeIn(entry: Entry, id: string, recorder: Recorder): Promise<void> {
    const { mv, file, listed } = entry;
    // A link in place of a file is none of ours: the pool must not get it, nor what it leads to.
    const published = lstatSync(join(this.#deps.layout.snapshots, id, listed.path), {
      throwIfNoEntry: false,
    });
    if (published && !published.isFile()) throw damaged(listed.path, id);
    const held = this.#deps.store.ledger.held(mv).get(file);
    if (held !== undefined && held.sha256 !== listed.sha256) throw damaged(listed.path, id);
    const pooled = this.#deps.pool.pathOf(mv, file);
    if (held !== undefined && this.#verified.get(inodeOf(pooled)) === listed.sha256) return;
    const artifact = await this.#verifyEither(entry, pooled, id);
    this.#verified.set(inodeOf(pooled), artifact.sha256);
    if (held !== undefined) return syncAll([pooled, dirname(pooled)]);
    await recorder.add([artifact]);
    this.files++;
  }

  /** In the pool, else in the snapshot: then the pool gets it from there. */
  async #verifyEither(entry: Entry, pooled: string, id: string): Promise<VerifiedArtifact> {
    const own = join(this.#deps.layout.snapshots, id, entry.listed.path);
    const inPool = await this.#verify(entry, pooled);
    if (!(inPool instanceof Error)) return inPool;
    const isOther = existsSync(own) && inodeOf(own) !== inodeOf(pooled);
    const inSnapshot = isOther ? await this.#verify(entry, own) : inPool;
    if (inSnapshot instanceof Error) throw damaged(entry.listed.path, id, inPool);
    await this.#bringBack(own, pooled, entry.listed.path, inPool);
    return inSnapshot;
  }

  async #bringBack(own: string, pooled: string, path: string, { message }: Error): Promise<void> {
    const { layout, pool, now } = this.#deps;
    const note = { path: `pool/${path}`, code: 'HASH_MISMATCH', message, at: now() };
    await keepDamaged(layout, pooled, path, note);
    const staged = pool.stagingPath();
    linkOrCopy(own, staged);
    mkdirSync(dirname(pooled), { recursive: true });
    renameSync(staged, pooled);
    // Two names of one file: renaming has done nothing then.
    rmSync(staged, { force: true });
  }

  /** Answers with the error where it is not there, or not what the manifest says. */
  async #verify({ mv, file, listed }: Entry, path: string): Promise<VerifiedArtifact | Error> {
    try {
      if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return new Error('is not there');
      const artifact = await this.#hash(mv, file, listed, path);
      return artifact.sha256 === listed.sha256 ? artifact : new Error(`is ${artifact.sha256}`);
    } catch (error) {
      if (error instanceof VerificationError) return error;
      throw error;
    }
  }

  async #hash(mv: ModuleVersion, file: ModuleFile, listed: ManifestFile, path: string) {
    const expected = () => ({ h1: parseH1(listed.h1 ?? ''), by: 'the manifest' });
    if (file === 'zip') {
      return verifyZip(mv, await this.#deps.hasher.check(path, mv), expected(), 'pool', { in: 'pool' });
    }
    const body = readFileSync(path);
    if (file === 'mod') return verifyMod(mv, body, expected(), 'pool', { in: 'pool' });
    const parsed = parseInfo(body.toString('utf8'), mv);
    const isOurs = parsed.ok && formatInfo(parsed.info) === body.toString('utf8');
    if (!isOurs) throw new VerificationError('HASH_MISMATCH', `${listed.path}: is no .info of ours`);
    return verifyInfo(mv, parsed.info, 'pool', { in: 'pool' });
  }
}

/** Nothing else says what the manifest was when the ledger is lost: one that the sums contradict is not believed. */
function isVouchedFor(root: string, sha256: string): boolean {
  const path = join(root, SHA256SUMS);
  const line = existsSync(path) ? parseSha256Sums(readFileSync(path, 'utf8')).get(MANIFEST) : undefined;
  return line === undefined || line === sha256;
}

/** `list` and `@latest` are made anew with each snapshot: they are no members. */
function parseEntry(listed: ManifestFile): Entry[] {
  const named = parseModuleFilePath(listed.path);
  return named ? [{ ...named, listed }] : [];
}

/** Empty where there is no file. */
function inodeOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? '' : `${stats.dev}:${stats.ino}`;
}

function commitManifest(manifest: Manifest, sha256: string, entries: readonly Entry[], store: Store): void {
  const { id, createdAt, previous, files, modules, sumdb = null } = manifest;
  store.ledger.recordRequiredBy(
    modules.map(({ module, version, requiredBy }) => ({
      mv: parseModuleVersion(module, version),
      seeds: requiredBy,
    })),
  );
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  store.snapshots.commit(
    {
      id,
      createdAt,
      previous,
      rootHash: rootHashOf(files),
      manifestSha256: sha256,
      modules: modules.length,
      files: files.length,
      bytes,
      sumdb,
    },
    entries,
  );
}

function damaged(path: string, id: string, cause?: unknown): StateError {
  return new StateError('CORRUPT', `${path}: is not what the manifest of snapshot ${id} says`, {
    cause,
    hint: 'the state database does not know this snapshot, and it is damaged: run `modferry verify --repair`',
  });
}
