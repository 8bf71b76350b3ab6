import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pendingMigrations } from '../../src/store/migrate.ts';
import { openForReading, openForWriting } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { hintOf } from '../config/hint.ts';
import { refusal } from '../gomod/refusal.ts';
import { REPO } from '../house/sources.ts';
import { mv } from './facts.ts';

const MONDAY = () => new Date('2026-11-02T00:00:00Z');
const TUESDAY = () => new Date('2026-11-03T00:00:00Z');

const known = readdirSync(join(REPO, 'migrations')).sort();

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modferry-store-'));
  file = join(folder, 'state.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs SQL behind the program's back. */
function meddle(sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

function migrationRows(): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare('SELECT * FROM schema_migration ORDER BY number').all();
  } finally {
    db.close();
  }
}

describe('the migrations', () => {
  it('are numbered without a gap, one idea each', () => {
    expect(known.map((name) => Number(name.slice(0, 4)))).toEqual(known.map((_, index) => index + 1));
    expect(known.filter((name) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(name))).toEqual([]);
  });

  it('make a fresh database, and their checksums are recorded', () => {
    openForWriting(file, MONDAY).close();
    const expected = known.map((name, index) => ({
      number: index + 1,
      name,
      sha256: createHash('sha256')
        .update(readFileSync(join(REPO, 'migrations', name)))
        .digest('hex'),
      applied_at: '2026-11-02T00:00:00.000Z',
    }));
    expect(migrationRows()).toEqual(expected);
  });

  it('are applied once: opening again changes nothing', () => {
    openForWriting(file, MONDAY).close();
    const before = migrationRows();
    openForWriting(file, TUESDAY).close();
    expect(migrationRows()).toEqual(before);
  });

  it('make only STRICT tables', () => {
    const db = openForWriting(file, MONDAY);
    const tables = db
      .prepare<[], { name: string; strict: number }>(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main'",
      )
      .all()
      .filter(({ name }) => !name.startsWith('sqlite_'));
    expect(tables.length).toBeGreaterThanOrEqual(9);
    expect(tables.filter(({ strict }) => strict !== 1)).toEqual([]);
    db.close();
  });

  it('that are still to come are told in order', () => {
    const db = new Database(':memory:');
    const migration = (number: number) => ({
      number,
      name: `000${number}_x.sql`,
      sql: '',
      sha256: `${number}`,
    });
    expect(pendingMigrations(db, file, [migration(1), migration(2)]).map(({ number }) => number)).toEqual([
      1, 2,
    ]);
    db.exec(
      "CREATE TABLE schema_migration (number, name, sha256, applied_at); INSERT INTO schema_migration VALUES (1, 'a', '1', '')",
    );
    expect(pendingMigrations(db, file, [migration(1), migration(2)]).map(({ number }) => number)).toEqual([
      2,
    ]);
    db.close();
  });
});

describe('a database opened for writing', () => {
  it('writes ahead, syncs every commit and holds its references', () => {
    const db = openForWriting(file, MONDAY);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    const orphan = () => db.exec("INSERT INTO artifact VALUES (7, 'zip', 1, '', '', '', '', '')");
    expect(orphan).toThrow('FOREIGN KEY constraint failed');
    db.close();
  });

  it('is locked against no reader', () => {
    const db = openForWriting(file, MONDAY);
    db.exec("BEGIN IMMEDIATE; INSERT INTO module_version (module, version) VALUES ('m', 'v1.0.0')");
    const reading = Store.forReading(file);
    expect(reading?.ledger.versionsOf('m')).toEqual([]);
    reading?.close();
    db.exec('COMMIT');
    db.close();
  });
});

