/**
 * Takes a published snapshot into a ledger that does not know it, as after state.db was lost. Every file is hashed
 * again and must be what the manifest says; nothing is downloaded. A file that the pool has lost is linked back
 * from the snapshot.
 */
import { existsSync, linkSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StateError, VerificationError } from '../errors.ts';
import { type ModuleFile, parseModuleFilePath, type VerifiedArtifact } from '../gomod/artifact.ts';
import { parseH1 } from '../gomod/h1.ts';
import { parseInfo } from '../gomod/info.ts';
import { type ModuleVersion, parseModuleVersion } from '../gomod/module-version.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Layout } from '../site/layout.ts';
import { type Manifest, type ManifestFile, readManifest, rootHashOf } from '../site/manifest.ts';
import type { Pool } from '../site/pool.ts';
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

interface Entry {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  readonly listed: ManifestFile;
}

const AT_ONCE = 16;

export async function adoptSnapshot(id: string, deps: AdoptDeps): Promise<void> {
  const root = join(deps.layout.snapshots, id);
  const { manifest, sha256 } = readManifest(root);
  const entries = manifest.files.flatMap(parseEntry);
  const recorder = new Recorder(deps.pool, deps.store.ledger, deps.now);
  await forEachBounded(entries, AT_ONCE, async (entry) => {
    // A link in place of a file is none of ours: the pool must not get it, nor what it leads to.
    const published = lstatSync(join(root, entry.listed.path), { throwIfNoEntry: false });
    if (published && !published.isFile()) throw damaged(entry.listed.path, id);
    relink(root, deps.layout.pool, entry.listed.path);
    const artifact = await verifyPooled(entry, deps).catch((error: unknown) => {
      throw error instanceof VerificationError ? damaged(entry.listed.path, id, error) : error;
    });
    if (artifact.sha256 !== entry.listed.sha256) throw damaged(entry.listed.path, id);
    if (!deps.store.ledger.held(entry.mv).has(entry.file)) await recorder.add([artifact]);
  });
  await recorder.flush();
  commitManifest(manifest, sha256, entries, deps.store);
}

/** `list` and `@latest` are made anew with each snapshot: they are no members. */
function parseEntry(listed: ManifestFile): Entry[] {
  const named = parseModuleFilePath(listed.path);
  return named ? [{ ...named, listed }] : [];
}

function relink(root: string, pool: string, path: string): void {
  const pooled = join(pool, path);
  if (existsSync(pooled)) return;
  mkdirSync(dirname(pooled), { recursive: true });
  linkSync(join(root, path), pooled);
}

async function verifyPooled({ mv, file, listed }: Entry, deps: AdoptDeps): Promise<VerifiedArtifact> {
  const path = deps.pool.pathOf(mv, file);
  const expected = () => ({ h1: parseH1(listed.h1 ?? ''), by: 'the manifest' });
  if (file === 'zip') {
    return verifyZip(mv, await deps.hasher.check(path, mv), expected(), 'pool', { in: 'pool' });
  }
  const body = readFileSync(path);
  if (file === 'mod') return verifyMod(mv, body, expected(), 'pool', { in: 'pool' });
  const parsed = parseInfo(body.toString('utf8'), mv);
  if (!parsed.ok) throw new StateError('CORRUPT', `pool/${listed.path}: ${parsed.reason}`);
  return verifyInfo(mv, parsed.info, 'pool', { in: 'pool' });
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
    hint: 'the state database does not know this snapshot, and it is damaged: run `modferry verify` to see what is bad',
  });
}
