/**
 * The checksum database in one run: its client is made with the first question, knows every head that is known of old,
 * and keeps each proved tile. A fork leaves its evidence in quarantine and ends the run.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UpstreamError } from '../errors.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { replaceFile } from '../site/durable.ts';
import type { Layout } from '../site/layout.ts';
import type { LogFolder } from '../site/log-folder.ts';
import { stamp } from '../site/stamp.ts';
import type { KnownHead, LogRecord, LogRecords } from '../store/log-records.ts';
import { SumDbClient } from '../sumdb/client.ts';
import { SumDbError } from '../sumdb/errors.ts';
import { formatForkEvidence, TreeForkError } from '../sumdb/fork.ts';
import { HASH_SIZE } from '../sumdb/hash.ts';
import { parseTilePath, type Tile } from '../sumdb/tile.ts';
import { openTreeHead, type TreeHead } from '../sumdb/tree-head.ts';
import type { VerifierKey } from '../sumdb/verifier-key.ts';
import type { LogServer } from '../upstream/log-server.ts';
import type { ProblemFile } from './problem.ts';

export interface LogSettings {
  /** As `sum.golang.org`. */
  readonly name: string;
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  /** What becomes of a module version that the log does not know, or cannot be asked about. */
  readonly onMissing: 'hold' | 'publish';
  /** Heads that clients have met elsewhere, opened with the keys. */
  readonly heads: readonly TreeHead[];
  /** Such a module is never named to the log. */
  readonly isPrivate: (path: ModulePath) => boolean;
}

export interface LogSessionDeps {
  readonly settings: LogSettings;
  readonly server: Pick<LogServer, 'lookup' | 'tile' | 'latest'>;
  readonly folder: LogFolder;
  readonly records: LogRecords;
  readonly layout: Layout;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What was proved of a module version, with the head that it was proved under. */
export interface Proved {
  readonly record: LogRecord;
  readonly head: KnownHead;
}

export class LogSession {
  readonly #deps: LogSessionDeps;
  #client: SumDbClient | undefined;
  readonly #aboutTiles = new WeakSet<Error>();

  constructor(deps: LogSessionDeps) {
    this.#deps = deps;
  }

  get name(): string {
    return this.#deps.settings.name;
  }

  get onMissing(): LogSettings['onMissing'] {
    return this.#deps.settings.onMissing;
  }

  /** Heads that clients have met elsewhere. */
  get metHeads(): readonly TreeHead[] {
    return this.#deps.settings.heads;
  }

  /** Whether the log may be asked about a module version. */
  readonly isLogged = ({ path }: ModuleVersion): boolean => !this.#deps.settings.isPrivate(path);

  /** Throws UpstreamError, SumDbError (see SumDbClient), and the signal's reason. */
  async lookup(mv: ModuleVersion): Promise<Proved> {
    if (!this.isLogged(mv)) throw new Error(`${mv.path} is private and was to be named to the log`);
    const { id, recordText: text, zipH1, modH1, head } = await this.#guard((client) => client.lookup(mv));
    return { record: { id, text, zipH1, modH1, provedSize: head.size }, head: knownHead(head) };
  }

  /** The newest head there is, proved to begin with all that are known. Throws like `lookup`. */
  newestHead(): Promise<TreeHead> {
    return this.#guard((client) => client.newestHead());
  }

  /** Throws like `lookup`. */
  verifiedTile(tile: Tile): Promise<Buffer> {
    return this.#guard((client) => client.verifiedTile(tile));
  }

  /** Whether an error says that the log could not be asked, or gave a false answer; after a fork nothing goes on. */
  isAsking(error: unknown): boolean {
    if (error instanceof TreeForkError) return false;
    return error instanceof SumDbError || error instanceof UpstreamError;
  }

  /** What a failed lookup was about. */
  fileOf(error: unknown): ProblemFile {
    const isTile = error instanceof SumDbError && error.code === 'TILE_INVALID';
    return isTile || (error instanceof Error && this.#aboutTiles.has(error)) ? 'tile' : 'lookup';
  }

  async #guard<T>(ask: (client: SumDbClient) => Promise<T>): Promise<T> {
    this.#client ??= this.#connect();
    try {
      return await ask(this.#client);
    } catch (error) {
      this.#deps.signal.throwIfAborted();
      if (error instanceof TreeForkError) throw keepFork(error, this.name, this.#deps);
      throw error;
    }
  }

  #connect(): SumDbClient {
    const { settings, server, folder, records, signal } = this.#deps;
    const published = records.heads(settings.name).map(({ note }) => openTreeHead(note, settings.keys));
    const knownHeads = [...published, ...settings.heads];
    return new SumDbClient({
      keys: settings.keys,
      knownHeads,
      outside: {
        lookup: async (path, mv) => (await server.lookup(path, mv, { signal })).body,
        latest: async () => (await server.latest({ signal })).body,
        tile: (path) => this.#fetchTile(path),
        readTile: (path) => folder.readTile(path),
        keepTile: (path, bytes) => folder.keepTile(path, bytes),
      },
    });
  }

  async #fetchTile(path: string): Promise<Buffer> {
    const { server, signal } = this.#deps;
    try {
      const size = parseTilePath(path).width * HASH_SIZE;
      return (await server.tile(path, size, { signal })).body;
    } catch (error) {
      if (error instanceof UpstreamError) this.#aboutTiles.add(error);
      throw error;
    }
  }
}

export function knownHead({ size, root, note }: TreeHead): KnownHead {
  return { size, root: root.toString('base64'), note };
}

/** Anyone who has the log's key can check the evidence without asking the log again. Answers with the error to throw. */
function keepFork(error: TreeForkError, log: string, { layout, now }: LogSessionDeps): TreeForkError {
  const folder = join(layout.quarantine, 'sumdb', log);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `fork-${stamp(now())}.txt`);
  replaceFile(file, formatForkEvidence(error.evidence));
  return new TreeForkError(`${error.message}: the evidence is in ${file}`, error.evidence);
}
