/** Reading at a place in an open file, and the one number that Buffer has no method for. */

import { readSync } from 'node:fs';
import { InvalidZip } from './invalid-zip.ts';

/** Exactly `length` bytes from `offset`. Throws InvalidZip when the file is shorter; I/O errors pass through. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, bytes, filled, length - filled, offset + filled);
    if (count === 0) throw new InvalidZip(`the file ends at byte ${offset + filled}`);
    filled += count;
  }
  return bytes;
}

/** Little-endian. Above 2⁵³ the value is rounded, which is no harm: every limit lies far below. */
export function readUInt64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 4) * 0x1_0000_0000 + bytes.readUInt32LE(offset);
}
