/**
 * The least that checking zips can cost: a program that unpacks every entry of the zips named in a file, a path a
 * line, and takes the SHA-256 of each, on all cores, with no rule checked and nothing compared.
 */
import { hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { inflateRawSync } from 'node:zlib';
import { readDirectory, type ZipEntry } from '../../src/modzip/central-directory.ts';
import { locateDirectory } from '../../src/modzip/end-record.ts';

interface Share {
  readonly paths: readonly string[];
  /** How many paths are taken, by all threads together. */
  readonly taken: Int32Array<SharedArrayBuffer>;
}

const LOCAL_HEADER = 30;
const DEFLATED = 8;

if (isMainThread) startThreads(process.argv[2] ?? '');
else hashShare(workerData);

/** Large zips first, so that no thread is left with one at the end. */
function startThreads(list: string): void {
  const paths = readFileSync(list, 'utf8').split('\n').filter(Boolean);
  const bySize = new Map(paths.map((path) => [path, statSync(path).size]));
  paths.sort((a, b) => (bySize.get(b) ?? 0) - (bySize.get(a) ?? 0));
  const workerData: Share = { paths, taken: new Int32Array(new SharedArrayBuffer(4)) };
  for (let i = 0; i < availableParallelism(); i++) new Worker(new URL(import.meta.url), { workerData });
}

function hashShare({ paths, taken }: Share): void {
  for (;;) {
    const path = paths[Atomics.add(taken, 0, 1)];
    if (path === undefined) return;
    hashEntries(path);
  }
}

function hashEntries(path: string): void {
  const bytes = readFileSync(path);
  const fd = openSync(path, 'r');
  const entries = readDirectory(fd, locateDirectory(fd, bytes.length));
  closeSync(fd);
  for (const entry of entries) hash('sha256', contentOf(bytes, entry), 'buffer');
}

function contentOf(bytes: Buffer, entry: ZipEntry): Buffer {
  const at = entry.headerOffset;
  const start = at + LOCAL_HEADER + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  const data = bytes.subarray(start, start + entry.compressedSize);
  if (entry.method !== DEFLATED) return data;
  // With room for one byte more than there is, zlib fills one buffer instead of joining several.
  return inflateRawSync(data, { chunkSize: Math.max(64, entry.size + 1) });
}
