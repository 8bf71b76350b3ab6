/**
 * Checks a published checksum database as a client would, and every file of it: the head by its key, each tile by what
 * the ledger says of it, each lookup by proof, from these files alone; and that the lookups say the same of the current
 * snapshot's files as its manifest.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { MirrorError } from '../errors.ts';
import { moduleFilePath } from '../gomod/artifact.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import { LATEST, LogFolder, SUPPORTED } from '../site/log-folder.ts';
import type { ManifestFile } from '../site/manifest.ts';
import { walk } from '../site/walk.ts';
import type { LogRecords } from '../store/log-records.ts';
import type { ProvedRecord, SumDbClient } from '../sumdb/client.ts';
import { lookupPath } from '../sumdb/record.ts';
import { parseTilePath } from '../sumdb/tile.ts';
import { openTreeHead, type TreeHead } from '../sumdb/tree-head.ts';
import type { VerifierKey } from '../sumdb/verifier-key.ts';
import { localClient, publishedLookups } from '../sync/published-log.ts';
import type { Flaw } from './file-check.ts';

export interface LogCheckDeps {
  readonly layout: Layout;
  /** Undefined where the ledger is lost: then tiles are checked as far as lookups are proved by them. */
  readonly records: LogRecords | undefined;
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  /** Of the current snapshot, if it carries this log: by path. */
  readonly served: ReadonlyMap<string, Pick<ManifestFile, 'h1'>>;
  /** `path` is absolute. */
  readonly bad: (path: string, flaw: Flaw) => void;
}

/** Answers with the number of files that were read. */
export async function checkLog(deps: LogCheckDeps): Promise<number> {
  return new LogCheck(deps).run();
}

class LogCheck {
  readonly #deps: LogCheckDeps;
  readonly #name: string;
  readonly #folder: LogFolder;
  /** Knows these files alone. */
  readonly #client: SumDbClient;
  readonly #badTiles = new Set<string>();
  #checked = 0;

  constructor(deps: LogCheckDeps) {
    this.#deps = deps;
    this.#name = deps.keys[0].name;
    this.#folder = new LogFolder(deps.layout, this.#name);
    this.#client = localClient(deps.keys, this.#folder);
  }

  async run(): Promise<number> {
    const known = this.#deps.records?.tiles(this.#name) ?? new Map<string, string>();
    for (const [path, sha256] of known) this.#checkTile(path, sha256);
    const head = this.#checkHead();
    const lookups = publishedLookups(this.#folder);
    this.#checkAllThere(lookups);
    if (head) await this.#checkLookups(lookups);
    await this.#checkOthers(new Set([LATEST, SUPPORTED, ...lookups.map(lookupPath), ...known.keys()]));
    return this.#checked;
  }

  #checkTile(path: string, sha256: string): void {
    const bytes = this.#read(path);
    const found = bytes && hash('sha256', bytes);
    if (found === sha256) return;
    this.#badTiles.add(path);
    if (found === undefined) this.#bad(path, MISSING);
    else this.#bad(path, { code: 'HASH_MISMATCH', message: `is ${found}, should be ${sha256}` });
  }

  /** The newest head is at least as new as that of every lookup. */
  #checkHead(): TreeHead | undefined {
    if (this.#read(SUPPORTED) === undefined) this.#bad(SUPPORTED, MISSING);
    const note = this.#read(LATEST);
    if (note === undefined) {
      this.#bad(LATEST, MISSING);
      return undefined;
    }
    try {
      const head = openTreeHead(note, this.#deps.keys);
      const sizes = this.#deps.records?.all(this.#name).map(({ record }) => record.publishedSize ?? 0) ?? [];
      const least = sizes.reduce((most, size) => Math.max(most, size), 0);
      if (head.size >= least) return head;
      const message = `is the head of ${head.size} records, but one of ${least} was published`;
      this.#bad(LATEST, { code: 'LOG_INVALID', message });
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      this.#bad(LATEST, { code: 'LOG_INVALID', message: error.message });
    }
    return undefined;
  }

  #checkAllThere(lookups: readonly ModuleVersion[]): void {
    const there = new Set(lookups.map(formatModuleVersion));
    for (const { mv, record } of this.#deps.records?.all(this.#name) ?? []) {
      if (record.publishedSize !== null && !there.has(formatModuleVersion(mv)))
        this.#bad(lookupPath(mv), MISSING);
    }
  }

  async #checkLookups(lookups: readonly ModuleVersion[]): Promise<void> {
    for (const mv of lookups) {
      this.#checked++;
      try {
        this.#compare(mv, await this.#client.lookup(mv));
      } catch (error) {
        if (!(error instanceof MirrorError)) throw error;
        // A tile that is bad fails every lookup above it: it is named itself.
        const isTile = error.code === 'TILE_INVALID' || error.code === 'NOT_FOUND';
        if (isTile && this.#badTiles.size > 0) continue;
        this.#bad(lookupPath(mv), { code: 'LOG_INVALID', message: error.message });
      }
    }
  }

  #compare(mv: ModuleVersion, { zipH1, modH1 }: ProvedRecord): void {
    for (const [file, logged] of [
      ['zip', zipH1],
      ['mod', modH1],
    ] as const) {
      const h1 = this.#deps.served.get(moduleFilePath(mv, file))?.h1;
      if (h1 === undefined || h1 === logged) continue;
      const message = `says ${logged} of ${formatModuleVersion(mv)} ${file}, the manifest says ${h1}`;
      this.#bad(lookupPath(mv), { code: 'HASH_MISMATCH', message });
    }
  }

  /** A run that was killed may leave tiles that the ledger does not know: they must be true all the same. */
  async #checkOthers(listed: ReadonlySet<string>): Promise<void> {
    for (const { path } of walk(this.#folder.published)) {
      if (listed.has(path)) continue;
      if (path.startsWith('tile/')) await this.#proveTile(path);
      else this.#bad(path, { code: 'UNLISTED', message: 'is no file of a checksum database' });
    }
  }

  /** What cannot be proved, since other tiles are not there, can mislead nobody either. */
  async #proveTile(path: string): Promise<void> {
    const bytes = this.#read(path);
    try {
      const proved = await this.#client.verifiedTile(parseTilePath(path));
      if (bytes?.equals(proved)) return;
      this.#bad(path, { code: 'LOG_INVALID', message: 'is not what the signed tree says' });
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      if (error.code !== 'NOT_FOUND') this.#bad(path, { code: 'LOG_INVALID', message: error.message });
    }
  }

  #read(path: string): Buffer | undefined {
    const bytes = this.#folder.read(path);
    if (bytes !== undefined) this.#checked++;
    return bytes;
  }

  #bad(path: string, flaw: Flaw): void {
    this.#deps.bad(join(this.#folder.published, path), flaw);
  }
}

const MISSING: Flaw = { code: 'MISSING', message: 'is not there' };
