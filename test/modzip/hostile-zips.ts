/**
 * One zip for every rule, each with a single lie, and the reason for which it is refused; and the zips that look odd
 * but that Go takes, so that we must as well. Both lists are held against the Go command's own packages.
 */

import { deflateRawSync } from 'node:zlib';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { buildZip, type ZipEntrySpec, type ZipSpec } from '../support/zip-builder.ts';

export const MV = parseModuleVersion('example.com/m', 'v1.0.0');
export const ROOT = 'example.com/m@v1.0.0/';
export const GO_MOD: ZipEntrySpec = { name: `${ROOT}go.mod`, content: 'module example.com/m\n' };
export const M_GO: ZipEntrySpec = { name: `${ROOT}m.go`, content: 'package m\n' };

export interface HostileZip {
  readonly rule: string;
  readonly zip: () => Buffer;
  /** What follows `example.com/m@v1.0.0: invalid module zip: `. */
  readonly reason: string;
  /** Where we are stricter than the Go client. */
  readonly goAccepts?: true;
}

export interface OddZip {
  readonly rule: string;
  readonly zip: () => Buffer;
}

function named(...names: (string | Buffer)[]): () => Buffer {
  return () =>
    buildZip(names.map((name) => ({ name: Buffer.concat([Buffer.from(ROOT), Buffer.from(name)]) })));
}

/** A valid go.mod, then `m.go` with a lie. */
function lying(lie: Partial<ZipEntrySpec>): () => Buffer {
  return () => buildZip([GO_MOD, { ...M_GO, ...lie }]);
}

function ending(lie: ZipSpec): () => Buffer {
  return () => buildZip([GO_MOD, M_GO], lie);
}

function patched(make: () => Buffer, patch: (zip: Buffer) => void): () => Buffer {
  return () => {
    const zip = make();
    patch(zip);
    return zip;
  };
}

const VALID = ending({});
const FIRST_HEADER = Buffer.from('PK\x01\x02', 'latin1');

const NAMES: readonly HostileZip[] = [
  {
    rule: 'a name outside the module version',
    zip: () => buildZip([GO_MOD, { name: 'example.com/other@v1.0.0/x.go' }]),
    reason: 'example.com/other@v1.0.0/x.go does not begin with the module version',
  },
  {
    rule: 'the prefix in its escaped form or another case',
    zip: () => buildZip([{ name: 'example.com/M@v1.0.0/go.mod' }]),
    reason: 'example.com/M@v1.0.0/go.mod does not begin with the module version',
  },
  {
    rule: 'the prefix without its slash',
    zip: () => buildZip([{ name: 'example.com/m@v1.0.0' }]),
    reason: 'example.com/m@v1.0.0 does not begin with the module version',
  },
  {
    rule: 'an empty name',
    zip: () => buildZip([{ name: '' }]),
    reason: '"" does not begin with the module version',
  },
  {
    rule: 'a path that climbs out',
    zip: named('../../etc/passwd'),
    reason: '../../etc/passwd: invalid file path: an element ends in a dot',
  },
  {
    rule: 'an absolute path below the prefix',
    zip: named('/etc/passwd'),
    reason: '/etc/passwd: invalid file path: empty element',
  },
  { rule: 'an empty element', zip: named('a//b.go'), reason: 'a//b.go: invalid file path: empty element' },
  {
    rule: 'a dot element',
    zip: named('a/./b.go'),
    reason: 'a/./b.go: invalid file path: an element ends in a dot',
  },
  { rule: 'a folder without a name', zip: named('/'), reason: '"": invalid file path: empty' },
  { rule: 'two slashes at the end', zip: named('a//'), reason: 'a/: invalid file path: empty element' },
  {
    rule: 'a backslash',
    zip: named('a\\b.go'),
    reason: 'a\\b.go: invalid file path: a character that is not allowed',
  },
  {
    rule: 'a newline, which would forge a line of the h1 list',
    zip: named('a\nb.go'),
    reason: '"a\\nb.go": invalid file path: a character that is not allowed',
  },
  {
    rule: 'a NUL byte',
    zip: named('a\0.go'),
    reason: '"a\\u0000.go": invalid file path: a character that is not allowed',
  },
  {
    rule: 'a name of Windows devices',
    zip: named('aux.go'),
    reason: 'aux.go: invalid file path: element aux.go is reserved on Windows',
  },
  {
    rule: 'bytes that are not UTF-8',
    zip: named(Buffer.from([0x61, 0xff, 0x2e, 0x67, 0x6f])),
    reason: '"a\ufffd.go": invalid file path: a character that is not allowed',
  },
  {
    rule: 'a letter in overlong UTF-8',
    zip: named(Buffer.from([0xc1, 0xa1])),
    reason: '"\ufffd\ufffd": invalid file path: a character that is not allowed',
  },
  {
    rule: 'an emoji',
    zip: named('\u{1f600}.go'),
    reason: '"\u{1f600}.go": invalid file path: a character that is not allowed',
  },
];

