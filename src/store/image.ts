/**
 * A database as it stands, read into memory without SQLite: the file, and over it the committed pages of its
 * write-ahead log, as SQLite's recovery would lay them (https://www.sqlite.org/fileformat2.html, section 4). Needs
 * neither room on the disk nor the right to write, takes no lock, and changes nothing.
 */
import { readFileSync, statSync } from 'node:fs';

/** Checkpoints that may come in between; each means that another process writes right now. */
const TRIES = 10;

/**
 * The bytes of a database that opens from memory: what was committed last. Undefined where its pages were moved under
 * our hands at every try. Throws what the operating system says where a file cannot be read.
 */
export function readImage(file: string): Buffer | undefined {
  for (let count = 0; count < TRIES; count++) {
    const before = stamp(file);
    const database = readFileSync(file);
    // Read after the database: until a checkpoint has changed that, all that it lacks stands in here.
    const wal = readIfThere(`${file}-wal`);
    if (stamp(file) === before) return withoutWal(applyWal(database, wal));
  }
  return undefined;
}

function stamp(file: string): string {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** A database in memory has no write-ahead log: one whose header asks for it does not open. */
function withoutWal(image: Buffer): Buffer {
  if (image.length >= HEADER && image[18] === 2) image.fill(1, 18, 20);
  return image;
}

const HEADER = 100;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x37_7f_06_82;

/** Pages of the log up to its last commit, over the database; what follows that, or is damaged, never happened. */
function applyWal(database: Buffer, wal: Buffer): Buffer {
  const pages = new Map<number, Buffer>();
  let committed = 0;
  let pending = new Map<number, Buffer>();
  for (const { number, page, pagesAfterCommit } of readFrames(wal)) {
    pending.set(number, page);
    if (pagesAfterCommit === 0) continue;
    for (const [other, bytes] of pending) pages.set(other, bytes);
    pending = new Map();
    committed = pagesAfterCommit;
  }
  if (committed === 0) return database;
  const pageSize = wal.readUInt32BE(8);
  const image = Buffer.alloc(committed * pageSize);
  database.copy(image);
  for (const [number, page] of pages) if (number <= committed) page.copy(image, (number - 1) * pageSize);
  return image;
}

interface Frame {
  /** Counted from 1. */
  readonly number: number;
  readonly page: Buffer;
  /** The database's size in pages after the commit that this frame ends; 0 where it ends none. */
  readonly pagesAfterCommit: number;
}

/** The frames that belong to this log: each carries its salts, and a checksum over all before it. */
function* readFrames(wal: Buffer): Generator<Frame> {
  if (wal.length < WAL_HEADER || (wal.readUInt32BE(0) & ~1) !== MAGIC) return;
  const sums = new Checksum((wal.readUInt32BE(0) & 1) === 1);
  sums.add(wal.subarray(0, 24));
  if (!sums.is(wal.readUInt32BE(24), wal.readUInt32BE(28))) return;
  const pageSize = wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  const length = FRAME_HEADER + pageSize;
  for (let at = WAL_HEADER; at + length <= wal.length; at += length) {
    const page = wal.subarray(at + FRAME_HEADER, at + length);
    if (!wal.subarray(at + 8, at + 16).equals(salts)) return;
    sums.add(wal.subarray(at, at + 8));
    sums.add(page);
    if (!sums.is(wal.readUInt32BE(at + 16), wal.readUInt32BE(at + 20))) return;
    yield { number: wal.readUInt32BE(at), page, pagesAfterCommit: wal.readUInt32BE(at + 4) };
  }
}

/** Two running sums over pairs of 32-bit words, in the byte order of the machine that wrote the log. */
class Checksum {
  readonly #bigEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  add(bytes: Buffer): void {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 8) {
      this.#first = (this.#first + words.getUint32(at, !this.#bigEndian) + this.#second) >>> 0;
      this.#second = (this.#second + words.getUint32(at + 4, !this.#bigEndian) + this.#first) >>> 0;
    }
  }

  is(first: number, second: number): boolean {
    return this.#first === first && this.#second === second;
  }
}
