/**
 * Makes zips byte by byte: by default such as Go writes them, and, where a test asks for it, with one lie. Fields are
 * those of PKWARE's APPNOTE 4.3; what is not given is worked out from the content.
 */

import { crc32, deflateRawSync } from 'node:zlib';

/** One entry; what is given here stands in the central directory, and in the local header unless `local` differs. */
export interface ZipEntrySpec {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** 8 (deflated) by default, 0 for a folder. */
  readonly method?: number;
  /** The data as it lies in the file, in place of `content` compressed by `method`. */
  readonly data?: Buffer;
  readonly flags?: number;
  readonly crc32?: number;
  readonly size?: number;
  readonly compressedSize?: number;
  /** Sizes and offset in a zip64 extra field, 0xffffffff in the 32-bit fields. */
  readonly zip64?: boolean;
  readonly extra?: Buffer;
  readonly headerOffset?: number;
  readonly disk?: number;
  /** `3 << 8` is Unix. */
  readonly creator?: number;
  /** The Unix mode is in the upper 16 bits. */
  readonly externalAttributes?: number;
  /** Zero checksum and sizes in the local header, and after the data a descriptor: signed is what Go writes. */
  readonly descriptor?: 'signed' | 'unsigned' | 'none';
  readonly descriptorCrc?: number;
  readonly local?: {
    readonly signature?: number;
    readonly name?: string | Buffer;
    readonly method?: number;
    readonly flags?: number;
    readonly extra?: Buffer;
  };
}

export interface ZipSpec {
  /** Bytes before the archive, which its offsets do not count. */
  readonly before?: Buffer;
  readonly after?: Buffer;
  readonly comment?: Buffer;
  /** Ends in a zip64 end record and its locator. */
  readonly zip64?: boolean;
  /** Overrides for the end record, or the zip64 end record where there is one. */
  readonly count?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
  readonly disk?: number;
  readonly commentLength?: number;
  /** Overrides for the zip64 locator. */
  readonly locator?: { readonly at?: number; readonly disks?: number };
  /** The order of the entries in the central directory, as indexes. */
  readonly order?: readonly number[];
}

/** The zip of a module version with these files, named below the module's root; the same input, the same bytes. */
export function buildModuleZip(
  mv: { readonly path: string; readonly version: string },
  files: Record<string, string | Buffer>,
): Buffer {
  const prefix = `${mv.path}@${mv.version}/`;
  return buildZip(Object.entries(files).map(([name, content]) => ({ name: prefix + name, content })));
}

export function buildZip(specs: readonly ZipEntrySpec[], options: ZipSpec = {}): Buffer {
  const parts: Buffer[] = [];
  const headers: Buffer[] = [];
  let offset = 0;
  for (const spec of specs) {
    const entry = settle(spec, offset);
    const bytes = Buffer.concat([localHeader(spec, entry), entry.data, descriptor(spec, entry)]);
    parts.push(bytes);
    headers.push(centralHeader(spec, entry));
    offset += bytes.length;
  }
  const order = options.order ?? headers.map((_, i) => i);
  const directory = Buffer.concat(order.map((i) => headers[i] ?? Buffer.alloc(0)));
  const end = endRecords(options, headers.length, directory.length, offset);
  return Buffer.concat([options.before ?? NONE, ...parts, directory, ...end, options.after ?? NONE]);
}

const NONE = Buffer.alloc(0);
const MAXED = 0xffffffff;

/** An entry with every field decided. */
interface Settled {
  readonly name: Buffer;
  readonly method: number;
  readonly flags: number;
  readonly data: Buffer;
  readonly crc32: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly headerOffset: number;
  readonly described: boolean;
}

function settle(spec: ZipEntrySpec, offset: number): Settled {
  const name = Buffer.from(spec.name);
  const isFolder = name.at(-1) === 0x2f;
  const content = Buffer.from(spec.content ?? '');
  const method = spec.method ?? (isFolder ? 0 : 8);
  const data = spec.data ?? (method === 8 ? deflateRawSync(content) : content);
  const described = (spec.descriptor ?? (isFolder ? 'none' : 'signed')) !== 'none';
  return {
    name,
    method,
    flags: spec.flags ?? (described ? 0x0008 : 0),
    data,
    crc32: spec.crc32 ?? crc32(content),
    size: spec.size ?? content.length,
    compressedSize: spec.compressedSize ?? data.length,
    headerOffset: spec.headerOffset ?? offset,
    described,
  };
}

