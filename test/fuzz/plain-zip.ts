/**
 * The h1 of a zip by the shortest way, for comparison: no rule is checked, the whole file is in memory, and nothing of
 * src/modzip or src/gomod is used. It may be asked only about zips that passed the check.
 */
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly header: number;
}

export function plainH1(zip: Buffer): string {
  const lines = directoryOf(zip).map((entry) => {
    const sha256 = createHash('sha256').update(contentOf(zip, entry)).digest('hex');
    return { name: Buffer.from(entry.name, 'latin1'), line: `${sha256}  ${entry.name}\n` };
  });
  lines.sort((a, b) => Buffer.compare(a.name, b.name));
  const list = Buffer.from(lines.map(({ line }) => line).join(''), 'latin1');
  return `h1:${createHash('sha256').update(list).digest('base64')}`;
}

/** Names are bytes in a text of one character a byte. */
function directoryOf(zip: Buffer): Entry[] {
  const end = zip.lastIndexOf('PK\x05\x06', zip.length - 22, 'latin1');
  const { size, offset, before } = place(zip, end);
  // Bytes in front of the archive are not counted, or they are.
  const counted = zip.subarray(offset, offset + 4).toString('latin1') === 'PK\x01\x02';
  const base = counted ? 0 : before - size - offset;
  const entries: Entry[] = [];
  let at = base + offset;
  while (zip.subarray(at, at + 4).toString('latin1') === 'PK\x01\x02') {
    const nameLength = zip.readUInt16LE(at + 28);
    const extraLength = zip.readUInt16LE(at + 30);
    const extra = zip.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    entries.push({
      name: zip.toString('latin1', at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      ...sizes(zip, at, extra, base),
    });
    at += 46 + nameLength + extraLength + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function place(zip: Buffer, end: number): { size: number; offset: number; before: number } {
  const size = zip.readUInt32LE(end + 12);
  const offset = zip.readUInt32LE(end + 16);
  const count = zip.readUInt16LE(end + 10);
  const isZip64 = count === 0xffff || size === 0xffff || size === 0xffffffff || offset === 0xffffffff;
  const locator = end - 20;
  if (!isZip64 || locator < 0 || zip.toString('latin1', locator, locator + 4) !== 'PK\x06\x07') {
    return { size, offset, before: end };
  }
  const record = Number(zip.readBigUInt64LE(locator + 8));
  return {
    size: Number(zip.readBigUInt64LE(record + 40)),
    offset: Number(zip.readBigUInt64LE(record + 48)),
    before: record,
  };
}

function sizes(zip: Buffer, at: number, extra: Buffer, base: number): Pick<Entry, 'packed' | 'header'> {
  const short = { unpacked: zip.readUInt32LE(at + 24), packed: zip.readUInt32LE(at + 20) };
  const header = zip.readUInt32LE(at + 42);
  const long = zip64Field(extra);
  const next = (value: number) => (value === 0xffffffff && long.length > 0 ? (long.shift() ?? value) : value);
  next(short.unpacked);
  const packed = next(short.packed);
  return { packed, header: base + next(header) };
}

function zip64Field(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    return Array.from({ length: Math.floor(field.length / 8) }, (_, i) =>
      Number(field.readBigUInt64LE(8 * i)),
    );
  }
  return [];
}

function contentOf(zip: Buffer, { name, method, packed, header }: Entry): Buffer {
  if (name.endsWith('/')) return Buffer.alloc(0);
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const data = zip.subarray(start, start + packed);
  return method === 8 ? inflateRawSync(data) : data;
}
