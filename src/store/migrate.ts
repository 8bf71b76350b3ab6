/**
 * Numbered migrations, `migrations/NNNN_name.sql`, each applied once in a transaction of its own with its checksum
 * recorded. A database that knows more migrations than this program, or another text under the same number, is
 * refused: guessing at a schema loses data.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StateError } from '../errors.ts';
import type { Db } from './open.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** The package's migrations/ stands two folders above this file, in src/ and in dist/ alike. */
const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));

export function migrate(db: Db, file: string, now: () => Date): void {
  db.exec(`CREATE TABLE IF NOT EXISTS schema_migration (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    applied_at TEXT NOT NULL
  ) STRICT`);
  for (const migration of pendingMigrations(db, file)) {
    db.transaction(() => {
      db.exec(migration.sql);
      db.prepare('INSERT INTO schema_migration (number, name, sha256, applied_at) VALUES (?, ?, ?, ?)').run(
        migration.number,
        migration.name,
        migration.sha256,
        now().toISOString(),
      );
    }).immediate();
  }
}

/** The migrations that the database does not have yet, in order; throws where its history is not ours. */
export function pendingMigrations(db: Db, file: string, known = readMigrations()): readonly Migration[] {
  const applied = appliedMigrations(db);
  const last = Math.max(0, ...applied.keys());
  if (last > Math.max(0, ...known.map((m) => m.number))) {
    throw new StateError('SCHEMA_TOO_NEW', `${file}: its schema ${last} is newer than this program`, {
      hint: 'use the modferry version that wrote it, or a newer one',
    });
  }
  for (const migration of known) {
    const sha256 = applied.get(migration.number);
    if (sha256 !== undefined && sha256 !== migration.sha256) {
      throw new StateError('CORRUPT', `${file}: migration ${migration.name} was applied with another text`, {
        hint: 'use the modferry version that wrote it, or a newer one',
      });
    }
  }
  return known.filter((migration) => !applied.has(migration.number));
}

function appliedMigrations(db: Db): Map<number, string> {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'`).get();
  if (exists === undefined) return new Map();
  const rows = db.prepare<[], { number: number; sha256: string }>(
    'SELECT number, sha256 FROM schema_migration',
  );
  return new Map(rows.all().map((row) => [row.number, row.sha256]));
}

function readMigrations(): Migration[] {
  const names = readdirSync(MIGRATIONS).filter((name) => /^\d{4}_\w+\.sql$/.test(name));
  return names.sort().map((name) => {
    const sql = readFileSync(join(MIGRATIONS, name), 'utf8');
    return {
      number: Number(name.slice(0, 4)),
      name,
      sql,
      sha256: createHash('sha256').update(sql).digest('hex'),
    };
  });
}
