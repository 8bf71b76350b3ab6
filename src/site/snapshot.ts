/**
 * Snapshots on disk: a tree is built in staging, synced whole, renamed to its name, and never changes again.
 * `current` is a relative symbolic link that is swapped last, so a reader sees one snapshot or the next.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reached } from '../barrier.ts';
import { StateError } from '../errors.ts';
import { linkOrCopy, swapLink, syncAll, syncFolder } from './durable.ts';
import { type Layout, SUMDB, SUMDB_LINK } from './layout.ts';
import type { TreeFile } from './tree.ts';

/** The id that `current` names, or null where nothing was published yet. */
export function currentSnapshot(layout: Layout): string | null {
  try {
    return basename(readlinkSync(layout.current));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** When a snapshot was made, by its name; undefined for a name that no snapshot has. */
export function timeOfSnapshot(id: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(id) ?? [];
  if (second === undefined) return undefined;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The ids of all snapshots that lie there, sorted: they tell their age to the second. */
export function snapshotFolders({ snapshots }: Layout): string[] {
  if (!existsSync(snapshots)) return [];
  return readdirSync(snapshots, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** A tree in the making. Nothing of it is seen from outside before `publish`. */
export class SnapshotDraft {
  readonly #layout: Layout;
  readonly #root: string;
  readonly #folders = new Set<string>();
  readonly #written: string[] = [];

  constructor(layout: Layout, name: string) {
    this.#layout = layout;
    this.#root = join(layout.staging, `snapshot-${name}`);
    this.#makeFolder(this.#root);
  }

  /** Links or writes the files; one that the pool lost, or holds cut short, is an error that names it. */
  add(files: Iterable<TreeFile>): void {
    for (const { path, from, size } of files) {
      if ('bytes' in from) this.write(path, from.bytes);
      else if ('copy' in from) this.write(path, this.#read(from.copy, size));
      else this.#link(from.link, path, size);
    }
  }

  /** Writes a file in one go. */
  write(path: string, bytes: string | Uint8Array): void {
    const to = join(this.#root, path);
    this.#makeFolder(dirname(to));
    writeFileSync(to, bytes);
    this.#written.push(to);
  }

  /** The snapshot carries the checksum databases: they are shared, and go on when it no longer changes. */
  linkSumDb(): void {
    symlinkSync(SUMDB_LINK, join(this.#root, SUMDB));
  }

  /** Where a file that is written piece by piece goes; it is synced with the rest. */
  pathFor(path: string): string {
    const to = join(this.#root, path);
    this.#makeFolder(dirname(to));
    this.#written.push(to);
    return to;
  }

  /** A file of the draft, by its path in it. */
  read(path: string): Buffer {
    return readFileSync(join(this.#root, path));
  }

  /** SHA-256 of a file that was written piece by piece, in hex. */
  sha256(path: string): string {
    return createHash('sha256').update(this.read(path)).digest('hex');
  }

  /** On return every file and folder of the draft survives a power cut. */
  async makeDurable(): Promise<void> {
    await syncAll(this.#written);
    await syncAll(this.#folders);
  }

  /** Gives the draft its name under `snapshots/`. Durable on return; `current` is as it was. */
  publish(id: string): string {
    mkdirSync(this.#layout.snapshots, { recursive: true });
    const to = join(this.#layout.snapshots, id);
    renameSync(this.#root, to);
    syncFolder(this.#layout.snapshots);
    syncFolder(this.#layout.public);
    return to;
  }

  async discard(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }

  #read(poolPath: string, size: number): Buffer {
    try {
      const bytes = readFileSync(join(this.#layout.pool, poolPath));
      checkSize(poolPath, bytes.length, size);
      return bytes;
    } catch (error) {
      throw isErrno(error, 'ENOENT') ? lostFile(poolPath, error) : error;
    }
  }

  /** Its bytes are not read again: a size that is right costs nothing, and finds what a crash cut short. */
  #link(poolPath: string, path: string, size: number): void {
    const from = join(this.#layout.pool, poolPath);
    const to = join(this.#root, path);
    this.#makeFolder(dirname(to));
    try {
      checkSize(poolPath, statSync(from).size, size);
      if (linkOrCopy(from, to)) this.#written.push(to);
      reached('snapshot half linked');
    } catch (error) {
      throw isErrno(error, 'ENOENT') ? lostFile(poolPath, error) : error;
    }
  }

  #makeFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    for (let made = folder; made !== this.#layout.staging && !this.#folders.has(made); made = dirname(made)) {
      this.#folders.add(made);
    }
  }
}

/** Makes a published snapshot the current one. Durable on return. */
export async function makeCurrent(layout: Layout, id: string): Promise<void> {
  statSync(join(layout.snapshots, id));
  await swapLink(layout.current, join('snapshots', id));
}

function lostFile(poolPath: string, cause: unknown): StateError {
  return new StateError('CORRUPT', `pool/${poolPath}: the ledger holds it, the pool has lost it`, {
    cause,
    hint: REPAIR,
  });
}

const REPAIR = 'run `modferry verify --full --repair`: it finds all that is bad and brings it back';

function checkSize(poolPath: string, size: number, expected: number): void {
  if (size === expected) return;
  const problem = `has ${size} bytes, the ledger says ${expected}`;
  throw new StateError('CORRUPT', `pool/${poolPath}: is damaged: ${problem}`, { hint: REPAIR });
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