const COLLISIONS: readonly HostileZip[] = [
  { rule: 'a file that comes twice', zip: named('a.go', 'a.go'), reason: 'the file a.go is there twice' },
  {
    rule: 'two files that differ in case',
    zip: named('x/README', 'x/readme'),
    reason: 'x/README and x/readme differ in case only',
  },
  {
    rule: 'two folders that differ in case',
    zip: named('Dir/a.go', 'dir/b.go'),
    reason: 'Dir and dir differ in case only',
  },
  {
    rule: 'a folder entry and a parent that differ in case',
    zip: named('a/b/', 'a/B/c.go'),
    reason: 'a/b and a/B differ in case only',
  },
  {
    rule: 'the Kelvin sign and k, which lower case alone tells apart in other languages',
    zip: named('\u212a.go', 'k.go'),
    reason: '"\u212a.go" and k.go differ in case only',
  },
  {
    rule: 'the long s and s',
    zip: named('s.go', '\u017f.go'),
    reason: 's.go and "\u017f.go" differ in case only',
  },
  {
    rule: 'the two small sigmas',
    zip: named('\u03c3', '\u03c2'),
    reason: '"\u03c3" and "\u03c2" differ in case only',
  },
  {
    rule: 'the capital sharp s',
    zip: named('\u00df', '\u1e9e'),
    reason: '"\u00df" and "\u1e9e" differ in case only',
  },
  {
    rule: 'a file where a folder must be',
    zip: named('a', 'a/b.go'),
    reason: 'a is both a file and a folder',
  },
  { rule: 'a folder where a file is', zip: named('a/b.go', 'a'), reason: 'a is both a file and a folder' },
  { rule: 'a folder entry where a file is', zip: named('a', 'a/'), reason: 'a is both a file and a folder' },
  {
    rule: 'a folder entry that comes twice',
    zip: named('a/', 'a/'),
    reason: 'the folder a is there twice',
    goAccepts: true,
  },
  {
    rule: 'the entry of the root twice',
    zip: named('', ''),
    reason: 'the folder "" is there twice',
    goAccepts: true,
  },
];

const GO_MODS: readonly HostileZip[] = [
  {
    rule: 'a go.mod below the root',
    zip: named('sub/go.mod'),
    reason: "sub/go.mod lies in another folder than the module's root",
  },
  {
    rule: 'a go.mod below the root in another case',
    zip: named('sub/Go.Mod'),
    reason: "sub/Go.Mod lies in another folder than the module's root",
  },
  { rule: 'GO.MOD in the root', zip: named('GO.MOD'), reason: 'GO.MOD must be spelt go.mod' },
  {
    rule: 'a go.mod over 16 MiB',
    zip: () => buildZip([{ ...GO_MOD, size: 16_777_217 }]),
    reason: 'go.mod is larger than 16777216 bytes',
  },
  {
    rule: 'a LICENSE over 16 MiB',
    zip: () => buildZip([{ name: `${ROOT}LICENSE`, size: 16_777_217 }]),
    reason: 'LICENSE is larger than 16777216 bytes',
  },
];

