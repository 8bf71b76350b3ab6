/**
 * The snapshots that were published and what each holds. Membership is kept as intervals over the order of
 * publishing, so that a snapshot costs the rows that changed.
 */
import { reached } from '../barrier.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Ledger } from './ledger.ts';
import type { Db } from './open.ts';

export interface SnapshotRow {
  readonly seq: number;
  readonly id: string;
  readonly createdAt: string;
  readonly previous: string | null;
  readonly rootHash: string;
  readonly manifestSha256: string;
  /** Module versions, files and bytes that it serves, those in `_mirror/` not counted. */
  readonly modules: number;
  readonly files: number;
  readonly bytes: number;
  /** The name of the checksum database that it carries. */
  readonly sumdb: string | null;
}

/** One file of a snapshot with what the ledger knows of it. */
export interface Member {
  readonly module: string;
  readonly version: string;
  readonly file: ModuleFile;
  readonly size: number;
  readonly sha256: string;
  readonly sha512: string | null;
  readonly h1: H1 | null;
  /** JSON array of seeds. */
  readonly requiredBy: string;
}

export interface MemberKey {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
}

const COLUMNS = `seq, id, created_at AS createdAt, previous, root_hash AS rootHash,
  manifest_sha256 AS manifestSha256, modules, files, bytes, sumdb`;

const IN_SNAPSHOT = 'm.from_seq <= :seq AND (m.to_seq IS NULL OR m.to_seq > :seq)';

export class Snapshots {
  readonly #db: Db;
  readonly #ledger: Ledger;
  readonly #isMember;

  constructor(db: Db, ledger: Ledger) {
    this.#db = db;
    this.#ledger = ledger;
    this.#isMember = db.prepare<{ module: string; version: string; file: string; seq: number }>(`
      SELECT 1 FROM snapshot_member m JOIN module_version v ON v.id = m.module_version
      WHERE v.module = :module AND v.version = :version AND m.file = :file AND ${IN_SNAPSHOT}`);
  }

  find(id: string): SnapshotRow | undefined {
    return this.#db.prepare<[string], SnapshotRow>(`SELECT ${COLUMNS} FROM snapshot WHERE id = ?`).get(id);
  }

  newest(): SnapshotRow | undefined {
    return this.#db
      .prepare<[], SnapshotRow>(`SELECT ${COLUMNS} FROM snapshot ORDER BY seq DESC LIMIT 1`)
      .get();
  }

  /** Oldest first. */
  all(): SnapshotRow[] {
    return this.#db.prepare<[], SnapshotRow>(`SELECT ${COLUMNS} FROM snapshot ORDER BY seq`).all();
  }

  holds(seq: number, mv: ModuleVersion, file: ModuleFile): boolean {
    return this.#isMember.get({ module: mv.path, version: mv.version, file, seq }) !== undefined;
  }

  /** What the pool holds and a snapshot does not, as `module@version file`: little, but after a prune. */
  unpublished(seq: number): Set<string> {
    const rows = this.#db
      .prepare<{ seq: number }, { name: string }>(`
        SELECT v.module || '@' || v.version || ' ' || a.file AS name
        FROM artifact a JOIN module_version v ON v.id = a.module_version
        WHERE NOT EXISTS (
          SELECT 1 FROM snapshot_member m
          WHERE m.module_version = a.module_version AND m.file = a.file AND ${IN_SNAPSHOT})`)
      .all({ seq });
    return new Set(rows.map(({ name }) => name));
  }

  /** All files of a snapshot, sorted by module, version and file in byte order. */
  members(seq: number): IterableIterator<Member> {
    return this.#db
      .prepare<{ seq: number }, Member>(`
        SELECT v.module, v.version, m.file, a.size, a.sha256, a.sha512, a.h1, v.required_by AS requiredBy
        FROM snapshot_member m
          JOIN module_version v ON v.id = m.module_version
          JOIN artifact a ON a.module_version = m.module_version AND a.file = m.file
        WHERE ${IN_SNAPSHOT}
        ORDER BY v.module, v.version, m.file`)
      .iterate({ seq });
  }

  /** Commits a snapshot and its members; what changed against the newest one is written. All or nothing. */
  commit(snapshot: Omit<SnapshotRow, 'seq'>, members: Iterable<MemberKey>): number {
    return this.#db.transaction(() => {
      const before = this.newest()?.seq ?? 0;
      const seq = before + 1;
      this.#db
        .prepare(`
          INSERT INTO snapshot
            (seq, id, created_at, previous, root_hash, manifest_sha256, modules, files, bytes, sumdb)
          VALUES
            (:seq, :id, :createdAt, :previous, :rootHash, :manifestSha256, :modules, :files, :bytes, :sumdb)`)
        .run({ ...snapshot, seq });
      this.#writeMembers(seq, members);
      reached('snapshot in the transaction');
      return seq;
    })();
  }

  /**
   * Takes a snapshot out of the history: the newest one, of which only the row was written before a crash, or an older
   * one that is no longer kept. What the others hold stays as it is.
   */
  drop(seq: number): void {
    this.#db.transaction(() => {
      const next = this.#db
        .prepare<[number], number | null>('SELECT min(seq) FROM snapshot WHERE seq > ?')
        .pluck()
        .get(seq);
      if (typeof next === 'number') this.#beginLater(seq, next);
      else this.#reopen(seq);
      this.#db.prepare('DELETE FROM snapshot WHERE seq = ?').run(seq);
    })();
  }

  /** Without a later one: what it brought goes, and what the one before it holds goes on. */
  #reopen(seq: number): void {
    this.#db.prepare('DELETE FROM snapshot_member WHERE from_seq = ?').run(seq);
    this.#db
      .prepare(`
        UPDATE snapshot_member SET to_seq = NULL
        WHERE to_seq > (SELECT coalesce(max(seq), 0) FROM snapshot WHERE seq < ?)`)
      .run(seq);
  }

  /** What it brought begins with the one after it, where that still has it. */
  #beginLater(seq: number, next: number): void {
    this.#db
      .prepare('DELETE FROM snapshot_member WHERE from_seq = ? AND to_seq IS NOT NULL AND to_seq <= ?')
      .run(seq, next);
    this.#db.prepare('UPDATE snapshot_member SET from_seq = ? WHERE from_seq = ?').run(next, seq);
  }

  /** Ends the interval of what is no longer there, begins one for what is new. */
  #writeMembers(seq: number, members: Iterable<MemberKey>): void {
    const open = this.#db.prepare<[], { key: string; id: number; file: string }>(
      `SELECT module_version || ' ' || file AS key, module_version AS id, file FROM snapshot_member WHERE to_seq IS NULL`,
    );
    const left = new Map(open.all().map((row) => [row.key, row]));
    const begin = this.#db.prepare(
      'INSERT INTO snapshot_member (module_version, file, from_seq, to_seq) VALUES (?, ?, ?, NULL)',
    );
    const end = this.#db.prepare(
      'UPDATE snapshot_member SET to_seq = ? WHERE module_version = ? AND file = ? AND to_seq IS NULL',
    );
    for (const { mv, file } of members) {
      const id = this.#ledger.idOf(mv);
      if (!left.delete(`${id} ${file}`)) begin.run(id, file, seq);
    }
    for (const { id, file } of left.values()) end.run(seq, id, file);
  }
}
