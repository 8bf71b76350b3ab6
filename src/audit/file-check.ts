/**
 * Reads files and compares them with what they should be. Hard links are the same bytes: each inode is read once,
 * however many snapshots serve it. A zip that is hashed for its h1 is not read again for its SHA-256.
 */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { VerificationError } from '../errors.ts';
import { parseModuleFilePath } from '../gomod/artifact.ts';
import { hashGoMod } from '../gomod/h1.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { DamageCode } from '../repair/journal.ts';
import type { ManifestFile } from '../site/manifest.ts';

export interface Flaw {
  readonly code: DamageCode;
  readonly message: string;
}

/** What is expected of a file; `path` is that of the GOPROXY protocol. */
export type Expected = Pick<ManifestFile, 'path' | 'sha256' | 'h1'>;

/** What was found. `flaw` is what is wrong with a file beyond its hashes. */
interface Facts {
  readonly sha256: string;
  readonly h1?: string;
  readonly flaw?: Flaw;
}

export class FileCheck {
  readonly #hasher: Pick<ZipHasher, 'check'>;
  readonly #full: boolean;
  readonly #known = new Map<string, Promise<Facts>>();

  /** With `full` every h1 is computed as well. */
  constructor(hasher: Pick<ZipHasher, 'check'>, full: boolean) {
    this.#hasher = hasher;
    this.#full = full;
  }

  /** Files that were read so far; hard links count once. */
  get count(): number {
    return this.#known.size;
  }

  /** What is wrong with the file at `path`, if anything. */
  async flawOf(path: string, expected: Expected): Promise<Flaw | undefined> {
    const stats = lstatSync(path, { throwIfNoEntry: false, bigint: true });
    // A link is none of ours, and what it leads to may be anything.
    if (stats?.isSymbolicLink()) return { code: 'MISSING', message: 'is a link in place of a file' };
    if (!stats?.isFile()) return { code: 'MISSING', message: 'is not there' };
    const inode = `${stats.dev}:${stats.ino}`;
    const reading = this.#known.get(inode) ?? this.#read(path, expected);
    this.#known.set(inode, reading);
    const { sha256, h1, flaw } = await reading;
    if (sha256 !== expected.sha256) return mismatch(sha256, expected.sha256);
    if (flaw) return flaw;
    return h1 !== undefined && expected.h1 !== undefined && h1 !== expected.h1
      ? mismatch(h1, expected.h1)
      : undefined;
  }

  async #read(path: string, { path: name, h1 }: Expected): Promise<Facts> {
    if (!this.#full || h1 === undefined) return { sha256: await sha256Of(path) };
    const named = parseModuleFilePath(name);
    if (named?.file === 'mod') {
      const bytes = readFileSync(path);
      return { sha256: createHash('sha256').update(bytes).digest('hex'), h1: hashGoMod(bytes) };
    }
    if (named?.file !== 'zip') return { sha256: await sha256Of(path) };
    try {
      return await this.#hasher.check(path, named.mv);
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return { sha256: await sha256Of(path), flaw: { code: 'ZIP_INVALID', message: error.message } };
    }
  }
}

function mismatch(found: string, expected: string): Flaw {
  return { code: 'HASH_MISMATCH', message: `is ${found}, should be ${expected}` };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
