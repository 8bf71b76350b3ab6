/** What the snapshots on disk should hold, by their manifests; only those that the ledger does not contradict count. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MirrorError } from '../errors.ts';
import { type Layout, MANIFEST } from '../site/layout.ts';
import { type Manifest, type ManifestFile, readManifest } from '../site/manifest.ts';
import type { Snapshots } from '../store/snapshots.ts';

/** A snapshot that lists a file. */
export interface Holder {
  readonly id: string;
  readonly listed: ManifestFile;
}

export class Published {
  readonly #layout: Layout;
  readonly #snapshots: Pick<Snapshots, 'find'>;

  constructor(layout: Layout, snapshots: Pick<Snapshots, 'find'>) {
    this.#layout = layout;
    this.#snapshots = snapshots;
  }

  get ids(): string[] {
    const entries = readdirSync(this.#layout.snapshots, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  }

  /** Undefined where it is not there, or cannot be believed. */
  manifest(id: string): Manifest | undefined {
    const root = join(this.#layout.snapshots, id);
    if (!existsSync(join(root, MANIFEST))) return undefined;
    try {
      const { manifest, sha256 } = readManifest(root);
      return (this.#snapshots.find(id)?.manifestSha256 ?? sha256) === sha256 ? manifest : undefined;
    } catch (error) {
      if (error instanceof MirrorError) return undefined;
      throw error;
    }
  }

  /** Every listing of the files that `isMeant` says, one manifest in memory at a time. */
  listings(isMeant: (path: string) => boolean): Holder[] {
    return this.ids.flatMap((id) => {
      const files = this.manifest(id)?.files ?? [];
      return files.filter(({ path }) => isMeant(path)).map((listed) => ({ id, listed }));
    });
  }
}
