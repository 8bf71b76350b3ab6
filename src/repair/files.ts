/**
 * Mends module files and what is made of them, in the pool and in every snapshot: from a good copy on disk, else
 * derived, else fetched and verified. The bytes are those that were published, or nothing is changed.
 */
import { lstatSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type MirrorError, UpstreamError, VerificationError } from '../errors.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import { keepEvidence } from '../site/quarantine.ts';
import { keepDamaged, sha256OfFile } from '../site/set-aside.ts';
import type { Ledger } from '../store/ledger.ts';
import { forEachBounded } from '../sync/bounded.ts';
import { indexFile } from './index-files.ts';
import type { Damage } from './journal.ts';
import type { Published } from './published.ts';
import { type Good, type ReplaceDeps, replaceDamaged } from './replace.ts';
import { type Found, type SourceDeps, sourceOf } from './sources.ts';
import { findWork, type PoolOnly, type Target } from './targets.ts';

export interface FileDeps extends ReplaceDeps, Omit<SourceDeps, 'quarantine' | 'pool'> {
  readonly pool: SourceDeps['pool'];
  readonly ledger: Ledger;
  readonly published: Published;
  /** Ends the beginning of work. */
  readonly stop: AbortSignal;
}

/** Files in work at once. */
const AT_ONCE = 8;

export async function mendFiles(damages: readonly Damage[], deps: FileDeps): Promise<void> {
  const mender = new FileMender(damages, deps);
  const { targets, poolOnly } = findWork(damages, deps);
  // In their order: what comes later may be made of what came before.
  for (const group of Map.groupBy(targets, ({ of }) => of?.file).values())
    await forEachBounded(group, AT_ONCE, (target) => mender.mend(target), deps.stop);
  for (const one of poolOnly) await mender.drop(one);
}

class FileMender {
  readonly #damages: ReadonlyMap<string, Damage>;
  readonly #deps: FileDeps;
  /** SHA-256 by inode: many names are one file. */
  readonly #hashes = new Map<string, Promise<string>>();

  constructor(damages: readonly Damage[], deps: FileDeps) {
    this.#damages = new Map(damages.map((damage) => [damage.path, damage]));
    this.#deps = deps;
  }

  async mend(target: Target): Promise<void> {
    const { layout, journal } = this.#deps;
    const { places, listed } = target;
    const bad: string[] = [];
    let good: string | undefined;
    for (const place of places) {
      if (!(await this.#isRight(join(layout.mirror, place), listed.sha256))) bad.push(place);
      else good ??= place;
    }
    if (bad.length === 0) {
      const why = 'its bytes are those of the manifest, and what the manifest says of them contradicts them';
      for (const place of places) journal.failed(place, why);
      return;
    }
    if (bad.some((place) => journal.hasFailed(place))) return;
    try {
      await this.#replaceAll(target, bad, await this.#find(target, good));
    } catch (error) {
      if (!isAboutFile(error)) throw error;
      for (const place of bad) journal.failed(place, error.message);
    }
  }

  /** No snapshot needs it: then it is as if it had never been fetched. */
  async drop({ mv, file, held, damage }: PoolOnly): Promise<void> {
    const { layout, ledger, journal, pool, now } = this.#deps;
    const path = damage.path.slice('pool/'.length);
    if (!ledger.drop(mv, file)) {
      const listed = { path, sha256: held.sha256, size: held.size, ...(held.h1 ? { h1: held.h1 } : {}) };
      return this.mend({ listed, of: { mv, file }, ids: [], places: [damage.path], copies: [] });
    }
    await keepDamaged(layout, pool.pathOf(mv, file), path, { ...damage, at: now() });
    pool.drop(mv, file);
    journal.mended(damage, 'no snapshot needs it: the next sync that wants it fetches it again');
  }

  async #find(target: Target, place: string | undefined): Promise<Found> {
    const { layout, pool, warn, now } = this.#deps;
    const { listed, of, ids, copies } = target;
    if (place !== undefined) {
      const file = join(layout.mirror, place);
      return { good: of === undefined ? { copy: file } : { link: file }, done: `restored from ${place}` };
    }
    for (const copy of copies) {
      if (await this.#isRight(copy, listed.sha256))
        return { good: { copy }, done: `restored from ${basename(copy)}, which has the same bytes` };
    }
    if (of === undefined) return indexFile(listed, ids, this.#deps);
    const quarantine: SourceDeps['quarantine'] = (evidence, content) =>
      keepEvidence(layout, { ...evidence, at: now() }, content);
    const found = await sourceOf(of.mv, of.file, listed, { ...this.#deps, pool, quarantine });
    warn(`${formatModuleVersion(of.mv)}: ${of.file}: ${found.done}`);
    return found;
  }

  /** The first gets the bytes, and the others a link to it; an index file is each snapshot's own. */
  async #replaceAll({ of, listed }: Target, bad: readonly string[], { good, done }: Found): Promise<void> {
    const { layout } = this.#deps;
    let source: Good = good;
    for (const place of bad) {
      const damage = this.#damages.get(place) ?? { path: place, ...SHARED };
      await replaceDamaged(damage, listed.path, source, done, this.#deps);
      if (of !== undefined) source = { link: join(layout.mirror, place) };
    }
    if ('link' in good && good.link.startsWith(`${layout.staging}/`)) rmSync(good.link, { force: true });
  }

  async #isRight(path: string, sha256: string): Promise<boolean> {
    // A link in place of a file is none of ours.
    const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
    if (!stats?.isFile()) return false;
    const inode = `${stats.dev}:${stats.ino}`;
    const hashing = this.#hashes.get(inode) ?? sha256OfFile(path);
    this.#hashes.set(inode, hashing);
    return (await hashing) === sha256;
  }
}

/** Nobody had looked at this one; it is the same file under another name, or was damaged like it. */
const SHARED = { code: 'HASH_MISMATCH', message: 'is damaged as well' } as const;

/** What is not about the file (a stop, a full disk) ends the repair. */
function isAboutFile(error: unknown): error is MirrorError {
  return error instanceof UpstreamError || error instanceof VerificationError;
}
