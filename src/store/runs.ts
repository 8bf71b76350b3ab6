/** The history of runs, and which line of which seed wanted what in each. */
import type { ModuleFile } from '../gomod/artifact.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Version } from '../gomod/version.ts';
import type { Ledger } from './ledger.ts';
import type { Db } from './open.ts';

export type Outcome = 'published' | 'unchanged' | 'incomplete' | 'refused' | 'failed' | 'interrupted';

/** What a text said that wants module versions: its name, its SHA-256 in hex, and its wants. */
export interface SeedContent {
  readonly source: string;
  readonly sha256: string;
  readonly wants: readonly {
    /** 0: the text as a whole. */
    readonly line: number;
    readonly mv: ModuleVersion;
    readonly file: Exclude<ModuleFile, 'info'>;
    /** Undefined: it gives no hash. */
    readonly h1: string | undefined;
    /** Who requires it, where a build list selects it. */
    readonly because?: string | undefined;
  }[];
  /** The newest Go that its modules ask for, as `1.25.0`, where that was looked at. */
  readonly go?: string | undefined;
}

/** What is told of a run that is over; `error` is JSON: what ended it early. */
export interface PastRun extends Pick<RunRow, 'startedAt' | 'finishedAt' | 'outcome'> {
  readonly error: string | null;
}

export interface RunRow {
  readonly id: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly outcome: Outcome | null;
  readonly snapshot: string | null;
  /** JSON of the run's counts. */
  readonly report: string | null;
}

/** A line, or a whole text (line 0), that wanted a module version in the newest run that read it. */
export interface WantingLine {
  readonly version: string;
  readonly source: string;
  readonly line: number;
  readonly file: Exclude<ModuleFile, 'info'>;
  readonly h1: string | null;
  readonly because: string | null;
}

/** A text that an earlier run read. */
export interface KnownText {
  readonly wants: readonly {
    readonly mv: ModuleVersion;
    readonly file: Exclude<ModuleFile, 'info'>;
    readonly line: number;
    /** Only texts that give no hashes are read again from here. */
    readonly h1: undefined;
    readonly because?: string;
  }[];
  readonly go?: string;
}

/** A want as it is kept. */
interface WantRow {
  readonly module: string;
  readonly version: string;
  readonly file: Exclude<ModuleFile, 'info'>;
  readonly line: number;
  readonly because: string | null;
}

/** Runs of which is known what each seed said, and runs that are known at all. */
const KEPT_TEXTS = 50;
const KEPT_RUNS = 2000;

const RUN_COLUMNS = 'id, started_at AS startedAt, finished_at AS finishedAt, outcome, snapshot, report';

export class Runs {
  readonly #db: Db;
  readonly #ledger: Ledger;

  constructor(db: Db, ledger: Ledger) {
    this.#db = db;
    this.#ledger = ledger;
  }

  /** What a text wanted when an earlier run kept it; its wants give no hashes here. Undefined where none did. */
  textOf(source: string, sha256: string): KnownText | undefined {
    const seed = this.#db
      .prepare<[string, string], { id: number; go: string | null }>(
        'SELECT id, go FROM seed WHERE source = ? AND sha256 = ?',
      )
      .get(source, sha256);
    if (seed === undefined) return undefined;
    const rows = this.#db
      .prepare<[number], WantRow>(`
        SELECT v.module, v.version, w.file, w.line, w.because
        FROM want w JOIN module_version v ON v.id = w.module_version
        WHERE w.seed = ? ORDER BY w.position`)
      .all(seed.id);
    const wants = rows.map(({ module, version, file, line, because }) => ({
      // The ledger holds only paths and versions that were parsed before they were written.
      mv: { path: module as ModulePath, version: version as Version },
      file,
      line,
      h1: undefined,
      ...(because === null ? {} : { because }),
    }));
    return { wants, ...(seed.go === null ? {} : { go: seed.go }) };
  }

