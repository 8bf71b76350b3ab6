/**
 * Reads the headers of the central directory (APPNOTE 4.3.12, zip64 sizes 4.5.3) into entries. Sizes, method and
 * checksum of an entry come from here and from nowhere else, as in Go's archive/zip.
 */

import type { DirectoryLocation } from './end-record.ts';
import { InvalidZip } from './invalid-zip.ts';
import { MAX_PATHS } from './limits.ts';
import { readUInt64 } from './read-at.ts';
import { SequentialWindow } from './sequential-window.ts';

/** One entry as the central directory declares it; whoever made the zip controls every field. */
export interface ZipEntry {
  /** The full name with the module's prefix. Bytes that are not UTF-8 became U+FFFD, which no file path may hold. */
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  /** Bytes in the zip file. */
  readonly compressedSize: number;
  /** Bytes unpacked, as declared. */
  readonly size: number;
  /** Where the local header begins, in bytes from the start of the file; may lie outside it. */
  readonly headerOffset: number;
  /** The Unix file type bits (`S_IFMT`), 0 where the maker gave none. */
  readonly fileType: number;
}

const HEADER_LENGTH = 46;
export const HEADER_SIGNATURE = 0x02014b50;
/** With a name, extra fields and a comment of 65,535 bytes each. */
export const LONGEST_HEADER = HEADER_LENGTH + 3 * 0xffff;
/** A 32-bit field with this value stands in the zip64 field instead. */
const MAXED = 0xffffffff;

/**
 * Reads headers until something else stands there, as Go does, and then compares the number. A header that is
 * damaged or reaches into the end record is refused, where Go would end the directory.
 */
export function readDirectory(fd: number, location: DirectoryLocation): ZipEntry[] {
  const window = new SequentialWindow(fd, location.end, { digests: false });
  const entries: ZipEntry[] = [];
  let offset = location.start;
  while (offset + 4 <= location.end) {
    if (window.buffer.readUInt32LE(window.at(offset, 4)) !== HEADER_SIGNATURE) break;
    if (entries.length === MAX_PATHS) throw new InvalidZip(`there are more than ${MAX_PATHS} entries`);
    const length = Math.min(LONGEST_HEADER, location.end - offset);
    const at = window.at(offset, length);
    const header = parseHeader(window.buffer, at, length, location.baseOffset);
    if (typeof header === 'string') throw new InvalidZip(`header ${entries.length + 1} ${header}`);
    if (window.buffer.readUInt16LE(at + 34) !== 0) {
      throw new InvalidZip(`header ${entries.length + 1} names another disk`);
    }
    entries.push(header.entry);
    offset += header.length;
  }
  if ((entries.length & 0xffff) !== location.count16) {
    throw new InvalidZip(`the end record disagrees with the number of entries found: ${entries.length}`);
  }
  return entries;
}

/**
 * The entry whose header begins at `at` and lies in the next `room` bytes, and the header's length; or what is wrong
 * with it, where Go finds the same wrong: this also decides which directory is the one. Precondition: the signature
 * stands there.
 */
export function parseHeader(
  bytes: Buffer,
  at: number,
  room: number,
  baseOffset: number,
): { entry: ZipEntry; length: number } | string {
  if (room < HEADER_LENGTH) return 'is cut';
  const nameEnd = at + HEADER_LENGTH + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const length = extraEnd - at + bytes.readUInt16LE(at + 32);
  if (length > room) return 'is cut';
  const sizes = readSizes(bytes, at, nameEnd, extraEnd);
  if (typeof sizes === 'string') return sizes;
  const entry = {
    name: bytes.toString('utf8', at + HEADER_LENGTH, nameEnd),
    flags: bytes.readUInt16LE(at + 8),
    method: bytes.readUInt16LE(at + 10),
    crc32: bytes.readUInt32LE(at + 16),
    compressedSize: sizes.compressedSize,
    size: sizes.size,
    headerOffset: sizes.headerOffset + baseOffset,
    fileType: unixFileType(bytes[at + 5], bytes.readUInt16LE(at + 40)),
  };
  return { entry, length };
}

interface Sizes {
  size: number;
  compressedSize: number;
  headerOffset: number;
}

function readSizes(bytes: Buffer, at: number, extraStart: number, extraEnd: number): Sizes | string {
  const sizes: Sizes = {
    compressedSize: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    headerOffset: bytes.readUInt32LE(at + 42),
  };
  if (Math.max(sizes.size, sizes.compressedSize, sizes.headerOffset) < MAXED) return sizes;
  const elsewhere = ZIP64_ORDER.filter((key) => sizes[key] === MAXED);
  const field = findZip64Field(bytes, extraStart, extraEnd);
  if (field === undefined) {
    // A size of 2³²−1 and no zip64 field may be just that, says Go; the limits refuse it later.
    return elsewhere.length === 1 && sizes.size === MAXED ? sizes : 'lacks its zip64 sizes';
  }
  if (field.end - field.start < 8 * elsewhere.length) return 'has zip64 sizes that are cut';
  for (const [i, key] of elsewhere.entries()) sizes[key] = readUInt64(bytes, field.start + 8 * i);
  return sizes;
}

/** In which the zip64 field holds those that are maxed. */
const ZIP64_ORDER = ['size', 'compressedSize', 'headerOffset'] as const;
const ZIP64_EXTRA_ID = 0x0001;

function findZip64Field(bytes: Buffer, start: number, end: number) {
  let at = start;
  while (at + 4 <= end) {
    const fieldEnd = at + 4 + bytes.readUInt16LE(at + 2);
    if (fieldEnd > end) return undefined;
    if (bytes.readUInt16LE(at) === ZIP64_EXTRA_ID) return { start: at + 4, end: fieldEnd };
    at = fieldEnd;
  }
  return undefined;
}

const CREATED_ON_UNIX = 3;
const CREATED_ON_MACOS = 19;
const S_IFMT = 0o170000;

function unixFileType(creator: number | undefined, attributes: number): number {
  return creator === CREATED_ON_UNIX || creator === CREATED_ON_MACOS ? attributes & S_IFMT : 0;
}
