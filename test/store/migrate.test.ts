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
      'move it (and its -wal and -shm) away and run `modferry sync`: the pool is hashed again, nothing is downloaded twice',
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
