/**
 * Finds the central directory from the end of a zip file: the end record, the zip64 record where there is one, and
 * bytes put before or after the archive. It follows PKWARE's APPNOTE 4.3.14–4.3.16 as Go's archive/zip reads it,
 * because a reader that finds another directory than the Go client does would verify other files.
 */

import { HEADER_SIGNATURE, LONGEST_HEADER, parseHeader } from './central-directory.ts';
import { InvalidZip } from './invalid-zip.ts';
import { MAX_DIRECTORY_BYTES } from './limits.ts';
import { readAt, readUInt64 } from './read-at.ts';

/** Offsets are in bytes from the start of the file. */
export interface DirectoryLocation {
  readonly start: number;
  /** No header may reach beyond this: here the end record begins. */
  readonly end: number;
  /** The number of entries modulo 65,536, which is all that Go compares. */
  readonly count16: number;
  /** What to add to the header offsets that the directory gives. */
  readonly baseOffset: number;
}

/** Throws InvalidZip where Go finds no directory either, or where the archive is one of several disks. */
export function locateDirectory(fd: number, fileSize: number): DirectoryLocation {
  const end = findEndRecord(fd, fileSize);
  const record = isZip64(end) ? (readZip64Record(fd, fileSize, end.at) ?? end) : end;
  if (record.disk !== 0 || record.directoryDisk !== 0) {
    throw new InvalidZip('the archive is one of several disks');
  }
  const start = record.at - record.directorySize;
  if (start < 0) throw new InvalidZip('the central directory begins before the file does');
  const location = settleBaseOffset(fd, fileSize, start, record.directoryOffset);
  if (end.at - location.start > MAX_DIRECTORY_BYTES) {
    throw new InvalidZip(`the central directory is larger than ${MAX_DIRECTORY_BYTES} bytes`);
  }
  return { ...location, end: end.at, count16: record.count16 };
}

interface EndRecord {
  /** Where the record itself begins. */
  readonly at: number;
  readonly disk: number;
  readonly directoryDisk: number;
  readonly count16: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
}

const END_LENGTH = 22;
const END_SEARCH = 65 * 1024;
const END_SIGNATURE = Buffer.from('PK\x05\x06', 'latin1');

/** The last signature in the file decides, as in Go: if its comment does not fit, no earlier one is tried. */
function findEndRecord(fd: number, fileSize: number): EndRecord {
  const tail = readAt(fd, Math.max(0, fileSize - END_SEARCH), Math.min(fileSize, END_SEARCH));
  const found = tail.length < END_LENGTH ? -1 : tail.lastIndexOf(END_SIGNATURE, tail.length - END_LENGTH);
  if (found < 0) throw new InvalidZip('there is no end record: the file is cut, or not a zip');
  if (found + END_LENGTH + tail.readUInt16LE(found + 20) > tail.length) {
    throw new InvalidZip('the comment after the end record is cut');
  }
  return {
    at: fileSize - tail.length + found,
    disk: tail.readUInt16LE(found + 4),
    directoryDisk: tail.readUInt16LE(found + 6),
    count16: tail.readUInt16LE(found + 10),
    directorySize: tail.readUInt32LE(found + 12),
    directoryOffset: tail.readUInt32LE(found + 16),
  };
}

/** Go compares the size with 0xffff, not 0xffffffff; it only means that a locator is looked for once more. */
function isZip64(end: EndRecord): boolean {
  return end.count16 === 0xffff || end.directorySize === 0xffff || end.directoryOffset === 0xffffffff;
}

const LOCATOR_LENGTH = 20;
const LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LENGTH = 56;
const ZIP64_SIGNATURE = 0x06064b50;

/** Undefined when no locator stands before the end record: then the numbers there are meant as they are. */
function readZip64Record(fd: number, fileSize: number, endAt: number): EndRecord | undefined {
  if (endAt < LOCATOR_LENGTH) return undefined;
  const locator = readAt(fd, endAt - LOCATOR_LENGTH, LOCATOR_LENGTH);
  if (locator.readUInt32LE(0) !== LOCATOR_SIGNATURE) return undefined;
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) !== 1) return undefined;
  const at = readUInt64(locator, 8);
  if (at + ZIP64_LENGTH > fileSize) throw new InvalidZip('the zip64 end record lies outside the file');
  const record = readAt(fd, at, ZIP64_LENGTH);
  if (record.readUInt32LE(0) !== ZIP64_SIGNATURE) throw new InvalidZip('the zip64 end record is missing');
  return {
    at,
    disk: record.readUInt32LE(16),
    directoryDisk: record.readUInt32LE(20),
    count16: record.readUInt16LE(32),
    directorySize: readUInt64(record, 40),
    directoryOffset: readUInt64(record, 48),
  };
}

/**
 * Bytes before the archive shift every offset in it. Some writers count those bytes in already, so the shift is
 * dropped when a header stands at the offset as it is written.
 */
function settleBaseOffset(fd: number, fileSize: number, start: number, directoryOffset: number) {
  const baseOffset = start - directoryOffset;
  if (baseOffset <= 0 || !isHeaderAt(fd, fileSize, directoryOffset)) return { start, baseOffset };
  return { start: directoryOffset, baseOffset: 0 };
}

function isHeaderAt(fd: number, fileSize: number, offset: number): boolean {
  const bytes = readAt(fd, offset, Math.min(LONGEST_HEADER, fileSize - offset));
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== HEADER_SIGNATURE) return false;
  return typeof parseHeader(bytes, 0, bytes.length, 0) !== 'string';
}
