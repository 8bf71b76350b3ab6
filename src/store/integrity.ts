/** Whether the state database can be believed as a whole; looks at the file alone, and changes nothing. */
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StateError } from '../errors.ts';
import { asStateError, type Db, openForChecking } from './open.ts';

/**
 * What is wrong with it; undefined where nothing is. `thorough`: every index against its table too. Throws StateError
 * where it is of another version of this program: that is no damage; and SiteError where it cannot be read.
 */
export function databaseFlaw(file: string, thorough: boolean): string | undefined {
  if (!existsSync(file)) return 'is not there';
  if (statSync(file).size === 0) return 'is empty';
  try {
    const db = openForChecking(file);
    if (db === undefined) return 'is not there';
    try {
      return emptiness(db) ?? pagesFlaw(db, thorough);
    } finally {
      db.close();
    }
  } catch (error) {
    const known = asStateError(error, file);
    const isDamage = known instanceof StateError && known.cause instanceof Database.SqliteError;
    if (isDamage) return 'is damaged or no SQLite database';
    throw known;
  }
}

/** Every sync writes tables into it. */
function emptiness(db: Db): string | undefined {
  const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get();
  return tables === 0 ? 'is empty' : undefined;
}

function pagesFlaw(db: Db, thorough: boolean): string | undefined {
  const found = db.pragma(thorough ? 'integrity_check(1)' : 'quick_check(1)', { simple: true });
  return found === 'ok' ? undefined : `is damaged: ${String(found).replace(/\s+/g, ' ')}`;
}
