/**
 * What the mirror holds and what it misses. A row in `artifact` says that the file lies in the pool, verified and
 * durable; whoever calls `record` has made sure of that before. Statements are prepared once, transactions are
 * short and synchronous.
 */
import { reached } from '../barrier.ts';
import type { ModuleFile, VerifiedArtifact, WantedFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Version } from '../gomod/version.ts';
import type { Db } from './open.ts';

/** A file in the pool. Times are RFC 3339 in UTC, sizes bytes, sha256 and sha512 lower-case hex. */
export interface HeldFile {
  readonly file: ModuleFile;
  readonly size: number;
  readonly sha256: string;
  readonly sha512: string | null;
  readonly h1: H1 | null;
  readonly upstream: string;
  readonly fetchedAt: string;
}

/** A wanted file, or lookup, that could not be had when last it was asked for. */
export interface Gap {
  readonly mv: ModuleVersion;
  readonly file: WantedFile;
  readonly code: string;
  readonly message: string;
}

export interface KnownGap extends Omit<Gap, 'mv'> {
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** A file of the pool, `size` in bytes. */
export interface UnneededFile {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  readonly size: number;
}

/** Module versions that the newest run that went through wanted, or one after it, even where that did not. */
const WANTED = `
  SELECT w.module_version FROM want w JOIN run_seed r ON r.seed = w.seed
  WHERE r.run >= (SELECT coalesce(max(id), 0) FROM run WHERE outcome IN ('published', 'unchanged', 'incomplete'))`;

const HELD_COLUMNS = 'a.file, a.size, a.sha256, a.sha512, a.h1, a.upstream, a.fetched_at AS fetchedAt';

export class Ledger {
  readonly #db: Db;
  readonly #held;
  readonly #gaps;
  readonly #id;
  readonly #addModuleVersion;
  readonly #addArtifact;
  readonly #addGap;
  readonly #dropGap;
  readonly #setRequiredBy;
  readonly #requiredBy;
  readonly #versions;
  readonly #isWanted;

