/**
 * Mends what a snapshot says of itself. The manifest is the one that the ledger knows by its hash; the SBOM and go.mod
 * are those that SHA256SUMS names, or the second copy has; SHA256SUMS follows from all the others.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MirrorError } from '../errors.ts';
import { keepAboutCopy, listAboutCopy, readAboutCopy } from '../site/about-copy.ts';
import { ABOUT, MANIFEST, SBOM, SHA256SUMS, STARTER_GOMOD } from '../site/layout.ts';
import {
  formatSha256Sums,
  type Manifest,
  parseManifest,
  parseSha256Sums,
  rootHashOf,
} from '../site/manifest.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { Damage } from './journal.ts';
import { type ReplaceDeps, replaceDamaged } from './replace.ts';

export interface AboutDeps extends ReplaceDeps {
  readonly snapshots: Pick<Snapshots, 'find'>;
}

const NO_COPY =
  'there is no second copy of it: the snapshot is older than such copies. The next sync that brings something new publishes another snapshot; then remove this one with modferry snapshots prune';

/** `damages` are those below `_mirror/`. */
export async function mendAbout(id: string, damages: readonly Damage[], deps: AboutDeps): Promise<void> {
  await new AboutMender(id, damages, deps).mend();
}

/** Makes the second copies of a snapshot again, once the snapshot itself is sound. */
export async function renewAboutCopy(
  id: string,
  damages: readonly Damage[],
  deps: ReplaceDeps,
): Promise<void> {
  const { layout, journal } = deps;
  const root = join(layout.snapshots, id);
  const paths = new Set([MANIFEST, STARTER_GOMOD, SBOM, ...listAboutCopy(layout, id)]);
  const there = [...paths].filter((path) => existsSync(join(root, path)));
  await keepAboutCopy(
    layout,
    id,
    there.map((path) => [path, readFileSync(join(root, path))] as const),
  );
  for (const damage of damages) journal.mended(damage, 'copied again from the snapshot');
}

class AboutMender {
  readonly #id: string;
  readonly #damages: ReadonlyMap<string, Damage>;
  readonly #deps: AboutDeps;
  readonly #sums: ReadonlyMap<string, string>;

  constructor(id: string, damages: readonly Damage[], deps: AboutDeps) {
    this.#id = id;
    this.#damages = new Map(damages.map((damage) => [damage.path, damage]));
    this.#deps = deps;
    this.#sums = parseSha256Sums(this.#read(SHA256SUMS)?.toString('utf8') ?? '');
  }

  async mend(): Promise<void> {
    const manifest = await this.#mendManifest();
    if (manifest === undefined) return;
    const sums = new Map(manifest.files.map(({ path, sha256 }) => [path, sha256]));
    sums.set(MANIFEST, sha256Of(this.#read(MANIFEST)));
    for (const path of this.#others()) {
      const sha256 = await this.#mendOther(path);
      if (sha256 === undefined) return this.#fail(SHA256SUMS, `${path} is not known`);
      sums.set(path, sha256);
    }
    const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
    const text = formatSha256Sums(sorted.map(([path, sha256]) => ({ path, sha256 })));
    if (this.#read(SHA256SUMS)?.equals(Buffer.from(text)) === true) return;
    await this.#replace(SHA256SUMS, text, 'written anew from the manifest and the files beside it');
  }

  /** Undefined where none can be believed. */
  async #mendManifest(): Promise<Manifest | undefined> {
    const there = this.#read(MANIFEST);
    const copy = readAboutCopy(this.#deps.layout, this.#id, MANIFEST);
    const parsed = this.#believe(there, copy);
    if (parsed !== undefined && this.#sums.get(MANIFEST) === sha256Of(there)) return parsed;
    const fromCopy = this.#believe(copy, copy);
    if (fromCopy === undefined || copy === undefined) {
      if (parsed === undefined)
        this.#fail(MANIFEST, copy === undefined ? NO_COPY : 'its second copy is of another one');
      return parsed;
    }
    if (there?.equals(copy) !== true) await this.#replace(MANIFEST, copy, FROM_COPY);
    return fromCopy;
  }

  /** The ledger knows its hash; where it is lost, the snapshot's name knows part of that of its files. */
  #believe(bytes: Buffer | undefined, other: Buffer | undefined): Manifest | undefined {
    if (bytes === undefined) return undefined;
    const expected = this.#deps.snapshots.find(this.#id)?.manifestSha256;
    if (expected !== undefined && sha256Of(bytes) !== expected) return undefined;
    try {
      const manifest = parseManifest(bytes.toString('utf8'), MANIFEST, this.#id);
      const isOwn = this.#id.includes(`-${rootHashOf(manifest.files).slice(0, 8)}`);
      const line = this.#sums.get(MANIFEST);
      const isNamed = line === undefined || line === sha256Of(bytes) || bytes === other;
      const isAgreed = expected !== undefined || (other === undefined ? isNamed : other.equals(bytes));
      return isOwn && isAgreed ? manifest : undefined;
    } catch (error) {
      if (error instanceof MirrorError) return undefined;
      throw error;
    }
  }

  /** An old snapshot may lack one of them. */
  #others(): string[] {
    const { layout } = this.#deps;
    const kept = [STARTER_GOMOD, SBOM].filter(
      (path) => readAboutCopy(layout, this.#id, path) !== undefined || this.#read(path) !== undefined,
    );
    const named = [...this.#sums.keys()].filter((path) => path.startsWith(`${ABOUT}/`) && path !== MANIFEST);
    const known = named.filter((path) => path === STARTER_GOMOD || path === SBOM);
    return [...new Set([...kept, ...known])];
  }

  /** Its hash when it is sound; undefined where that cannot be known, or brought about. */
  async #mendOther(path: string): Promise<string | undefined> {
    const there = this.#read(path);
    const copy = readAboutCopy(this.#deps.layout, this.#id, path);
    const isNamed = there !== undefined && this.#sums.get(path) === sha256Of(there);
    if (isNamed || (copy !== undefined && there?.equals(copy))) return sha256Of(there);
    if (copy === undefined) {
      this.#fail(path, NO_COPY);
      return undefined;
    }
    await this.#replace(path, copy, FROM_COPY);
    return sha256Of(copy);
  }

  async #replace(path: string, bytes: string | Buffer, done: string): Promise<void> {
    const at = this.#pathOf(path);
    const damage = this.#damages.get(at) ?? {
      path: at,
      code: 'HASH_MISMATCH',
      message: 'is not what was published',
    };
    await replaceDamaged(damage, at.replace(/^public\//, ''), { bytes }, done, this.#deps);
  }

  #fail(path: string, why: string): void {
    if (this.#damages.has(this.#pathOf(path))) this.#deps.journal.failed(this.#pathOf(path), why);
  }

  #read(path: string): Buffer | undefined {
    const file = join(this.#deps.layout.mirror, this.#pathOf(path));
    return lstatSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file) : undefined;
  }

  #pathOf(path: string): string {
    return `public/snapshots/${this.#id}/${path}`;
  }
}

const FROM_COPY = 'taken from its second copy in about/';

function sha256Of(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}
