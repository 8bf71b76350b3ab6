/**
 * Whether a value is a manifest as this program writes it. What a snapshot says of itself is read back by `verify`, and
 * by a sync that has lost its ledger: a path in it that leaves the snapshot, or an id that is another folder's, must
 * stop there, whoever wrote it.
 */
import { ModuleError } from '../errors.ts';
import { parseModuleFilePath } from '../gomod/artifact.ts';
import type { Manifest, ManifestFile, ManifestModule, Pin } from './manifest.ts';

const SHA256 = /^[0-9a-f]{64}$/;
const ID = /^[0-9A-Za-z-]+$/;
/** What has a meaning beyond the name on some system, or could forge a line of SHA256SUMS. */
const FORBIDDEN = /[\\:\p{Cc}]/u;

/** What is wrong, in words that follow the manifest's path; undefined where it is one. `id` is its folder's name. */
export function manifestProblem(value: Partial<Manifest> | null, id: string): string | undefined {
  if (value?.format !== 'modferry-snapshot/1' || !isListOf(value.files) || !isListOf(value.modules)) {
    return 'is no snapshot manifest that this program knows';
  }
  if (value.id !== id) return 'is the manifest of another snapshot';
  const isHead =
    typeof value.createdAt === 'string' &&
    (value.previous === null || isId(value.previous)) &&
    (value.sumdb === undefined || typeof value.sumdb === 'string') &&
    (value.pins === undefined || (isListOf(value.pins) && value.pins.every(isPin)));
  if (!isHead) return 'is no snapshot manifest that this program knows';
  if (!value.files.every(isFile)) return 'has an entry that is no file of a snapshot';
  return value.modules.every(isModule) ? undefined : 'has an entry that is no module version';
}

/** A path that stays below the folder it is relative to, in the form that snapshots use. */
export function isInside(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    !FORBIDDEN.test(path) &&
    path.split('/').every((element) => element !== '' && element !== '.' && element !== '..')
  );
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && ID.test(value);
}

function isFile(value: Partial<ManifestFile> | null): boolean {
  return (
    isInside(value?.path) &&
    isNamedRight(value.path) &&
    typeof value.sha256 === 'string' &&
    SHA256.test(value.sha256) &&
    Number.isSafeInteger(value.size) &&
    (value.h1 === undefined || typeof value.h1 === 'string')
  );
}

/** What has the form of a module's file must name a module version: it is looked up by that. */
function isNamedRight(path: string): boolean {
  try {
    parseModuleFilePath(path);
    return true;
  } catch (error) {
    if (error instanceof ModuleError) return false;
    throw error;
  }
}

function isModule(value: Partial<ManifestModule> | null): boolean {
  return (
    typeof value?.module === 'string' &&
    typeof value.version === 'string' &&
    isListOf(value.requiredBy) &&
    value.requiredBy.every((seed) => typeof seed === 'string')
  );
}

function isPin(value: Partial<Pin> | null): boolean {
  return typeof value?.seed === 'string' && typeof value.version === 'string';
}

function isListOf<T>(value: readonly T[] | undefined): value is readonly T[] {
  return Array.isArray(value);
}
