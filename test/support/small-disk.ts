/**
 * A real small filesystem, mounted on a folder for one test: to be filled to the last byte, made larger, or made
 * read-only. Mounting needs root; where it is not allowed the tests that need it are skipped, loudly.
 *
 *   using disk = SmallDisk.tmpfs(world.mirror, 16 * MIB);
 *   disk.leave(100 * KIB);  … disk.leave(0);  … disk.grow(32 * MIB);  … disk.remountReadOnly();
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const KIB = 1 << 10;
export const MIB = 1 << 20;

/** What takes the room away. */
const FILLER = 'filler';

export class SmallDisk {
  readonly path: string;
  readonly #image: string | undefined;

  private constructor(path: string, options: readonly string[], image?: string) {
    mkdirSync(path, { recursive: true });
    execFileSync('mount', [...options, path], { stdio: 'pipe' });
    this.path = path;
    this.#image = image;
  }

  /** In memory. A file takes whole pages of 4 KiB, a folder nothing. */
  static tmpfs(path: string, bytes: number): SmallDisk {
    return new SmallDisk(path, ['-t', 'tmpfs', '-o', `size=${bytes}`, 'modferry-test']);
  }

  /** A file that holds an ext4: with a journal, blocks that are given out late, and folders that take room. */
  static ext4(path: string, bytes: number): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), 'modferry-disk-'));
    const image = join(folder, 'image');
    closeSync(openSync(image, 'w'));
    truncateSync(image, bytes);
    execFileSync('mkfs.ext4', ['-q', '-F', '-b', '4096', '-m', '0', image], { stdio: 'pipe' });
    return new SmallDisk(path, ['-o', 'loop', image], folder);
  }

  /** Another mount of a folder. */
  static bind(from: string, path: string): SmallDisk {
    return new SmallDisk(path, ['--bind', from]);
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Takes all room but so many bytes. With 0 not one more byte can be written. */
  leave(bytes: number): void {
    const filler = join(this.path, FILLER);
    rmSync(filler, { force: true });
    const fd = openSync(filler, 'w');
    let size = 0;
    for (const piece of [MIB, 4 * KIB, 1]) size += writeUntilFull(fd, piece);
    closeSync(fd);
    truncateSync(filler, Math.max(0, size - bytes));
  }

  /** Gives back what `leave` took. */
  clear(): void {
    rmSync(join(this.path, FILLER), { force: true });
  }

  /** Of a tmpfs: another size. */
  resize(bytes: number): void {
    this.#remount(`size=${bytes}`);
  }

  remountReadOnly(): void {
    this.#remount('ro');
  }

  remountWritable(): void {
    this.#remount('rw');
  }

  #remount(option: string): void {
    execFileSync('mount', ['-o', `remount,${option}`, this.path], { stdio: 'pipe' });
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.path], { stdio: 'pipe' });
    if (this.#image !== undefined) rmSync(this.#image, { recursive: true });
  }
}

function writeUntilFull(fd: number, piece: number): number {
  const bytes = Buffer.alloc(piece, 'x');
  let size = 0;
  for (;;) {
    try {
      size += writeSync(fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return size;
      throw error;
    }
  }
}

/** Why `what` cannot be tried here; undefined where it can. Asked once, and said on stderr. */
function sayIfNot(what: string, works: () => boolean): boolean {
  const can = works();
  if (!can) process.stderr.write(`\n*** SKIPPED: ${what}\n\n`);
  return can;
}

function canMountTmpfs(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const path = mkdtempSync(join(tmpdir(), 'modferry-disk-'));
  try {
    SmallDisk.tmpfs(path, MIB)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function canMountExt4(): boolean {
  if (spawnSync('mkfs.ext4', ['-V']).status !== 0) return false;
  const path = mkdtempSync(join(tmpdir(), 'modferry-disk-'));
  try {
    SmallDisk.ext4(path, 8 * MIB)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

export const canMount = (what: string): boolean =>
  sayIfNot(`${what}: mounting a tmpfs needs root`, canMountTmpfs);

export const canLoop = (what: string): boolean =>
  sayIfNot(`${what}: needs root, mkfs.ext4 and a loop device`, () => canMountTmpfs() && canMountExt4());
