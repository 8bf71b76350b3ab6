/**
 * The header in front of an entry's data (APPNOTE 4.3.7). Like Go we take from it only where the data begins; unlike
 * Go we refuse one that tells another name, method or flags than the central directory, for such a zip holds one
 * tree for us and another for a tool that reads from the front. Its sizes and checksum may be zero.
 */

import type { ZipEntry } from './central-directory.ts';
import { InvalidZip } from './invalid-zip.ts';
import type { SequentialWindow } from './sequential-window.ts';

const LOCAL_LENGTH = 30;
const LOCAL_SIGNATURE = 0x04034b50;

/** Where the entry's data begins, in bytes from the start of the file. */
export function findData(window: SequentialWindow, entry: ZipEntry): number {
  const fixed = window.at(entry.headerOffset, LOCAL_LENGTH);
  const { buffer } = window;
  if (buffer.readUInt32LE(fixed) !== LOCAL_SIGNATURE) throw new InvalidZip('it has no local header');
  const nameLength = buffer.readUInt16LE(fixed + 26);
  const length = LOCAL_LENGTH + nameLength + buffer.readUInt16LE(fixed + 28);
  const at = window.at(entry.headerOffset, length);
  const name = at + LOCAL_LENGTH;
  const differs =
    buffer.readUInt16LE(at + 6) !== entry.flags ||
    buffer.readUInt16LE(at + 8) !== entry.method ||
    buffer.toString('utf8', name, name + nameLength) !== entry.name;
  if (differs) throw new InvalidZip('its local header has another name, method or flags');
  return entry.headerOffset + length;
}

export const HAS_DESCRIPTOR = 0x0008;
const DESCRIPTOR_LENGTH = 16;
const DESCRIPTOR_SIGNATURE = 0x08074b50;

/**
 * The checksum in the data descriptor that follows the data (APPNOTE 4.3.9), with or without its signature. Go
 * compares it with the central directory's and ignores the sizes, which may have 4 or 8 bytes.
 */
export function readDescriptorCrc(window: SequentialWindow, dataEnd: number): number {
  const at = window.at(dataEnd, 4);
  if (window.buffer.readUInt32LE(at) !== DESCRIPTOR_SIGNATURE) return window.buffer.readUInt32LE(at);
  const whole = window.at(dataEnd, DESCRIPTOR_LENGTH);
  return window.buffer.readUInt32LE(whole + 4);
}