  constructor(db: Db) {
    this.#db = db;
    this.#held = db.prepare<[string, string], HeldFile>(`
      SELECT ${HELD_COLUMNS}
      FROM module_version v JOIN artifact a ON a.module_version = v.id
      WHERE v.module = ? AND v.version = ?`);
    this.#gaps = db.prepare<[string, string], KnownGap>(`
      SELECT g.file, g.code, g.message, g.first_seen AS firstSeen, g.last_seen AS lastSeen
      FROM module_version v JOIN gap g ON g.module_version = v.id
      WHERE v.module = ? AND v.version = ?`);
    this.#id = db.prepare<[string, string], { id: number }>(
      'SELECT id FROM module_version WHERE module = ? AND version = ?',
    );
    this.#addModuleVersion = db.prepare<[string, string]>(
      'INSERT INTO module_version (module, version) VALUES (?, ?)',
    );
    this.#addArtifact = db.prepare(`
      INSERT INTO artifact (module_version, file, size, sha256, sha512, h1, upstream, fetched_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#addGap = db.prepare(`
      INSERT INTO gap (module_version, file, code, message, first_seen, last_seen)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        code = excluded.code, message = excluded.message, last_seen = excluded.last_seen`);
    this.#dropGap = db.prepare('DELETE FROM gap WHERE module_version = ? AND file = ?');
    this.#setRequiredBy = db.prepare(
      'UPDATE module_version SET required_by = :sources WHERE id = :id AND required_by <> :sources',
    );
    this.#requiredBy = db.prepare<[string, string], { sources: string }>(
      'SELECT required_by AS sources FROM module_version WHERE module = ? AND version = ?',
    );
    this.#versions = db.prepare<[string], { version: string }>(
      'SELECT version FROM module_version WHERE module = ? ORDER BY version',
    );
    this.#isWanted = db.prepare<[string, string], { id: number }>(`
      SELECT id FROM module_version WHERE module = ? AND version = ? AND id IN (${WANTED})`);
  }

  /** The files of a module version that the pool holds. */
  held(mv: ModuleVersion): Map<ModuleFile, HeldFile> {
    return new Map(this.#held.all(mv.path, mv.version).map((row) => [row.file, row]));
  }

  gaps(mv: ModuleVersion): Map<WantedFile, KnownGap> {
    return new Map(this.#gaps.all(mv.path, mv.version).map((row) => [row.file, row]));
  }

  /** Everything that the pool holds. */
  all(): IterableIterator<{ module: string; version: string } & HeldFile> {
    return this.#db
      .prepare<[], { module: string; version: string } & HeldFile>(`
        SELECT v.module, v.version, ${HELD_COLUMNS}
        FROM module_version v JOIN artifact a ON a.module_version = v.id
        ORDER BY v.module, v.version, a.file`)
      .iterate();
  }

  /** What no snapshot holds and no seed of the last runs wants, sorted by module, version and file. */
  unneeded(): UnneededFile[] {
    return this.#db
      .prepare<[], { module: string; version: string; file: ModuleFile; size: number }>(`
        SELECT v.module, v.version, a.file, a.size
        FROM artifact a JOIN module_version v ON v.id = a.module_version
        WHERE NOT EXISTS (
            SELECT 1 FROM snapshot_member m WHERE m.module_version = a.module_version AND m.file = a.file)
          AND a.module_version NOT IN (${WANTED})
        ORDER BY v.module, v.version, a.file`)
      .all()
      .map(({ module, version, file, size }) => ({ mv: named(module, version), file, size }));
  }

  /** Whether a seed of the last runs wants anything of a module version. */
  isWanted(mv: ModuleVersion): boolean {
    return this.#isWanted.get(mv.path, mv.version) !== undefined;
  }

  /** These files are about to leave the pool. All or nothing. */
  forget(files: readonly { readonly mv: ModuleVersion; readonly file: ModuleFile }[]): void {
    const drop = this.#db.prepare('DELETE FROM artifact WHERE module_version = ? AND file = ?');
    this.#db.transaction(() => {
      for (const { mv, file } of files) drop.run(this.idOf(mv), file);
    })();
  }

  /** Every version of a module that the ledger has heard of, held or not. */
  versionsOf(path: string): string[] {
    return this.#versions.all(path).map((row) => row.version);
  }

  /** The seeds that wanted a module version when last it was wanted. */
  requiredBy(mv: ModuleVersion): string[] {
    const row = this.#requiredBy.get(mv.path, mv.version);
    return row ? (JSON.parse(row.sources) as string[]) : [];
  }

  /** Records durable files; a gap that one of them closes goes with it. All or nothing. */
  record(artifacts: readonly VerifiedArtifact[], at: Date): void {
    const fetchedAt = at.toISOString();
    const ids = new Map<ModuleVersion, number>();
    this.#db.transaction(() => {
      for (const artifact of artifacts) {
        const id = ids.get(artifact.mv) ?? this.idOf(artifact.mv);
        ids.set(artifact.mv, id);
        const { file, size, sha256, sha512 = null, h1 = null, upstream } = artifact;
        this.#addArtifact.run(id, file, size, sha256, sha512, h1, upstream, fetchedAt);
        this.#dropGap.run(id, file);
      }
      reached('batch in the transaction');
    })();
  }

  /** Takes a file out that no snapshot needs, so that it is fetched again when it is wanted; false where one does. */
  drop(mv: ModuleVersion, file: ModuleFile): boolean {
    const { changes } = this.#db
      .prepare<{ id: number; file: ModuleFile }>(`
        DELETE FROM artifact
        WHERE module_version = :id AND file = :file AND NOT EXISTS (
          SELECT 1 FROM snapshot_member m WHERE m.module_version = :id AND m.file = :file)`)
      .run({ id: this.idOf(mv), file });
    return changes > 0;
  }

  /** Records what could not be had in this run. */
  recordGaps(gaps: readonly Gap[], at: Date): void {
    const seen = at.toISOString();
    this.#db.transaction(() => {
      for (const { mv, file, code, message } of gaps)
        this.#addGap.run(this.idOf(mv), file, code, message, seen, seen);
    })();
  }

  /** Notes which seeds want each module version now; rows that say so already are not written. */
  recordRequiredBy(
    wanted: Iterable<{ readonly mv: ModuleVersion; readonly seeds: readonly string[] }>,
  ): void {
    this.#db.transaction(() => {
      for (const { mv, seeds } of wanted) {
        this.#setRequiredBy.run({ id: this.idOf(mv), sources: JSON.stringify(seeds) });
      }
    })();
  }

  /** The row of a module version, made where there is none. */
  idOf(mv: ModuleVersion): number {
    const row = this.#id.get(mv.path, mv.version);
    return row ? row.id : Number(this.#addModuleVersion.run(mv.path, mv.version).lastInsertRowid);
  }
}

/** The ledger holds only paths and versions that were parsed before they were written. */
function named(module: string, version: string): ModuleVersion {
  return { path: module as ModulePath, version: version as Version };
}
