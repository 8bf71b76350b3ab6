/**
 * What is known of checksum databases: records that were proved to be in a log, and its signed tree heads. A row is
 * only written of what was proved; a note read from here is opened with its key again before it is believed.
 */
import type { H1 } from '../gomod/h1.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Version } from '../gomod/version.ts';
import type { Ledger } from './ledger.ts';
import type { Db } from './open.ts';

/** A record that the log holds, as far as it was proved under a head of `provedSize` records. */
export interface LogRecord {
  /** Number of the record, from 0. */
  readonly id: number;
  /** The two go.sum lines. */
  readonly text: string;
  readonly zipH1: H1;
  readonly modH1: H1;
  readonly provedSize: number;
}

export interface KnownRecord extends LogRecord {
  /** Of the head in the published lookup; null: not published yet. */
  readonly publishedSize: number | null;
}

/** A signed tree head; `root` is base64, `note` the signed note as a whole. */
export interface KnownHead {
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

export interface NamedRecord {
  readonly mv: ModuleVersion;
  readonly record: LogRecord;
}

/** A file of the pool, the h1 that it was verified by, and what the log says. */
export interface Contradiction {
  readonly mv: ModuleVersion;
  readonly module: string;
  readonly version: string;
  readonly file: 'zip' | 'mod';
  readonly held: H1;
  readonly logged: H1;
}

const COLUMNS = `r.id, r.text, r.zip_h1 AS zipH1, r.mod_h1 AS modH1, r.proved_size AS provedSize,
  r.published_size AS publishedSize`;

type Named = { readonly module: string; readonly version: string };

export class LogRecords {
  readonly #db: Db;
  readonly #ledger: Ledger;
  readonly #find;