const SIZES: readonly HostileZip[] = [
  {
    rule: 'more than 500 MiB in one file',
    zip: lying({ size: 524_288_001 }),
    reason: 'the content is larger than 524288000 bytes',
  },
  {
    rule: 'more than 500 MiB in two files',
    zip: () =>
      buildZip([
        { ...GO_MOD, name: `${ROOT}a`, size: 300_000_000 },
        { ...M_GO, size: 300_000_000 },
      ]),
    reason: 'the content is larger than 524288000 bytes',
  },
  {
    rule: 'a size of 2³²−1 without a zip64 field',
    zip: lying({ size: 0xffffffff }),
    reason: 'the content is larger than 524288000 bytes',
  },
  {
    rule: 'a zip64 size that would be negative in 64 bits',
    zip: patched(lying({ zip64: true }), (zip) => {
      zip.writeUInt32LE(0xffffffff, zip.lastIndexOf(Buffer.from([1, 0, 24, 0])) + 8);
    }),
    reason: 'the content is larger than 524288000 bytes',
  },
  {
    rule: 'content larger than declared',
    zip: lying({ size: 9 }),
    reason: 'm.go: it declares 9 bytes and has more',
  },
  {
    rule: 'content smaller than declared',
    zip: lying({ size: 11 }),
    reason: 'm.go: it declares 11 bytes and has 10',
  },
  {
    rule: 'stored content larger than declared',
    zip: lying({ method: 0, size: 9 }),
    reason: 'm.go: it declares 9 bytes and has more',
  },
  {
    rule: 'stored content smaller than declared',
    zip: lying({ method: 0, size: 11 }),
    reason: 'm.go: it declares 11 bytes and has 10',
  },
  {
    rule: 'a bomb: 20 MB where 10 bytes are declared',
    zip: lying({ data: deflateRawSync(Buffer.alloc(20_000_000)) }),
    reason: 'm.go: it declares 10 bytes and has more',
  },
  {
    rule: 'a large entry with more than it declares',
    zip: lying({ data: deflateRawSync(Buffer.alloc(3_000_000)), size: 2_000_000 }),
    reason: 'm.go: it declares 2000000 bytes and has more',
  },
  {
    rule: 'a large entry with more than it declares, found before its damaged end',
    zip: lying({ data: deflateRawSync(Buffer.alloc(3_000_000)).subarray(0, -9), size: 2_000_000 }),
    reason: 'm.go: it declares 2000000 bytes and has more',
  },
  {
    rule: 'a large entry with less than it declares',
    zip: lying({ data: deflateRawSync(Buffer.alloc(3_000_000)), size: 4_000_000 }),
    reason: 'm.go: it declares 4000000 bytes and has 3000000',
  },
  {
    rule: 'a folder with content',
    zip: () => buildZip([GO_MOD, { name: `${ROOT}d/`, content: 'x' }]),
    reason: 'the folder d has content',
  },
];

const CONTENT: readonly HostileZip[] = [
  { rule: 'a wrong checksum', zip: lying({ crc32: 1 }), reason: 'm.go: its checksum is wrong' },
  {
    rule: 'a wrong checksum of stored content, no descriptor',
    zip: lying({ method: 0, descriptor: 'none', crc32: 1 }),
    reason: 'm.go: its checksum is wrong',
  },
  {
    rule: 'a checksum of 0 with a descriptor',
    zip: lying({ crc32: 0 }),
    reason: 'm.go: its checksum is wrong',
  },
  {
    rule: 'a wrong checksum in the descriptor',
    zip: lying({ descriptorCrc: 1 }),
    reason: 'm.go: its data descriptor has another checksum',
  },
  {
    rule: 'a wrong checksum in a descriptor without signature',
    zip: lying({ descriptorCrc: 1, descriptor: 'unsigned' }),
    reason: 'm.go: its data descriptor has another checksum',
  },
  {
    rule: 'deflate data that is noise',
    zip: lying({ data: Buffer.alloc(12, 0xff) }),
    reason: 'm.go: damaged deflate data (invalid block type)',
  },
  {
    rule: 'deflate data that is cut',
    zip: lying({ data: deflateRawSync(Buffer.from('package m\n')).subarray(0, -2) }),
    reason: 'm.go: damaged deflate data (unexpected end of file)',
  },
  {
    rule: 'a deflated entry without data',
    zip: lying({ data: Buffer.alloc(0) }),
    reason: 'm.go: damaged deflate data (unexpected end of file)',
  },
  {
    rule: 'large deflate data that is cut',
    zip: lying({ data: deflateRawSync(Buffer.alloc(3_000_000)).subarray(0, -9), size: 3_000_000 }),
    reason: 'm.go: damaged deflate data (unexpected end of file)',
  },
  {
    rule: 'another compression method',
    zip: lying({ method: 12 }),
    reason: 'm.go uses compression method 12',
  },
  { rule: 'encryption', zip: lying({ flags: 0x0009 }), reason: 'm.go is encrypted', goAccepts: true },
  {
    rule: 'a symbolic link',
    zip: lying({ creator: 3 << 8, externalAttributes: 0o120777 * 65_536 }),
    reason: 'm.go is neither a regular file nor a folder',
    goAccepts: true,
  },
  {
    rule: 'a device',
    zip: lying({ creator: 3 << 8, externalAttributes: 0o020666 * 65_536 }),
    reason: 'm.go is neither a regular file nor a folder',
    goAccepts: true,
  },
  {
    rule: 'a symbolic link made on macOS',
    zip: lying({ creator: 19 << 8, externalAttributes: 0o120777 * 65_536 }),
    reason: 'm.go is neither a regular file nor a folder',
    goAccepts: true,
  },
];

