/**
 * Unpacks the content of one entry after another, in the order of the file, and holds it to what the central
 * directory declares: a place of its own in the file, exactly that many bytes, and the checksum as Go's archive/zip
 * compares it. A small entry comes as one piece, a large one in pieces: none needs more memory than the buffers here.
 */

import { crc32 } from 'node:zlib';
import { quote } from '../gomod/text.ts';
import type { ZipEntry } from './central-directory.ts';
import { isFolder, STORED } from './entry-rules.ts';
import { Inflater } from './inflater.ts';
import { InvalidZip } from './invalid-zip.ts';
import { findData, HAS_DESCRIPTOR, readDescriptorCrc } from './local-header.ts';
import type { ModuleZip } from './open.ts';
import { type SequentialWindow, WINDOW_BYTES } from './sequential-window.ts';

const OUTPUT_BYTES = 1_048_576;
const FIRST_OUTPUT_BYTES = 65_536;
const STEP_BYTES = 262_144;
const NOTHING = Buffer.alloc(0);

/** The zip's entries by the place of their headers, which is the order in which `pieces` must be asked for them. */
export function inFileOrder(entries: readonly ZipEntry[]): readonly ZipEntry[] {
  const ordered = entries.every((entry, i) => i === 0 || headerOffset(entries[i - 1]) <= entry.headerOffset);
  return ordered ? entries : entries.toSorted((a, b) => a.headerOffset - b.headerOffset);
}

function headerOffset(entry: ZipEntry | undefined): number {
  return entry?.headerOffset ?? 0;
}

export class ContentReader {
  readonly #zip: ModuleZip;
  readonly #window: SequentialWindow;
  readonly #inflater = new Inflater();
  #output = Buffer.allocUnsafe(FIRST_OUTPUT_BYTES);
  /** Where the data of the entry before ends. */
  #end = 0;

  constructor(zip: ModuleZip, window: SequentialWindow) {
    this.#zip = zip;
    this.#window = window;
  }

  /**
   * The content in order: one piece below 1 MiB (empty for an empty file or a folder), several from there. A piece
   * is overwritten by the next one, and all are void if InvalidZip is thrown, which may come after the last.
   */
  *pieces(entry: ZipEntry): Generator<Buffer, void> {
    try {
      const start = this.#enter(entry);
      if (isFolder(entry)) {
        yield NOTHING;
        return;
      }
      let crc = 0;
      for (const piece of this.#unpack(entry, start)) {
        crc = crc32(piece, crc);
        yield piece;
      }
      this.#checkCrc(entry, crc);
    } catch (error) {
      if (!(error instanceof InvalidZip)) throw error;
      const name = quote(entry.name.slice(this.#zip.prefix.length));
      throw new InvalidZip(`${name}: ${error.message}`, { cause: error.cause });
    }
  }

  /** Frees the native state. */
  close(): void {
    this.#inflater.close();
  }

  /** Where the data begins. Entries that share bytes are how a small file declares a great deal of content. */
  #enter(entry: ZipEntry): number {
    if (entry.headerOffset < 0) throw new InvalidZip('its header lies before the file');
    if (entry.headerOffset < this.#end) throw new InvalidZip('it overlaps the entry before it');
    const start = findData(this.#window, entry);
    this.#end = start + entry.compressedSize;
    if (this.#end > this.#zip.location.start) throw new InvalidZip('it reaches into the central directory');
    return start;
  }

  #unpack(entry: ZipEntry, start: number): Iterable<Buffer> {
    const { compressedSize, size } = entry;
    if (entry.method === STORED && compressedSize !== size) throw wrongSize(entry, compressedSize);
    if (compressedSize > WINDOW_BYTES || size >= OUTPUT_BYTES) return this.#stepwise(entry, start);
    const at = this.#window.at(start, compressedSize);
    if (entry.method === STORED) return [this.#window.buffer.subarray(at, at + size)];
    return [this.#inflateWhole(entry, at)];
  }

  /** One byte of room beyond the declared size is what makes zlib tell a complete stream from a longer one. */
  #inflateWhole(entry: ZipEntry, at: number): Buffer {
    const output = this.#outputFor(entry.size + 1);
    this.#inflater.start();
    const count = this.#inflater.step(this.#window.buffer, at, entry.compressedSize, true, output);
    if (count !== entry.size) throw wrongSize(entry, count);
    return output.subarray(0, count);
  }

  *#stepwise(entry: ZipEntry, start: number): Generator<Buffer, void> {
    let unpacked = 0;
    let done = 0;
    this.#inflater.start();
    do {
      const length = Math.min(STEP_BYTES, entry.compressedSize - done);
      const at = this.#window.at(start + done, length);
      done += length;
      for (const piece of this.#step(entry, at, length, done === entry.compressedSize)) {
        unpacked += piece.length;
        if (unpacked > entry.size) throw wrongSize(entry, unpacked);
        yield piece;
      }
    } while (done < entry.compressedSize);
    if (unpacked !== entry.size) throw wrongSize(entry, unpacked);
  }

  /** All that `length` bytes of data unpack to; a full output means that there may be more. */
  *#step(entry: ZipEntry, at: number, length: number, last: boolean): Generator<Buffer, void> {
    const { buffer } = this.#window;
    const end = at + length;
    if (entry.method === STORED) {
      yield buffer.subarray(at, end);
      return;
    }
    const output = this.#outputFor(OUTPUT_BYTES);
    let count = this.#inflater.step(buffer, at, length, last, output);
    while (count === output.length) {
      yield output;
      const left = this.#inflater.inputLeft;
      count = this.#inflater.step(buffer, end - left, left, last, output);
    }
    yield output.subarray(0, count);
  }

  #outputFor(size: number): Buffer {
    if (size > this.#output.length) {
      const doubled = Math.max(size, 2 * this.#output.length);
      this.#output = Buffer.allocUnsafe(Math.min(OUTPUT_BYTES, doubled));
    }
    return this.#output;
  }

  /** A checksum of 0 without a descriptor means that none was written. */
  #checkCrc(entry: ZipEntry, crc: number): void {
    const described = (entry.flags & HAS_DESCRIPTOR) !== 0;
    if (!described && entry.crc32 === 0) return;
    if (crc !== entry.crc32) throw new InvalidZip('its checksum is wrong');
    if (described && readDescriptorCrc(this.#window, this.#end) !== crc) {
      throw new InvalidZip('its data descriptor has another checksum');
    }
  }
}

function wrongSize(entry: ZipEntry, unpacked: number): InvalidZip {
  const found = unpacked > entry.size ? 'more' : unpacked;
  return new InvalidZip(`it declares ${entry.size} bytes and has ${found}`);
}