function localHeader(spec: ZipEntrySpec, entry: Settled): Buffer {
  const name = Buffer.from(spec.local?.name ?? entry.name);
  const extra = spec.local?.extra ?? NONE;
  const fixed = Buffer.alloc(30);
  fixed.writeUInt32LE(spec.local?.signature ?? 0x04034b50, 0);
  fixed.writeUInt16LE(20, 4);
  fixed.writeUInt16LE(spec.local?.flags ?? entry.flags, 6);
  fixed.writeUInt16LE(spec.local?.method ?? entry.method, 8);
  if (!entry.described) {
    fixed.writeUInt32LE(entry.crc32, 14);
    fixed.writeUInt32LE(Math.min(entry.compressedSize, MAXED), 18);
    fixed.writeUInt32LE(Math.min(entry.size, MAXED), 22);
  }
  fixed.writeUInt16LE(name.length, 26);
  fixed.writeUInt16LE(extra.length, 28);
  return Buffer.concat([fixed, name, extra]);
}

function descriptor(spec: ZipEntrySpec, entry: Settled): Buffer {
  if (!entry.described) return NONE;
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(spec.descriptorCrc ?? entry.crc32, 4);
  bytes.writeUInt32LE(Math.min(entry.compressedSize, MAXED), 8);
  bytes.writeUInt32LE(Math.min(entry.size, MAXED), 12);
  return spec.descriptor === 'unsigned' ? bytes.subarray(4) : bytes;
}

function centralHeader(spec: ZipEntrySpec, entry: Settled): Buffer {
  const zip64 = spec.zip64 ? zip64Field(entry) : NONE;
  const extra = Buffer.concat([spec.extra ?? NONE, zip64]);
  const fixed = Buffer.alloc(46);
  fixed.writeUInt32LE(0x02014b50, 0);
  fixed.writeUInt16LE(spec.creator ?? 20, 4);
  fixed.writeUInt16LE(spec.zip64 ? 45 : 20, 6);
  fixed.writeUInt16LE(entry.flags, 8);
  fixed.writeUInt16LE(entry.method, 10);
  fixed.writeUInt32LE(entry.crc32, 16);
  fixed.writeUInt32LE(spec.zip64 ? MAXED : entry.compressedSize, 20);
  fixed.writeUInt32LE(spec.zip64 ? MAXED : entry.size, 24);
  fixed.writeUInt16LE(entry.name.length, 28);
  fixed.writeUInt16LE(extra.length, 30);
  fixed.writeUInt16LE(spec.disk ?? 0, 34);
  fixed.writeUInt32LE(spec.externalAttributes ?? 0, 38);
  fixed.writeUInt32LE(spec.zip64 ? MAXED : entry.headerOffset, 42);
  return Buffer.concat([fixed, entry.name, extra]);
}

function zip64Field(entry: Settled): Buffer {
  const field = Buffer.alloc(28);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(24, 2);
  field.writeBigUInt64LE(BigInt(entry.size), 4);
  field.writeBigUInt64LE(BigInt(entry.compressedSize), 12);
  field.writeBigUInt64LE(BigInt(entry.headerOffset), 20);
  return field;
}

/** The end record, behind a zip64 end record and locator where asked for. */
function endRecords(
  options: ZipSpec,
  entries: number,
  directorySize: number,
  directoryOffset: number,
): Buffer[] {
  const comment = options.comment ?? NONE;
  const count = options.count ?? entries;
  const size = options.directorySize ?? directorySize;
  const offset = options.directoryOffset ?? directoryOffset;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.disk ?? 0, 4);
  end.writeUInt16LE(options.disk ?? 0, 6);
  end.writeUInt16LE(options.zip64 ? 0xffff : count % 65_536, 8);
  end.writeUInt16LE(options.zip64 ? 0xffff : count % 65_536, 10);
  end.writeUInt32LE(options.zip64 ? MAXED : size, 12);
  end.writeUInt32LE(options.zip64 ? MAXED : offset, 16);
  end.writeUInt16LE(options.commentLength ?? comment.length, 20);
  if (!options.zip64) return [end, comment];
  const record = zip64EndRecord(options.disk ?? 0, count, size, offset);
  const at = (options.before?.length ?? 0) + directoryOffset + directorySize;
  return [record, zip64Locator(options.locator?.at ?? at, options.locator?.disks ?? 1), end, comment];
}

function zip64EndRecord(disk: number, count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeUInt32LE(disk, 16);
  record.writeUInt32LE(disk, 20);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  return record;
}

function zip64Locator(at: number, disks: number): Buffer {
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at), 8);
  locator.writeUInt32LE(disks, 16);
  return locator;
}