  /** Opens a run. A seed whose text is known already, from an earlier run or this one, costs at most one row. */
  start(at: Date, seeds: readonly SeedContent[]): number {
    const addRun = this.#db.prepare('INSERT INTO run (started_at) VALUES (?)');
    return this.#db.transaction(() => {
      const run = Number(addRun.run(at.toISOString()).lastInsertRowid);
      this.addSeeds(run, seeds);
      return run;
    })();
  }

  /** Notes what else a run read: the files of a module seed come only in its course. May be called again. */
  addSeeds(run: number, seeds: readonly SeedContent[]): void {
    const addRunSeed = this.#db.prepare('INSERT OR IGNORE INTO run_seed (run, seed) VALUES (?, ?)');
    this.#db.transaction(() => {
      for (const seed of seeds) addRunSeed.run(run, this.#seedId(seed));
    })();
  }

  /**
   * Drops computed texts (their names end in `suffix`) that this run did not need: they can be computed again, and each
   * new version of a module makes new ones of thousands of rows.
   */
  forgetComputed(run: number, suffix: string): void {
    const old = this.#db
      .prepare<[string, number], number>(`
        SELECT id FROM seed
        WHERE source LIKE '%' || ? AND id NOT IN (SELECT seed FROM run_seed WHERE run = ?)`)
      .pluck()
      .all(suffix, run);
    const dropRuns = this.#db.prepare('DELETE FROM run_seed WHERE seed = ?');
    const dropSeed = this.#db.prepare('DELETE FROM seed WHERE id = ?');
    this.#db.transaction(() => {
      for (const id of old) {
        dropRuns.run(id);
        dropSeed.run(id);
      }
    })();
  }

  finish(run: number, at: Date, outcome: Outcome, snapshot: string | null, report: unknown): void {
    this.#db
      .prepare('UPDATE run SET finished_at = ?, outcome = ?, snapshot = ?, report = ? WHERE id = ?')
      .run(at.toISOString(), outcome, snapshot, JSON.stringify(report), run);
  }

  /**
   * Drops what old runs read, and very old runs: a mirror that is asked often for years would keep every text that a
   * seed ever had. The texts of the last run that went through stay, however long ago it was. Of the problems that runs
   * found only those of the newest matter: of the others the counts are kept.
   */
  tidy(): void {
    const newest = this.last()?.id ?? 0;
    const oldTexts = Math.min(newest - KEPT_TEXTS, (this.lastCompleted()?.id ?? newest) - 1);
    this.#db.transaction(() => {
      this.#db
        .prepare(`
          UPDATE run SET report = json_remove(report, '$.found')
          WHERE id < ? AND id >= ? AND json_extract(report, '$.found[0]') IS NOT NULL`)
        .run(newest, newest - KEPT_TEXTS);
      const dropped = this.#db.prepare('DELETE FROM run_seed WHERE run <= ?').run(oldTexts).changes;
      if (dropped > 0) this.#db.exec('DELETE FROM seed WHERE id NOT IN (SELECT seed FROM run_seed)');
      this.#db
        .prepare('DELETE FROM run WHERE id <= ? AND id NOT IN (SELECT run FROM run_seed)')
        .run(newest - KEPT_RUNS);
    })();
  }

  /** The newest first; without their reports, of which each may name a thousand problems. */
  history(count: number): PastRun[] {
    return this.#db
      .prepare<[number], PastRun>(`
        SELECT started_at AS startedAt, finished_at AS finishedAt, outcome, json_extract(report, '$.error') AS error
        FROM run ORDER BY id DESC LIMIT ?`)
      .all(count);
  }

  last(): RunRow | undefined {
    return this.#db.prepare<[], RunRow>(`SELECT ${RUN_COLUMNS} FROM run ORDER BY id DESC LIMIT 1`).get();
  }

  /** The newest run that came to its end, whatever that was: its report is there. */
  lastFinished(): RunRow | undefined {
    return this.#db
      .prepare<[], RunRow>(
        `SELECT ${RUN_COLUMNS} FROM run WHERE outcome IS NOT NULL ORDER BY id DESC LIMIT 1`,
      )
      .get();
  }

  /** The newest run that saw its work through: what is current was compared with the seeds then. */
  lastCompleted(): RunRow | undefined {
    return this.#db
      .prepare<[], RunRow>(
        `SELECT ${RUN_COLUMNS} FROM run
         WHERE outcome IN ('published', 'unchanged', 'incomplete') ORDER BY id DESC LIMIT 1`,
      )
      .get();
  }

  /** The go.sum lines that wanted a module in the newest run, by version and source. */
  wantingLines(path: string): WantingLine[] {
    return this.#db
      .prepare<[string], WantingLine>(`
        SELECT v.version, s.source, w.line, w.file, w.h1, w.because
        FROM module_version v
          JOIN want w ON w.module_version = v.id
          JOIN seed s ON s.id = w.seed
          JOIN run_seed r ON r.seed = s.id
        WHERE v.module = ? AND r.run = (SELECT max(id) FROM run)
        ORDER BY v.version, s.source, w.line`)
      .all(path);
  }

  #seedId(seed: SeedContent): number {
    const known = this.#db
      .prepare<[string, string], { id: number }>('SELECT id FROM seed WHERE source = ? AND sha256 = ?')
      .get(seed.source, seed.sha256);
    if (known) return known.id;
    const added = this.#db
      .prepare('INSERT INTO seed (source, sha256, go) VALUES (?, ?, ?)')
      .run(seed.source, seed.sha256, seed.go ?? null);
    const id = Number(added.lastInsertRowid);
    const addWant = this.#db.prepare(
      `INSERT INTO want (seed, position, line, module_version, file, h1, because)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const [position, { line, mv, file, h1 = null, because = null }] of seed.wants.entries())
      addWant.run(id, position, line, this.#ledger.idOf(mv), file, h1, because);
    return id;
  }
}
