/** A state database as each earlier version of the schema left it becomes what a new one is. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openForWriting } from '../../src/store/open.ts';
import { REPO } from '../house/sources.ts';

const MIGRATIONS = join(REPO, 'migrations');
const NAMES = readdirSync(MIGRATIONS)
  .filter((name) => name.endsWith('.sql'))
  .sort();
const NOW = () => new Date('2026-11-02T00:00:00Z');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modferry-schemas-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(NAMES.map((name, index) => ({ name, count: index + 1 })))(
  'the schema after $name is brought up to date',
  ({ count }) => {
    const fresh = join(folder, 'fresh.db');
    openForWriting(fresh, NOW).close();
    const old = join(folder, 'old.db');
    makeAsThen(old, count);

    openForWriting(old, NOW).close();

    expect(schemaOf(old)).toEqual(schemaOf(fresh));
    expect(countsOf(old)).toEqual({ migrations: NAMES.length, modules: 1 });
  },
);

/** With the first migrations alone, and a row that must live on. */
function makeAsThen(file: string, count: number): void {
  const db = new Database(file);
  db.exec(
    'CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
  );
  const record = db.prepare('INSERT INTO schema_migration VALUES (?, ?, ?, ?)');
  for (const [index, name] of NAMES.slice(0, count).entries()) {
    const sql = readFileSync(join(MIGRATIONS, name), 'utf8');
    db.exec(sql);
    record.run(index + 1, name, createHash('sha256').update(sql).digest('hex'), NOW().toISOString());
  }
  db.exec("INSERT INTO module_version (module, version) VALUES ('example.com/m', 'v1.0.0')");
  db.close();
}

/** Tables, indexes and triggers in SQL, but for its white space. */
function schemaOf(file: string): string[] {
  const db = new Database(file, { readonly: true });
  const rows = db
    .prepare<[], { name: string; sql: string | null }>('SELECT name, sql FROM sqlite_schema ORDER BY name')
    .all();
  db.close();
  return rows.map(({ name, sql }) => `${name}: ${(sql ?? '').replaceAll(/\s+/g, '')}`);
}

function countsOf(file: string): { migrations: number; modules: number } {
  const db = new Database(file, { readonly: true });
  const count = (table: string) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const counts = { migrations: count('schema_migration'), modules: count('module_version') };
  db.close();
  return counts;
}
