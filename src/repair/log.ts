/**
 * Mends a published checksum database: lookups and the head from the ledger, tiles from those kept in the pool. What is
 * lost everywhere is asked for and proved. Earlier bytes come back as they were, wherever the ledger knows them.
 */
import { join } from 'node:path';
import { ModuleError, UpstreamError } from '../errors.ts';
import { unescapePath, unescapeVersion } from '../gomod/escape.ts';
import { type ModuleVersion, parseModuleVersion } from '../gomod/module-version.ts';
import { LATEST, LogFolder, SUPPORTED } from '../site/log-folder.ts';
import { keepDamaged } from '../site/set-aside.ts';
import type { LogRecords } from '../store/log-records.ts';
import type { SumDbClient } from '../sumdb/client.ts';
import { SumDbError } from '../sumdb/errors.ts';
import { TreeForkError } from '../sumdb/fork.ts';
import { tilesFor } from '../sumdb/published-tiles.ts';
import { lookupPath, parseLookup, recomposeLookup } from '../sumdb/record.ts';
import { frontier, parseTilePath, type Tile, tilePath } from '../sumdb/tile.ts';
import { openTreeHead, type TreeHead } from '../sumdb/tree-head.ts';
import { publishedLookups } from '../sync/published-log.ts';
import type { Damage } from './journal.ts';
import { type LogClientDeps, mendingClient } from './log-client.ts';
import { belowMirror, type ReplaceDeps, removeUnlisted } from './replace.ts';

export interface LogDeps
  extends Omit<ReplaceDeps, 'pool'>,
    Pick<LogClientDeps, 'keys' | 'server' | 'signal'> {
  readonly records: LogRecords;
}

/** `damages` by their paths below the log's folder. Throws TreeForkError. */
export async function mendLog(
  name: string,
  damages: ReadonlyMap<string, Damage>,
  deps: LogDeps,
): Promise<void> {
  await new LogMender(name, damages, deps).mend();
}

class LogMender {
  readonly #name: string;
  readonly #damages: ReadonlyMap<string, Damage>;
  readonly #deps: LogDeps;
  readonly #folder: LogFolder;
  readonly #written: string[] = [];

  constructor(name: string, damages: ReadonlyMap<string, Damage>, deps: LogDeps) {
    this.#name = name;
    this.#damages = damages;
    this.#deps = deps;
    this.#folder = new LogFolder(deps.layout, name);
  }