const LOCAL_LIE = 'm.go: its local header has another name, method or flags';

const PLACES: readonly HostileZip[] = [
  {
    rule: 'another name in the local header',
    zip: lying({ local: { name: `${ROOT}n.go` } }),
    reason: LOCAL_LIE,
    goAccepts: true,
  },
  {
    rule: 'another method in the local header',
    zip: lying({ local: { method: 0 } }),
    reason: LOCAL_LIE,
    goAccepts: true,
  },
  {
    rule: 'other flags in the local header',
    zip: lying({ local: { flags: 0 } }),
    reason: LOCAL_LIE,
    goAccepts: true,
  },
  {
    rule: 'no local header',
    zip: lying({ local: { signature: 0 } }),
    reason: 'm.go: it has no local header',
  },
  {
    rule: 'a folder without a local header',
    zip: () => buildZip([{ name: `${ROOT}d/`, local: { signature: 0 } }]),
    reason: 'd/: it has no local header',
  },
  {
    rule: 'two entries that share their data',
    zip: () =>
      buildZip([GO_MOD, { ...GO_MOD, name: `${ROOT}a.txt`, headerOffset: 0, local: { name: GO_MOD.name } }]),
    reason: 'a.txt: it overlaps the entry before it',
    goAccepts: true,
  },
  {
    rule: 'an entry inside another one',
    zip: () => {
      const inner = buildZip([M_GO]);
      const outer = { name: `${ROOT}inner.zip`, method: 0, content: inner };
      return buildZip([outer, { ...M_GO, headerOffset: 30 + outer.name.length }]);
    },
    reason: 'm.go: it overlaps the entry before it',
    goAccepts: true,
  },
  {
    rule: 'data that reaches into the central directory',
    zip: lying({ compressedSize: 100, descriptor: 'none' }),
    reason: 'm.go: it reaches into the central directory',
    goAccepts: true,
  },
  {
    rule: 'data that reaches beyond the file',
    zip: lying({ method: 0, compressedSize: 400_000_000, size: 400_000_000 }),
    reason: 'm.go: it reaches into the central directory',
  },
  {
    rule: 'a header beyond the file',
    zip: lying({ headerOffset: 100_000 }),
    reason: 'm.go: the file ends at byte 345',
  },
  {
    rule: 'a header before the file',
    zip: ending({ directoryOffset: 200 }),
    reason: 'go.mod: its header lies before the file',
  },
];

