/**
 * Opens the state database. SQLite in WAL mode with `synchronous = FULL`: a committed row survives a power cut,
 * and readers never wait for the writer.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StateError } from '../errors.ts';
import { migrate, pendingMigrations } from './migrate.ts';

export type Db = Database.Database;

/** Opens for writing, makes the file if there is none, and brings its schema up to date. */
export function openForWriting(file: string, now: () => Date): Db {
  const db = connect(file, { timeout: 10_000 });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    migrate(db, file, now);
    return db;
  } catch (error) {
    db.close();
    throw asStateError(error, file);
  }
}

/** Opens for reading; undefined where no sync has made the file yet. */
export function openForReading(file: string): Db | undefined {
  if (!existsSync(file)) return undefined;
  const db = connect(file, { readonly: true, fileMustExist: true, timeout: 10_000 });
  try {
    if (pendingMigrations(db, file).length > 0) {
      throw new StateError('CORRUPT', `${file}: its schema is older than this program`, {
        hint: 'run `modferry sync` once: it brings the schema up to date and loses nothing',
      });
    }
    return db;
  } catch (error) {
    db.close();
    throw asStateError(error, file);
  }
}

function connect(file: string, options: Database.Options): Db {
  try {
    return new Database(file, options);
  } catch (error) {
    throw asStateError(error, file);
  }
}

/** A damaged file is a state of the world, not a bug: it is named, with what to do. */
export function asStateError(error: unknown, file: string): unknown {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (code !== 'SQLITE_NOTADB' && !code.startsWith('SQLITE_CORRUPT')) return error;
  return new StateError('CORRUPT', `${file}: is damaged or no SQLite database`, {
    cause: error,
    hint: 'run `modferry verify --repair`: it moves the file to quarantine and builds it anew from what is published; nothing is downloaded',
  });
}
