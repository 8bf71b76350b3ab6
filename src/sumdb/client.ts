/**
 * A client of a checksum database that believes signatures and hashes only. It looks up module versions, proves each
 * record to be in the log under the newest tree head, and every head to be on one timeline with those published before.
 * The outside world is one interface; waiting, retrying, stopping and who may be asked are its business.
 * Source: golang.org/x/mod/sumdb, Client; https://go.dev/design/25530-sumdb.
 */
import { UpstreamError } from '../errors.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { quote } from '../gomod/text.ts';
import { inContext, SumDbError } from './errors.ts';
import { HASH_SIZE, leafHash } from './hash.ts';
import { type LookupBody, lookupPath, parseLookup, parseRecord, type RecordHashes } from './record.ts';
import { entries, type Tile, tilePath } from './tile.ts';
import type { TileSource } from './tile-source.ts';
import { type Anchor, Timeline } from './timeline.ts';
import { openTreeHead, type TreeHead } from './tree-head.ts';
import type { VerifierKey } from './verifier-key.ts';

/** Paths are below the base of the log, as `https://sum.golang.org/` or `<proxy>/sumdb/sum.golang.org/`. */
export interface SumDbOutside extends TileSource {
  /** Asks for `lookup/<escaped path>@<escaped version>`. Its failures are thrown on as they are. */
  lookup(path: string, mv: ModuleVersion): Promise<Buffer>;
  /** Asks for `latest`, where the upstream has it: UpstreamError NOT_FOUND or REJECTED say that it has not. */
  latest?(): Promise<Buffer>;
}

export interface SumDbOptions {
  /** Any of them may sign; the first one names the log. */
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  readonly outside: SumDbOutside;
  /** Heads that were ever published: all of them are proved to be on the timeline before anything else. */
  readonly knownHeads?: readonly TreeHead[];
}

/** A record that is proved to be in the log. */
export interface ProvedRecord extends RecordHashes {
  /** Number of the record, from 0. */
  readonly id: number;
  /** The two go.sum lines that are the record. */
  readonly recordText: string;
  /** The head under which it was proved; `newestHead` may have moved on since, and holds it too. */
  readonly head: TreeHead;
}

