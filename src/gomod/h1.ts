/**
 * The h1 hash of go.sum: a hash over the sorted list of a module's files and their SHA-256, never the SHA-256 of a
 * zip file. Source: golang.org/x/mod/sumdb/dirhash, Hash1.
 */
import { createHash, hash } from 'node:crypto';
import { ModuleError } from '../errors.ts';
import type { Branded } from './brand.ts';
import { quote } from './text.ts';

/** `h1:` and the canonical standard base64 of 32 bytes: two of them are equal exactly if their texts are. */
export type H1 = Branded<string, 'H1'>;

export interface HashedFile {
  /** The whole name: in a zip with its `<path>@<version>/` prefix. */
  readonly name: string;
  /** Of the content, 64 hexadecimal digits in lower case. */
  readonly sha256: string;
}

/** 42 digits of base64, one that ends 32 bytes without stray bits, and the padding. */
const H1_TEXT = /^h1:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const SURROGATE = /[\ud800-\udfff]/;

/** A go.mod without content. Go once wrote this into go.sum for what is no module, and drops it on reading. */
export const EMPTY_GOMOD_H1: H1 = parseH1('h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=');

/** Throws ModuleError H1_INVALID. A decoder would forgive stray bits and missing padding; this does not. */
export function parseH1(text: string): H1 {
  if (!H1_TEXT.test(text)) {
    throw new ModuleError('H1_INVALID', `${quote(text)}: invalid h1 hash: not the base64 of 32 bytes`);
  }
  // The cast is true: the text is the one spelling of its 32 bytes.
  return text as H1;
}

/** Characters of the list that are hashed at once: the list of a large zip is never held whole. */
const LIST_CHUNK = 1 << 16;

/**
 * The hash of a set of files in any order. Names are sorted by their UTF-8 bytes. Throws ModuleError H1_INVALID for a
 * name that holds a newline, occurs twice, or has no UTF-8 form.
 */
export function hashFileList(files: readonly HashedFile[]): H1 {
  const sorted = sortByName(files);
  const listHash = createHash('sha256');
  let previous: string | undefined;
  let list = '';
  for (const { name, sha256 } of sorted) {
    if (name.includes('\n')) throw badName(name, 'a newline in a file name');
    if (name === previous) throw badName(name, 'two files of one name');
    list += `${sha256}  ${name}\n`;
    previous = name;
    if (list.length < LIST_CHUNK) continue;
    listHash.update(list, 'utf8');
    list = '';
  }
  // The cast is true: this is how an h1 hash is made.
  return `h1:${listHash.update(list, 'utf8').digest('base64')}` as H1;
}

/** The hash of a go.mod on its own, as in the `/go.mod` lines of go.sum: a list of the one file `go.mod`. */
export function hashGoMod(bytes: Uint8Array): H1 {
  const list = `${hash('sha256', bytes)}  go.mod\n`;
  // The cast is true: this is how an h1 hash is made.
  return `h1:${hash('sha256', list, 'base64')}` as H1;
}

/**
 * JavaScript sorts by UTF-16 code units. That is the order of UTF-8 bytes but for one case: a surrogate (of U+10000
 * and above) sorts before U+E000–U+FFFF. Only then are the bytes themselves compared, which is far slower.
 */
function sortByName(files: readonly HashedFile[]): HashedFile[] {
  if (!files.some((file) => SURROGATE.test(file.name))) {
    return files.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  }
  const keyed = files.map((file) => ({ file, bytes: utf8(file.name) }));
  keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return keyed.map(({ file }) => file);
}

function utf8(name: string): Buffer {
  if (!name.isWellFormed()) throw badName(name, 'a file name that is not Unicode text');
  return Buffer.from(name, 'utf8');
}

function badName(name: string, cause: string): ModuleError {
  return new ModuleError('H1_INVALID', `${quote(name)}: cannot hash the file list: ${cause}`);
}