  constructor(db: Db, ledger: Ledger) {
    this.#db = db;
    this.#ledger = ledger;
    this.#find = db.prepare<[string, string, string], KnownRecord>(`
      SELECT ${COLUMNS}
      FROM module_version v JOIN log_record r ON r.module_version = v.id
      WHERE v.module = ? AND v.version = ? AND r.log = ?`);
  }

  find(log: string, mv: ModuleVersion): KnownRecord | undefined {
    return this.#find.get(mv.path, mv.version, log);
  }

  /** Whether its lookup is published, and durable. */
  isPublished(log: string, mv: ModuleVersion): boolean {
    return typeof this.find(log, mv)?.publishedSize === 'number';
  }

  /** What any log says of a module version, the newest known first. */
  records(mv: ModuleVersion): (KnownRecord & { readonly log: string })[] {
    return this.#db
      .prepare<[string, string], KnownRecord & { log: string }>(`
        SELECT r.log, ${COLUMNS}
        FROM module_version v JOIN log_record r ON r.module_version = v.id
        WHERE v.module = ? AND v.version = ? ORDER BY r.proved_size DESC`)
      .all(mv.path, mv.version);
  }

  /** Records what was proved, with the heads that it was proved under; a gap that one of them closes goes with it. */
  add(log: string, records: readonly NamedRecord[], heads: readonly KnownHead[], at: Date): void {
    const addRecord = this.#db.prepare(`
      INSERT INTO log_record (log, module_version, id, text, zip_h1, mod_h1, proved_size)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    const dropGap = this.#db.prepare(`DELETE FROM gap WHERE module_version = ? AND file = 'lookup'`);
    this.#db.transaction(() => {
      this.#addHeads(log, heads, at);
      for (const { mv, record } of records) {
        const row = this.#ledger.idOf(mv);
        const { id, text, zipH1, modH1, provedSize } = record;
        addRecord.run(log, row, id, text, zipH1, modH1, provedSize);
        dropGap.run(row);
      }
    })();
  }

  /** Takes in heads that clients may have from before. */
  addHeads(log: string, heads: readonly KnownHead[], at: Date): void {
    this.#db.transaction(() => this.#addHeads(log, heads, at))();
  }

  /** Smallest first. */
  heads(log: string): KnownHead[] {
    return this.#db
      .prepare<[string], KnownHead>('SELECT size, root, note FROM log_head WHERE log = ? ORDER BY size')
      .all(log);
  }

  /** The numbers of all records that are known. */
  ids(log: string): number[] {
    return this.#db.prepare<[string], number>('SELECT id FROM log_record WHERE log = ?').pluck().all(log);
  }

  /** Records without a published lookup. */
  unpublished(log: string): { readonly mv: ModuleVersion; readonly record: KnownRecord }[] {
    return this.#named(log, 'r.log = ? AND r.published_size IS NULL');
  }

  /** The lookups of these are published under a head of `size` records, and durable. */
  markPublished(log: string, mvs: readonly ModuleVersion[], size: number): void {
    const mark = this.#db.prepare(
      'UPDATE log_record SET published_size = ? WHERE log = ? AND module_version = ?',
    );
    this.#db.transaction(() => {
      for (const mv of mvs) mark.run(size, log, this.#ledger.idOf(mv));
    })();
  }

  /** Tiles that are published, by path, with the SHA-256 of each in lower-case hex. */
  tiles(log: string): Map<string, string> {
    const rows = this.#db
      .prepare<[string], { path: string; sha256: string }>('SELECT path, sha256 FROM log_tile WHERE log = ?')
      .all(log);
    return new Map(rows.map(({ path, sha256 }) => [path, sha256]));
  }

  /** These tiles are published, and durable. */
  addTiles(log: string, tiles: ReadonlyMap<string, string>): void {
    const add = this.#db.prepare('INSERT OR REPLACE INTO log_tile (log, path, sha256) VALUES (?, ?, ?)');
    this.#db.transaction(() => {
      for (const [path, sha256] of tiles) add.run(log, path, sha256);
    })();
  }

  /** All records that are known, in the order of the log. */
  all(log: string): { readonly mv: ModuleVersion; readonly record: KnownRecord }[] {
    return this.#named(log, 'r.log = ?');
  }

  /** Module versions of a snapshot of which no record of this log is known. */
  lacking(log: string, seq: number): ModuleVersion[] {
    return this.#db
      .prepare<{ log: string; seq: number }, Named>(`
        SELECT DISTINCT v.module, v.version
        FROM snapshot_member m JOIN module_version v ON v.id = m.module_version
        WHERE m.from_seq <= :seq AND (m.to_seq IS NULL OR m.to_seq > :seq)
          AND NOT EXISTS (SELECT 1 FROM log_record r WHERE r.log = :log AND r.module_version = v.id)
        ORDER BY v.module, v.version`)
      .all({ log, seq })
      .map(mvOf);
  }

  /** Files in the pool of which the log says another hash, whoever vouched for them when they were fetched. */
  contradicted(log: string): Contradiction[] {
    return this.#db
      .prepare<[string], Named & { file: 'zip' | 'mod'; held: H1; logged: H1 }>(`
        SELECT v.module, v.version, a.file, a.h1 AS held,
          CASE a.file WHEN 'zip' THEN r.zip_h1 ELSE r.mod_h1 END AS logged
        FROM log_record r
          JOIN artifact a ON a.module_version = r.module_version
          JOIN module_version v ON v.id = r.module_version
        WHERE r.log = ? AND ((a.file = 'zip' AND a.h1 <> r.zip_h1) OR (a.file = 'mod' AND a.h1 <> r.mod_h1))
        ORDER BY v.module, v.version, a.file`)
      .all(log)
      .map((row) => ({ ...row, mv: mvOf(row) }));
  }

  #named(log: string, where: string): { readonly mv: ModuleVersion; readonly record: KnownRecord }[] {
    return this.#db
      .prepare<[string], Named & KnownRecord>(`
        SELECT v.module, v.version, ${COLUMNS}
        FROM log_record r JOIN module_version v ON v.id = r.module_version
        WHERE ${where} ORDER BY r.id`)
      .all(log)
      .map(({ module, version, ...record }) => ({ mv: mvOf({ module, version }), record }));
  }

  #addHeads(log: string, heads: readonly KnownHead[], at: Date): void {
    const add = this.#db.prepare(
      'INSERT OR IGNORE INTO log_head (log, size, root, note, met_at) VALUES (?, ?, ?, ?, ?)',
    );
    for (const { size, root, note } of heads) add.run(log, size, root, note, at.toISOString());
  }
}

/** The ledger holds only paths and versions that were parsed before they were written. */
function mvOf({ module, version }: Named): ModuleVersion {
  return { path: module as ModulePath, version: version as Version };
}