describe('a database opened for reading', () => {
  it('is undefined where no sync has made it, and is not made', () => {
    expect(openForReading(file)).toBeUndefined();
    expect(Store.forReading(file)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });

  it('cannot be written', () => {
    openForWriting(file, MONDAY).close();
    const db = openForReading(file);
    expect(() => db?.exec("INSERT INTO module_version (module, version) VALUES ('m', 'v1.0.0')")).toThrow(
      'attempt to write a readonly database',
    );
    db?.close();
  });

  it('is refused where the schema is older, and not brought up to date', () => {
    writeFileSync(file, '');
    const open = () => openForReading(file);
    expect(refusal(open)).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `${file}: its schema is older than this program`,
    });
    expect(hintOf(open)).toBe('run `modferry sync` once: it brings the schema up to date and loses nothing');
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

describe.each([
  ['writing', () => openForWriting(file, TUESDAY)],
  ['reading', () => openForReading(file)],
])('opening for %s refuses', (_, open) => {
  const useAnother = 'use the modferry version that wrote it, or a newer one';

  it('a newer schema than ours, and leaves it as it was', () => {
    openForWriting(file, MONDAY).close();
    const next = known.length + 1;
    meddle(`INSERT INTO schema_migration VALUES (${next}, 'future.sql', 'abc', '2030-01-01T00:00:00Z')`);
    const before = migrationRows();
    expect(refusal(open)).toEqual({
      error: 'StateError',
      code: 'SCHEMA_TOO_NEW',
      message: `${file}: its schema ${next} is newer than this program`,
    });
    expect(hintOf(open)).toBe(useAnother);
    expect(migrationRows()).toEqual(before);
  });

  it('a migration that was applied with another text', () => {
    openForWriting(file, MONDAY).close();
    meddle("UPDATE schema_migration SET sha256 = 'abc' WHERE number = 1");
    expect(refusal(open)).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `${file}: migration ${known[0]} was applied with another text`,
    });
    expect(hintOf(open)).toBe(useAnother);
  });

  it.each([
    [
      'a text',
      Buffer.from('this is no database, only a text that is long enough to be one page.'.repeat(20)),
    ],
    ['a database whose first page is damaged', undefined],
  ])('%s, and keeps it for whoever looks into it', (__, text) => {
    openForWriting(file, MONDAY).close();
    const bytes = text ?? Buffer.concat([Buffer.alloc(100, 0xff), readFileSync(file).subarray(100)]);
    writeFileSync(file, bytes);
    expect(refusal(open)).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `${file}: is damaged or no SQLite database`,
    });
    expect(hintOf(open)).toBe(
      'run `modferry verify --repair`: it moves the file to quarantine and builds it anew from what is published; nothing is downloaded',
    );
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('a database that is damaged behind its first page', () => {
    openForWriting(file, MONDAY).close();
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xff)]));
    expect(refusal(open)).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `${file}: is damaged or no SQLite database`,
    });
  });
});