const ENDS: readonly HostileZip[] = [
  {
    rule: 'an empty file',
    zip: () => Buffer.alloc(0),
    reason: 'there is no end record: the file is cut, or not a zip',
  },
  {
    rule: 'a web page',
    zip: () => Buffer.from('<!doctype html><title>Log in</title><p>Welcome to the hotel.</p>'),
    reason: 'there is no end record: the file is cut, or not a zip',
  },
  {
    rule: 'a file that is cut by one byte',
    zip: () => VALID().subarray(0, -1),
    reason: 'there is no end record: the file is cut, or not a zip',
  },
  {
    rule: 'a cut comment',
    zip: ending({ comment: Buffer.from('hello'), commentLength: 6 }),
    reason: 'the comment after the end record is cut',
  },
  {
    rule: 'an end record more than 65 KiB from the end',
    zip: ending({ after: Buffer.alloc(66_600) }),
    reason: 'there is no end record: the file is cut, or not a zip',
  },
  {
    rule: 'a central directory that begins before the file',
    zip: ending({ directorySize: 1_000_000 }),
    reason: 'the central directory begins before the file does',
  },
  {
    rule: 'an end record that counts one entry more',
    zip: ending({ count: 3 }),
    reason: 'the end record disagrees with the number of entries found: 2',
  },
  {
    rule: 'an end record that counts one entry less',
    zip: ending({ count: 1 }),
    reason: 'the end record disagrees with the number of entries found: 2',
  },
  {
    rule: 'a header whose signature is damaged',
    zip: patched(VALID, (zip) => zip.writeUInt8(0, zip.lastIndexOf(FIRST_HEADER))),
    reason: 'the end record disagrees with the number of entries found: 1',
  },
  {
    rule: 'a header that reaches into the end record',
    zip: patched(VALID, (zip) => zip.writeUInt16LE(5_000, zip.lastIndexOf(FIRST_HEADER) + 32)),
    reason: 'header 2 is cut',
  },
  {
    rule: 'two directories, of which Go takes the earlier one, that names another disk',
    zip: () => twoDirectories(),
    reason: 'header 1 names another disk',
    goAccepts: true,
  },
  {
    rule: 'an entry on another disk',
    zip: lying({ disk: 1 }),
    reason: 'header 2 names another disk',
    goAccepts: true,
  },
  {
    rule: 'an archive of several disks',
    zip: ending({ disk: 1 }),
    reason: 'the archive is one of several disks',
    goAccepts: true,
  },
  {
    rule: 'a zip64 archive of several disks',
    zip: ending({ disk: 1, zip64: true }),
    reason: 'the archive is one of several disks',
    goAccepts: true,
  },
  {
    rule: 'a compressed size of 2³²−1 without a zip64 field',
    zip: lying({ compressedSize: 0xffffffff }),
    reason: 'header 2 lacks its zip64 sizes',
  },
  {
    rule: 'a zip64 field that is too short',
    zip: lying({ compressedSize: 0xffffffff, extra: Buffer.from([1, 0, 4, 0, 0, 0, 0, 0]) }),
    reason: 'header 2 has zip64 sizes that are cut',
  },
  {
    rule: 'a zip64 end record outside the file',
    zip: ending({ zip64: true, locator: { at: 5_000_000 } }),
    reason: 'the zip64 end record lies outside the file',
  },
  {
    rule: 'a locator that points at something else',
    zip: ending({ zip64: true, locator: { at: 0 } }),
    reason: 'the zip64 end record is missing',
  },
  {
    rule: 'a zip64 locator of several disks',
    zip: ending({ zip64: true, locator: { disks: 2 } }),
    reason: 'the central directory begins before the file does',
  },
];

export const HOSTILE_ZIPS = [...NAMES, ...COLLISIONS, ...GO_MODS, ...SIZES, ...CONTENT, ...PLACES, ...ENDS];

const BIG = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * 2_654_435_761) >>> 13).join(','));