/** A host and perhaps a path: it is part of URLs, and of paths on disk. */
const LOG_NAME = /^[a-z0-9][a-z0-9.-]*(?::[0-9]+)?(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

/** An upstream's cache carries some dozens of heads; a hostile one may carry any number. */
const MOST_OPENED = 1000;

/** Whether a key of this name can be that of a log. */
export function isLogName(name: string): boolean {
  return LOG_NAME.test(name);
}

const NOT_THERE: ReadonlySet<string> = new Set(['NOT_FOUND', 'REJECTED']);

export class SumDbClient {
  /** As `sum.golang.org`. */
  readonly name: string;
  readonly #options: SumDbOptions;
  readonly #timeline: Timeline;
  /** Opened notes: a mirror of the log carries one and the same in thousands of lookups. */
  readonly #opened = new Map<string, TreeHead>();
  #begun: Promise<void> | undefined;

  /** Asks nothing before the first call. Throws SumDbError KEY_INVALID where the first key cannot name a log. */
  constructor(options: SumDbOptions) {
    const { name } = options.keys[0];
    if (!isLogName(name)) {
      throw new SumDbError(
        'KEY_INVALID',
        `${quote(name)}: invalid log name: not a host, or a host and a path`,
      );
    }
    this.name = name;
    this.#options = options;
    this.#timeline = new Timeline(name, options.outside);
  }

  /**
   * The newest head there is: of the known ones, the upstream's `latest` (asked for once) and the lookups so far. It is
   * proved to be on one timeline with all of them. Throws SumDbError HEAD_MISSING where nobody has given one,
   * TreeForkError, NOTE_INVALID, TILE_INVALID, and what the outside throws.
   */
  async newestHead(): Promise<TreeHead> {
    return (await this.#anchor()).head;
  }

  /**
   * The record of a module version, proved under the newest head. Throws SumDbError RECORD_INVALID where the answer is
   * malformed, about something else, or not in the log, and all that `newestHead` throws. May be called many times at
   * once; a failed call may be repeated, but after a TreeForkError every call fails with it.
   */
  async lookup(mv: ModuleVersion): Promise<ProvedRecord> {
    const [body] = await Promise.all([this.#options.outside.lookup(lookupPath(mv), mv), this.#begin()]);
    const { id, recordText, hashes, carried } = this.#read(body, mv);
    // Answers out of an upstream's cache carry older heads; those are proved as well, or only some clients see a fork.
    await this.#timeline.merge([carried]);
    const { head, reader } = await this.#anchor();
    if (id >= head.size) {
      throw this.#refuse(mv, `its record ${id} is not in the tree of ${head.size} records`);
    }
    const leaf = await reader.hash({ height: 0, index: id });
    if (!leaf.equals(leafHash(recordText))) {
      throw this.#refuse(mv, `its record is not what the log holds as record ${id}`);
    }
    return { ...hashes, id, recordText, head };
  }

  /**
   * The proved bytes of a tile as `tilesFor` names it for the newest head or an earlier one: a tile of an earlier tree
   * is the beginning of the same tile now. Throws like `newestHead`.
   */
  async verifiedTile(tile: Tile): Promise<Buffer> {
    const { head, reader } = await this.#anchor();
    const bytes = await reader.tile(tile.level, tile.index);
    if (bytes.length >= tile.width * HASH_SIZE) return entries(bytes, 0, tile.width);
    const cause = `${tilePath(tile)}: not in a tree of ${head.size} records`;
    throw new SumDbError('TILE_INVALID', `${this.name}: invalid tile: ${cause}`);
  }

  async #anchor(): Promise<Anchor> {
    await this.#begin();
    const newest = this.#timeline.newest;
    if (newest !== undefined) return newest;
    const cause = 'the upstream has no latest, and nothing was looked up';
    throw new SumDbError('HEAD_MISSING', `${this.name}: no tree head: ${cause}`);
  }

  /** Once; calls at the same time wait for the same. After a failure the next call begins again. */
  #begin(): Promise<void> {
    this.#begun ??= this.#takeHeads().catch((error: unknown) => {
      this.#begun = undefined;
      throw error;
    });
    return this.#begun;
  }

  async #takeHeads(): Promise<void> {
    const known = this.#options.knownHeads ?? [];
    const latest = await this.#latest();
    await this.#timeline.merge(latest === undefined ? known : [...known, latest]);
  }

  async #latest(): Promise<TreeHead | undefined> {
    const { outside, keys } = this.#options;
    try {
      const note = await outside.latest?.();
      return note && inContext(`${this.name}: latest`, undefined, () => openTreeHead(note, keys));
    } catch (error) {
      if (error instanceof UpstreamError && NOT_THERE.has(error.code)) return undefined;
      throw error;
    }
  }

  #read(body: Buffer, mv: ModuleVersion): LookupBody & { hashes: RecordHashes; carried: TreeHead } {
    const module = formatModuleVersion(mv);
    return inContext(`${module}: ${this.name}`, module, () => {
      const parts = parseLookup(body);
      const hashes = parseRecord(parts.recordText, mv);
      return { ...parts, hashes, carried: this.#open(parts.note) };
    });
  }

  #open(note: string): TreeHead {
    const known = this.#opened.get(note);
    if (known !== undefined) return known;
    const head = openTreeHead(note, this.#options.keys);
    if (this.#opened.size < MOST_OPENED) this.#opened.set(note, head);
    return head;
  }

  #refuse(mv: ModuleVersion, cause: string): SumDbError {
    const module = formatModuleVersion(mv);
    const message = `${module}: ${this.name}: invalid lookup: ${cause}`;
    return new SumDbError('RECORD_INVALID', message, { module });
  }
}