  async mend(): Promise<void> {
    const head = this.#publishedHead();
    if (head === undefined) {
      const why = 'no head of this log is left here: the next sync that brings something new publishes one';
      for (const path of this.#damages.keys()) this.#fail(path, why);
      return;
    }
    const { keys, server, signal, records } = this.#deps;
    const known = records.tiles(this.#name);
    const clientOf = (lookups: 'here' | 'asked') =>
      mendingClient(head, lookups, { keys, server, signal, folder: this.#folder, known });
    const here = clientOf('here');
    for (const tile of this.#tiles(head, known)) await this.#mendTile(tile, here, known.has(tilePath(tile)));
    await this.#makeDurable();
    const asking = clientOf('asked');
    for (const path of this.#damages.keys()) {
      const mv = moduleOf(path);
      if (mv !== undefined) await this.#mendLookup(mv, head, here, asking);
    }
    await this.#makeDurable();
    await this.#mendHead(head);
  }

  /** The one that lies there if it can be believed, else the newest that everything is published for. */
  #publishedHead(): TreeHead | undefined {
    const there = this.#folder.read(LATEST);
    const isBad = this.#damages.has(LATEST);
    const own = there === undefined || isBad ? undefined : this.#open(there.toString('utf8'));
    return own ?? this.#newestKnown() ?? this.#newestCarried();
  }

  #newestKnown(): TreeHead | undefined {
    const { records } = this.#deps;
    const published = records.tiles(this.#name);
    const heads = records.heads(this.#name).toReversed();
    const found = heads.find(({ size }) => frontier(size).every((tile) => published.has(tilePath(tile))));
    return found && this.#open(found.note);
  }

  /** Where the ledger is lost too. */
  #newestCarried(): TreeHead | undefined {
    const carried = publishedLookups(this.#folder).map((mv) => this.#carriedBy(mv)?.head);
    return carried.filter((head) => head !== undefined).sort((a, b) => b.size - a.size)[0];
  }

  #carriedBy(mv: ModuleVersion): { id: number; head: TreeHead } | undefined {
    try {
      const { id, note } = parseLookup(this.#folder.read(lookupPath(mv)) ?? Buffer.alloc(0));
      const head = this.#open(note);
      return head && { id, head };
    } catch (error) {
      if (error instanceof SumDbError) return undefined;
      throw error;
    }
  }

  #open(note: string): TreeHead | undefined {
    try {
      return openTreeHead(note, this.#deps.keys);
    } catch (error) {
      if (error instanceof SumDbError) return undefined;
      throw error;
    }
  }

  async #mendLookup(
    mv: ModuleVersion,
    head: TreeHead,
    here: SumDbClient,
    asking: SumDbClient,
  ): Promise<void> {
    const path = lookupPath(mv);
    const { records, journal } = this.#deps;
    const record = records.find(this.#name, mv);
    const under = records.heads(this.#name).find(({ size }) => size === record?.publishedSize);
    if (record && under) {
      const text = recomposeLookup(record.id, record.text, under.note);
      if (this.#folder.read(path)?.equals(Buffer.from(text)) === true) return;
      return this.#writeLookup(path, text, 'written anew from the state database');
    }
    if (journal.hasFailed(this.#at(path)) || (await isProved(mv, here))) return;
    await this.#trying(path, async () => {
      const { id, recordText } = await asking.lookup(mv);
      if (id >= head.size) return this.#fail(path, NEWER);
      await this.#writeLookup(
        path,
        recomposeLookup(id, recordText, head.note),
        'looked up again, and proved',
      );
    });
  }

  async #writeLookup(path: string, text: string, done: string): Promise<void> {
    await this.#keep(path);
    this.#folder.publishLookup(path, text);
    this.#noteMended(path, done);
  }

  /** Those that are bad; where the ledger does not know which there should be, all that the lookups need. */
  #tiles(head: TreeHead, known: ReadonlyMap<string, string>): Tile[] {
    const bad = [...this.#damages.keys()].flatMap(tileOf);
    if (known.size > 0) return bad;
    const carried = publishedLookups(this.#folder).flatMap((mv) => this.#carriedBy(mv) ?? []);
    const needed = tilesFor(
      head,
      carried.map(({ id }) => id).filter((id) => id < head.size),
      carried.map((lookup) => lookup.head),
    );
    return [...new Map([...needed, ...bad].map((tile) => [tilePath(tile), tile])).values()];
  }

  async #mendTile(tile: Tile, client: SumDbClient, isKnown: boolean): Promise<void> {
    const path = tilePath(tile);
    if (this.#deps.journal.hasFailed(this.#at(path))) return;
    await this.#trying(path, async () => {
      const bytes = await client.verifiedTile(tile).catch((error: unknown) => {
        const isNobodys = error instanceof SumDbError && error.code === 'TILE_INVALID' && !isKnown;
        if (isNobodys && !(error instanceof TreeForkError)) return undefined;
        throw error;
      });
      const damage = this.#damages.get(path);
      if (bytes === undefined) {
        if (damage) await removeUnlisted(damage, this.#deps);
        return;
      }
      if (this.#folder.read(path)?.equals(bytes) === true) return;
      await this.#keep(path);
      this.#folder.publishTile(path, bytes);
      this.#noteMended(path, 'published again, proved by the head');
    });
  }

  async #mendHead(head: TreeHead): Promise<void> {
    const isThere = this.#folder.sizeOf(SUPPORTED) !== undefined;
    const isRight = this.#folder.read(LATEST)?.equals(Buffer.from(head.note)) === true;
    if (isThere && isRight) return;
    if (!isRight) await this.#keep(LATEST);
    await this.#folder.publishHead(head.note);
    if (!isRight) this.#noteMended(LATEST, 'written anew from what is known of the log');
    if (!isThere) this.#noteMended(SUPPORTED, 'written anew');
  }

  /** What cannot be had leaves its file as it is; a fork of the log ends the repair. */
  async #trying(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isAbout = error instanceof UpstreamError || error instanceof SumDbError;
      if (!isAbout || error instanceof TreeForkError) throw error;
      this.#fail(path, error.message);
    }
  }

  async #keep(path: string): Promise<void> {
    const { layout, now } = this.#deps;
    const damage = this.#damageAt(path);
    await keepDamaged(layout, join(this.#folder.published, path), `sumdb/${this.#name}/${path}`, {
      ...damage,
      at: now(),
    });
  }

  async #makeDurable(): Promise<void> {
    await this.#folder.makeDurable(this.#written.splice(0));
  }

  #noteMended(path: string, done: string): void {
    this.#written.push(path);
    this.#deps.journal.mended(this.#damageAt(path), done);
  }

  #fail(path: string, why: string): void {
    this.#deps.journal.failed(this.#at(path), why);
  }

  #damageAt(path: string): Damage {
    const unseen: Damage = {
      path: this.#at(path),
      code: 'LOG_INVALID',
      message: 'is not what the log holds',
    };
    return this.#damages.get(path) ?? unseen;
  }

  #at(path: string): string {
    return belowMirror(this.#deps.layout, join(this.#folder.published, path));
  }
}

const NEWER = 'its record is newer than the published head: the next sync publishes it';

/** Whether the lookup that lies here is right: then it was a tile that failed it. */
async function isProved(mv: ModuleVersion, here: SumDbClient): Promise<boolean> {
  try {
    await here.lookup(mv);
    return true;
  } catch (error) {
    const isWrong = error instanceof UpstreamError || error instanceof SumDbError;
    if (!isWrong || error instanceof TreeForkError) throw error;
    return false;
  }
}

/** Undefined for what is no path of a lookup. */
function moduleOf(path: string): ModuleVersion | undefined {
  const [, module = '', version = ''] = /^lookup\/(.+)@([^@]+)$/.exec(path) ?? [];
  try {
    return parseModuleVersion(unescapePath(module), unescapeVersion(version));
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}

/** None for what is no path of a tile. */
function tileOf(path: string): Tile[] {
  try {
    return path.startsWith('tile/') ? [parseTilePath(path)] : [];
  } catch (error) {
    if (error instanceof SumDbError) return [];
    throw error;
  }
}