export const ODD_ZIPS: readonly OddZip[] = [
  { rule: 'no entries', zip: () => buildZip([]) },
  { rule: 'no entries, zip64', zip: () => buildZip([], { zip64: true }) },
  { rule: 'no go.mod', zip: () => buildZip([M_GO]) },
  { rule: 'empty files, deflated and stored', zip: named('a', 'b') },
  { rule: 'folder entries, the root among them', zip: named('', 'd/', 'd/e/', 'd/e/f.go', 'd/g.go') },
  { rule: 'a folder entry after its files', zip: named('d/f.go', 'd/') },
  { rule: 'a folder named go.mod', zip: named('go.mod/x.go', 'sub/go.mod/') },
  {
    rule: 'a folder that is deflated, as the jar tool writes it',
    zip: () => buildZip([{ name: `${ROOT}d/`, method: 8 }]),
  },
  {
    rule: 'names with letters of many scripts',
    zip: named('é.go', 'ä/漢字.go', 'ж.go', '\u0131.go', 'i.go', 'ǆ'),
  },
  {
    rule: 'names that UTF-16 would sort in another order',
    zip: named('\u{20000}.go', '\uff41.go', '\ufb00.go'),
  },
  { rule: 'punctuation in names', zip: named('!#$%&()+,-.=@[]^_{}~ x', '.gitignore', '...x') },
  { rule: 'LICENSE and go.mod elsewhere in other cases', zip: named('license', 'x/LICENSE', 'x/go.mods') },
  { rule: 'stored content', zip: lying({ method: 0 }) },
  { rule: 'no descriptor', zip: lying({ descriptor: 'none' }) },
  { rule: 'a descriptor without signature', zip: lying({ descriptor: 'unsigned' }) },
  { rule: 'a checksum that was not written', zip: lying({ descriptor: 'none', crc32: 0 }) },
  {
    rule: 'bytes after the end of the deflate stream',
    zip: lying({ data: Buffer.concat([deflateRawSync(Buffer.from('package m\n')), Buffer.from('more')]) }),
  },
  {
    rule: 'the mode of a plain file',
    zip: lying({ creator: 3 << 8, externalAttributes: 0o100644 * 65_536 }),
  },
  {
    rule: 'a link mode from a system without modes',
    zip: lying({ creator: 0, externalAttributes: 0o120777 * 65_536 }),
  },
  {
    rule: 'extra fields',
    zip: lying({ extra: Buffer.from([0x55, 0x54, 1, 0, 7]), local: { extra: Buffer.alloc(40) } }),
  },
  { rule: 'an extra field that is cut', zip: lying({ extra: Buffer.from([0x55, 0x54, 200, 0, 7]) }) },
  { rule: 'zip64 sizes', zip: lying({ zip64: true }) },
  { rule: 'a zip64 end record', zip: ending({ zip64: true }) },
  {
    rule: 'a count of 65,535 that is not zip64',
    zip: () => emptyFiles(65_535),
  },
  {
    rule: 'more entries than 16 bits can count',
    zip: () => emptyFiles(65_540),
  },
  { rule: 'bytes before the archive', zip: ending({ before: Buffer.from('#!/bin/sh\n') }) },
  { rule: 'bytes before the archive that the offsets count', zip: () => shiftedBase() },
  { rule: 'bytes after the archive', zip: ending({ after: Buffer.alloc(5_000, 'x') }) },
  { rule: 'a comment', zip: ending({ comment: Buffer.alloc(65_535, 'x') }) },
  { rule: 'a wrong size of the directory', zip: ending({ directorySize: 1 }) },
  { rule: 'a directory in another order than the data', zip: ending({ order: [1, 0] }) },
  { rule: 'a large deflated entry', zip: lying({ content: BIG }) },
  { rule: 'a large stored entry', zip: lying({ content: BIG, method: 0 }) },
  { rule: 'a large entry of few bytes', zip: lying({ content: Buffer.alloc(30_000_000) }) },
  { rule: 'an entry of exactly 1 MiB', zip: lying({ content: BIG.subarray(0, 1_048_576) }) },
  { rule: 'an entry of one byte less than 1 MiB', zip: lying({ content: BIG.subarray(0, 1_048_575) }) },
  {
    rule: 'a large entry between small ones',
    zip: () => buildZip([GO_MOD, { name: `${ROOT}big`, content: BIG }, M_GO]),
  },
];

/** One directory where the end record says it begins, and one right before the end record. */
function twoDirectories(): Buffer {
  const first = buildZip([{ ...GO_MOD, disk: 1 }]);
  const directoryOffset = first.readUInt32LE(first.length - 6);
  return buildZip([M_GO], { before: first.subarray(0, -22), directoryOffset });
}

function emptyFiles(count: number): Buffer {
  return buildZip(Array.from({ length: count }, (_, i) => ({ name: `${ROOT}${i}`, method: 0 })));
}

/** Offsets that count the bytes in front already, as some self-extracting archives have them. */
function shiftedBase(): Buffer {
  const before = Buffer.alloc(100, 'x');
  const shifted = [{ ...GO_MOD, headerOffset: before.length }];
  const plain = buildZip(shifted);
  const end = plain.length - 22;
  const start = plain.readUInt32LE(end + 16);
  plain.writeUInt32LE(start + before.length, end + 16);
  return Buffer.concat([before, plain]);
}
