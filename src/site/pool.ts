/**
 * The pool: each verified file once, in GOPROXY layout. It takes nothing but verified artifacts. A file appears
 * under its name whole (rename within one file system); it is durable after `makeDurable`, and only then may the
 * ledger hear of it.
 */
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { reached } from '../barrier.ts';
import { type Artifact, type ModuleFile, moduleFilePath, type VerifiedArtifact } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { syncAll } from './durable.ts';
import type { Layout } from './layout.ts';
import { walk } from './walk.ts';

export class Pool {
  readonly #layout: Layout;
  /** Folders that this process has seen to. */
  readonly #met = new Set<string>();
  /** Folders with an entry that is not durable yet. */
  readonly #unsynced = new Set<string>();
  #sequence = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  pathOf(mv: ModuleVersion, file: ModuleFile): string {
    return join(this.#layout.pool, moduleFilePath(mv, file));
  }

  has(mv: ModuleVersion, file: ModuleFile): boolean {
    return existsSync(this.pathOf(mv, file));
  }

  /** A name in staging that nobody else has. */
  stagingPath(): string {
    return join(this.#layout.staging, `${process.pid}-${this.#sequence++}`);
  }

  /** Gives an artifact its name in the pool. Not durable yet. */
  place(artifact: VerifiedArtifact): void {
    const { content } = artifact;
    const path = this.pathOf(artifact.mv, artifact.file);
    const folder = dirname(path);
    if (content.in !== 'pool') {
      if (!this.#met.has(folder)) mkdirSync(folder, { recursive: true });
      const staged = content.in === 'staging' ? content.path : this.stagingPath();
      if (content.in === 'memory') writeFileSync(staged, content.bytes, { flag: 'wx' });
      reached('pool file staged');
      renameSync(staged, path);
      reached('pool file renamed');
    }
    this.#noteEntry(folder);
  }

  /** On return the files, their names and all folders on the way to them survive a power cut. */
  async makeDurable(artifacts: readonly Artifact[]): Promise<void> {
    const folders = [...this.#unsynced];
    this.#unsynced.clear();
    await syncAll(artifacts.map((artifact) => this.pathOf(artifact.mv, artifact.file)));
    await syncAll(folders);
  }

  /** Takes a file out of the pool that nobody needs any more, and the folders that it leaves empty. */
  remove(mv: ModuleVersion, file: ModuleFile): void {
    const path = this.pathOf(mv, file);
    rmSync(path, { force: true });
    for (let above = dirname(path); above !== this.#layout.pool; above = dirname(above)) {
      this.#met.delete(above);
      if (!removeEmpty(above)) return;
    }
  }

  /** Takes a file that is not what it should be out of the pool. */
  drop(mv: ModuleVersion, file: ModuleFile): void {
    rmSync(this.pathOf(mv, file), { force: true });
  }

  /**
   * A folder met for the first time is synced with all above it, whoever made it: a run that was killed may have left
   * folders that were never synced. One that was met before has a new entry, and nothing else is new.
   */
  #noteEntry(folder: string): void {
    for (let above = folder; ; above = dirname(above)) {
      this.#unsynced.add(above);
      if (this.#met.has(above) || above === this.#layout.pool) return;
      this.#met.add(above);
    }
  }
}

/** False where something else lies in it. */
function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/** The module files of the pool by path, with `/`; `size` in bytes. Tiles of checksum databases are left out. */
export function* pooledFiles({ pool, keptTiles }: Layout): Generator<{ path: string; size: number }> {
  const tiles = `${relative(pool, keptTiles)}/`;
  for (const { path, entry } of walk(pool)) {
    if (entry.isFile() && !path.startsWith(tiles)) yield { path, size: statSync(join(pool, path)).size };
  }
}