describe('a database that was filled under the first migration', () => {
  /** A row at least in every table, in the order of its columns. */
  const FILLED: Readonly<Record<string, readonly (readonly (string | number | null)[])[]>> = {
    module_version: [
      [1, 'example.com/a', 'v1.0.0', '["a/go.sum"]'],
      [2, 'example.com/b', 'v2.0.0+incompatible', '[]'],
    ],
    artifact: [
      [1, 'info', 10, 's1', null, null, 'https://up.example', '2026-11-02T00:00:00.000Z'],
      [1, 'mod', 20, 's2', null, 'h1:mod', 'https://up.example', '2026-11-02T00:00:00.000Z'],
      [1, 'zip', 30, 's3', 's512', 'h1:zip', 'pool', '2026-11-02T00:00:00.000Z'],
    ],
    gap: [
      [
        2,
        'info',
        'REJECTED',
        'example.com/b: withheld',
        '2026-11-01T00:00:00.000Z',
        '2026-11-02T00:00:00.000Z',
      ],
      [2, 'zip', 'NOT_FOUND', "it's gone", '2026-11-02T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ],
    seed: [
      [1, 'a/go.sum', 'seed-1'],
      [2, 'b/go.sum', 'seed-2'],
    ],
    want: [
      [1, 3, 1, 'zip', 'h1:zip'],
      [1, 4, 1, 'mod', 'h1:mod'],
      [1, 900, 2, 'zip', 'h1:other'],
      [2, 1, 2, 'mod', 'h1:third'],
    ],
    run: [
      [1, '2026-11-01T00:00:00.000Z', '2026-11-01T00:01:00.000Z', 'published', 'one', '{"files":3}'],
      [2, '2026-11-02T00:00:00.000Z', null, null, null, null],
    ],
    run_seed: [
      [1, 1],
      [2, 1],
      [2, 2],
    ],
    snapshot: [[1, 'one', '2026-11-01T00:00:00.000Z', null, 'root', 'manifest', 1, 3, 60]],
    snapshot_member: [
      [1, 'info', 1, null],
      [1, 'mod', 1, null],
      [1, 'zip', 1, 2],
    ],
  };

  /** As the program of that time has left it. */
  function fillAsThen(): void {
    const [name = ''] = known;
    const sql = readFileSync(join(REPO, 'migrations', name), 'utf8');
    const db = new Database(file);
    db.pragma('foreign_keys = ON');
    db.exec(`CREATE TABLE schema_migration
      (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT`);
    db.exec(sql);
    db.prepare('INSERT INTO schema_migration VALUES (1, ?, ?, ?)').run(
      name,
      createHash('sha256').update(sql).digest('hex'),
      MONDAY().toISOString(),
    );
    for (const [table, rows] of Object.entries(FILLED)) {
      for (const row of rows) {
        db.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`).run(...row);
      }
    }
    db.close();
  }

  /** What the tables had for columns then, in whatever order the rows lie now. */
  function tablesNow(columns: Readonly<Record<string, string>>): Record<string, unknown[]> {
    const db = new Database(file, { readonly: true });
    try {
      const read = ([table, names]: [string, string]) => [
        table,
        db.prepare(`SELECT ${names} FROM ${table} ORDER BY 1, 2`).raw().all(),
      ];
      return Object.fromEntries(Object.entries(columns).map(read));
    } finally {
      db.close();
    }
  }

  function columnsThen(): Record<string, string> {
    const db = new Database(':memory:');
    db.exec(readFileSync(join(REPO, 'migrations', known[0] ?? ''), 'utf8'));
    const names = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
    const columns = Object.keys(FILLED).map((table) => [table, names.all(table).join(', ')]);
    const tables = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .pluck()
      .all();
    expect(tables.toSorted()).toEqual(Object.keys(FILLED).toSorted());
    db.close();
    return Object.fromEntries(columns);
  }

  it('keeps every row of every table, with all that was in it', () => {
    fillAsThen();
    openForWriting(file, TUESDAY).close();
    expect(tablesNow(columnsThen())).toEqual(FILLED);
  });

  it('is brought up to date with the rows of the migrations that came since', () => {
    fillAsThen();
    openForWriting(file, TUESDAY).close();
    expect(migrationRows()).toMatchObject(
      known.map((name, index) => ({
        name,
        applied_at: (index === 0 ? MONDAY() : TUESDAY()).toISOString(),
      })),
    );
  });

  it('has no table that only a migration needed, and every reference holds', () => {
    fillAsThen();
    const db = openForWriting(file, TUESDAY);
    const tables = `SELECT name FROM sqlite_schema WHERE type = 'table'`;
    const left = db
      .prepare<[], string>(tables)
      .pluck()
      .all()
      .filter((name) => /old|tmp|new/.test(name));
    expect(left).toEqual([]);
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  it('has the wants of a text in the order of their lines, each with its line', () => {
    fillAsThen();
    openForWriting(file, TUESDAY).close();
    expect(tablesNow({ want: 'seed, position, line' })).toEqual({
      want: [
        [1, 3, 3],
        [1, 4, 4],
        [1, 900, 900],
        [2, 1, 1],
      ],
    });
  });

  it('gives to the program what it gave before', () => {
    fillAsThen();
    const store = Store.forWriting(file, TUESDAY);
    const [a, b] = [mv('example.com/a@v1.0.0'), mv('example.com/b@v2.0.0+incompatible')];
    expect([...store.ledger.held(a).keys()]).toEqual(['info', 'mod', 'zip']);
    expect([...store.ledger.gaps(b).values()]).toEqual([
      {
        file: 'info',
        code: 'REJECTED',
        message: 'example.com/b: withheld',
        firstSeen: '2026-11-01T00:00:00.000Z',
        lastSeen: '2026-11-02T00:00:00.000Z',
      },
      {
        file: 'zip',
        code: 'NOT_FOUND',
        message: "it's gone",
        firstSeen: '2026-11-02T00:00:00.000Z',
        lastSeen: '2026-11-02T00:00:00.000Z',
      },
    ]);
    expect(
      store.runs.wantingLines('example.com/b').map(({ source, line, h1 }) => [source, line, h1]),
    ).toEqual([
      ['a/go.sum', 900, 'h1:other'],
      ['b/go.sum', 1, 'h1:third'],
    ]);
    expect(store.snapshots.newest()).toMatchObject({ seq: 1, id: 'one', bytes: 60, sumdb: null });
    expect([...store.snapshots.members(1)].map(({ file: name }) => name)).toEqual(['info', 'mod', 'zip']);
    store.close();
  });

  it('can hold what it could not before: a missing lookup, and a want without a hash', () => {
    fillAsThen();
    const store = Store.forWriting(file, TUESDAY);
    const a = mv('example.com/a@v1.0.0');
    store.ledger.recordGaps([{ mv: a, file: 'lookup', code: 'NOT_FOUND', message: 'm' }], TUESDAY());
    expect([...store.ledger.gaps(a).keys()]).toEqual(['lookup']);
    const wants = [
      { line: 0, mv: a, file: 'zip', h1: undefined },
      { line: 0, mv: a, file: 'mod', h1: undefined },
    ] as const;
    store.runs.start(TUESDAY(), [{ source: 'example.com/a@latest', sha256: 'x', wants }]);
    expect(store.runs.wantingLines(a.path).map(({ line, h1 }) => [line, h1])).toEqual([
      [0, null],
      [0, null],
    ]);
    store.close();
  });

  it('takes no file, version or line that the tables did not take before', () => {
    fillAsThen();
    const db = openForWriting(file, TUESDAY);
    const gap = (id: number, name: string) => () =>
      db.exec(`INSERT INTO gap VALUES (${id}, '${name}', 'c', 'm', 'f', 'l')`);
    expect(gap(1, 'list')).toThrow('CHECK constraint failed');
    expect(gap(77, 'zip')).toThrow('FOREIGN KEY constraint failed');
    expect(gap(2, 'zip')).toThrow('UNIQUE constraint failed: gap.module_version, gap.file');
    const want = (seed: number, position: number, name: string) => () =>
      db.exec(
        `INSERT INTO want (seed, position, line, module_version, file) VALUES (${seed}, ${position}, 1, 1, '${name}')`,
      );
    expect(want(1, 5, 'info')).toThrow('CHECK constraint failed');
    expect(want(77, 1, 'zip')).toThrow('FOREIGN KEY constraint failed');
    expect(want(1, 3, 'zip')).toThrow('UNIQUE constraint failed: want.seed, want.position');
    db.close();
  });
});
