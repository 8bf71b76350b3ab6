/**
 * `_mirror/snapshot.json` and `_mirror/SHA256SUMS`: what a snapshot holds. The manifest is what the far side, the
 * verifier and the SBOM go by; its SHA-256 identifies the snapshot. Same content, same time: same bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { StateError } from '../errors.ts';
import { MANIFEST } from './layout.ts';
import { manifestProblem } from './manifest-check.ts';
import { stamp } from './stamp.ts';

/** A file of a snapshot; `path` is relative to the snapshot's root, sha256 lower-case hex, size bytes. */
export interface ManifestFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** go.sum's directory hash; zips and go.mod files. */
  readonly h1?: string;
}

export interface ManifestModule {
  readonly module: string;
  readonly version: string;
  /** The seeds that want it, or wanted it when last they did. */
  readonly requiredBy: readonly string[];
}

/** A version that was found when the seed was read, for a seed that asks for the latest. */
export interface Pin {
  /** As `example.com/m@latest`. */
  readonly seed: string;
  readonly version: string;
}

export interface Manifest {
  readonly format: 'modferry-snapshot/1';
  readonly id: string;
  readonly createdAt: string;
  readonly previous: string | null;
  /** The name of the checksum database that it carries in `sumdb/`; absent in snapshots without one. */
  readonly sumdb?: string;
  /** Absent where no seed asks for the latest. */
  readonly pins?: readonly Pin[];
  /** Every file but those in `_mirror/` and `sumdb/`, sorted by path. */
  readonly files: readonly ManifestFile[];
  /** Sorted by module in byte order, then by version. */
  readonly modules: readonly ManifestModule[];
}

/** One line a file and a module: a person can grep it, a diff tool can compare it. */
export function formatManifest(manifest: Manifest): string {
  const { files, modules, ...head } = manifest;
  const lines = (rows: readonly unknown[]) => rows.map((row) => `\n    ${JSON.stringify(row)}`).join(',');
  const opening = JSON.stringify(head, null, 2).slice(0, -2);
  return `${opening},\n  "files": [${lines(files)}\n  ],\n  "modules": [${lines(modules)}\n  ]\n}\n`;
}

/** Of the snapshot in this folder. Throws StateError CORRUPT for what is not its manifest. */
export function readManifest(snapshot: string): { manifest: Manifest; sha256: string } {
  const path = join(snapshot, MANIFEST);
  const bytes = readFileSync(path);
  const manifest = parseManifest(bytes.toString('utf8'), path, basename(snapshot));
  return { manifest, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** `id` is the name of its folder. Throws StateError CORRUPT, with `path`, for what is not its manifest. */
export function parseManifest(text: string, path: string, id: string): Manifest {
  let value: Partial<Manifest>;
  try {
    value = JSON.parse(text) as Partial<Manifest>;
  } catch (cause) {
    throw new StateError('CORRUPT', `${path}: is no JSON`, { cause });
  }
  const problem = manifestProblem(value, id);
  if (problem !== undefined) throw new StateError('CORRUPT', `${path}: ${problem}`);
  // The cast is true: every field was looked at.
  return value as Manifest;
}

/** Identifies content without its time: SHA-256 over the sorted `<sha256>  <path>` lines, in hex. */
export function rootHashOf(files: readonly ManifestFile[]): string {
  return createHash('sha256').update(formatSha256Sums(files)).digest('hex');
}

/** The input of `sha256sum -c`. No path here holds a backslash or newline: they are escaped module paths. */
export function formatSha256Sums(files: Iterable<Pick<ManifestFile, 'path' | 'sha256'>>): string {
  let text = '';
  for (const { path, sha256 } of files) text += `${sha256}  ${path}\n`;
  return text;
}

/** The inverse, by path; lines of another shape make no sense, and match nothing. */
export function parseSha256Sums(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/**
 * A snapshot's name: its time and the first eight digits of its root hash. Names sort by age. The same content in the
 * same second, as after a rollback, gets a number behind it.
 */
export function snapshotId(createdAt: Date, rootHash: string, isTaken: (id: string) => boolean): string {
  const name = `${stamp(createdAt)}-${rootHash.slice(0, 8)}`;
  let id = name;
  for (let count = 2; isTaken(id); count++) id = `${name}-${count}`;
  return id;
}
