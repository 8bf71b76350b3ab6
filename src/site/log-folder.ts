/**
 * The checksum database on disk. Tiles that were proved are kept in the pool, whatever becomes of them; what clients
 * need of them, and the lookups, lie in `public/sumdb/<name>/`, one folder for all snapshots. Nothing there is ever
 * removed or taken back: a tile is written once, a lookup only gives way to the same record under a newer head.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { linkOrCopy, syncAll } from './durable.ts';
import type { Layout } from './layout.ts';

/** `latest` is for whoever mirrors this mirror: the go command never asks for it. */
export const LATEST = 'latest';
/** Its being there is all that the go command wants to know. */
export const SUPPORTED = 'supported';

export class LogFolder {
  readonly #layout: Layout;
  readonly #kept: string;
  /** `public/sumdb/<name>`. */
  readonly published: string;
  #sequence = 0;

  /** `name` is that of the log, a host and perhaps a path. */
  constructor(layout: Layout, name: string) {
    this.#layout = layout;
    this.#kept = join(layout.keptTiles, name);
    this.published = join(layout.sumdb, name);
  }

  /** A tile kept before; it may be damaged. */
  async readTile(path: string): Promise<Buffer | undefined> {
    return readIfThere(join(this.#kept, path));
  }

  /** Keeps a proved tile. A crash may lose it, or leave it damaged: it is proved anew whenever it is read. */
  async keepTile(path: string, bytes: Buffer): Promise<void> {
    this.#write(join(this.#kept, path), bytes, this.#layout.staging);
  }

  /** Bytes of a published file; undefined where there is none. */
  sizeOf(path: string): number | undefined {
    return statSync(join(this.published, path), { throwIfNoEntry: false })?.size;
  }

  /** A published file. */
  read(path: string): Buffer | undefined {
    return readIfThere(join(this.published, path));
  }

  /** Publishes a tile: a link to the kept one, or `bytes` where none is kept. What lies there may not be whole. */
  publishTile(path: string, bytes: Buffer): void {
    const kept = join(this.#kept, path);
    const to = join(this.published, path);
    if (readIfThere(kept)?.equals(bytes)) this.#place(to, (staged) => linkOrCopy(kept, staged));
    else this.#write(to, bytes);
  }

  /** Publishes a lookup, or replaces it. Readers see the old one or the new. */
  publishLookup(path: string, text: string): void {
    this.#write(join(this.published, path), text);
  }

  /** On return these published files and all folders on the way to them survive a power cut. */
  async makeDurable(paths: Iterable<string>): Promise<void> {
    const files = Array.from(paths, (path) => join(this.published, path));
    const folders = new Set<string>();
    for (const file of files) {
      for (let above = dirname(file); !folders.has(above); above = dirname(above)) {
        folders.add(above);
        if (above === dirname(this.#layout.sumdb)) break;
      }
    }
    await syncAll([...files, ...folders]);
  }

  /** The newest head, and that the log is here: last of all. Durable on return. */
  async publishHead(note: string): Promise<void> {
    this.#write(join(this.published, LATEST), note);
    if (this.sizeOf(SUPPORTED) === undefined) this.#write(join(this.published, SUPPORTED), '');
    await this.makeDurable([LATEST, SUPPORTED]);
  }

  #write(path: string, bytes: string | Buffer, staging = this.#layout.logStaging): void {
    this.#place(path, (staged) => writeFileSync(staged, bytes, { flag: 'wx' }), staging);
  }

  /**
   * A file appears under its name whole, also where readers have another one open. `staging` is on its file system: a
   * shared log may lie on another one than the mirror.
   */
  #place(path: string, make: (staged: string) => void, staging = this.#layout.logStaging): void {
    mkdirSync(dirname(path), { recursive: true });
    mkdirSync(staging, { recursive: true });
    const staged = join(staging, `log-${process.pid}-${this.#sequence++}`);
    rmSync(staged, { force: true });
    make(staged);
    renameSync(staged, path);
    // Two names of one file: renaming has done nothing then.
    rmSync(staged, { force: true });
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
