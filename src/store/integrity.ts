/** Whether the state database can be believed as a whole; looks at the file alone, and changes nothing. */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StateError } from '../errors.ts';
import { pendingMigrations } from './migrate.ts';
import { asStateError, type Db } from './open.ts';

/**
 * What is wrong with it; undefined where nothing is. `thorough`: every index against its table too. Throws StateError
 * where it is of another version of this program: that is no damage.
 */
export function databaseFlaw(file: string, thorough: boolean): string | undefined {
  if (!existsSync(file)) return 'is not there';
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 10_000 });
    try {
      return emptiness(db) ?? pagesFlaw(db, thorough) ?? historyFlaw(db, file);
    } finally {
      db.close();
    }
  } catch (error) {
    const known = asStateError(error, file);
    if (known instanceof StateError && known.cause !== undefined) return 'is damaged or no SQLite database';
    throw known;
  }
}

/** A file of no bytes is a database to SQLite, and every sync writes tables into it. */
function emptiness(db: Db): string | undefined {
  const { tables } = db
    .prepare<[], { tables: number }>('SELECT count(*) AS tables FROM sqlite_schema')
    .get() ?? {
    tables: 0,
  };
  return tables === 0 ? 'is empty' : undefined;
}

function pagesFlaw(db: Db, thorough: boolean): string | undefined {
  const found = db.pragma(thorough ? 'integrity_check(1)' : 'quick_check(1)', { simple: true });
  return found === 'ok' ? undefined : `is damaged: ${String(found).replace(/\s+/g, ' ')}`;
}

/** Throws where its schema is not ours. */
function historyFlaw(db: Db, file: string): undefined {
  pendingMigrations(db, file);
}
