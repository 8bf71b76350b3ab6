/**
 * Opens the state database. SQLite in WAL mode with `synchronous = FULL`: a committed row survives a power cut,
 * and readers never wait for the writer.
 */
import { existsSync, statfsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { asDiskError, SiteError, StateError } from '../errors.ts';
import { readImage } from './image.ts';
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

/**
 * Opens for reading; undefined where no sync has made the file yet. On a disk without room, and on one that is
 * mounted read-only, it is a copy in memory of what was committed last.
 *
 * In WAL mode a reader too makes a `-shm` file of 32 KiB where there is none, and cannot on such a disk
 * (SQLITE_IOERR_SHMSIZE, SQLITE_CANTOPEN); where a file system copies on write, touching one that is there may even
 * kill the process (SIGBUS: seen on ext4 with blocks of 1 KiB). Tried and found wanting: `locking_mode = EXCLUSIVE`,
 * which needs no `-shm`, but a lock for writing on a file opened for reading (SQLITE_IOERR_LOCK), and opened for
 * writing it checkpoints, and fails on a read-only mount all the same; `immutable=1` and `vfs=unix-none`, for which
 * the driver would have to be built with URIs; a copy in a temporary folder, which may lie on the same full disk.
 */
export function openForReading(file: string): Db | undefined {
  return openChecked(file, requireSchema);
}

/** The same, whatever its schema: to look whether the file is sound. */
export function openForChecking(file: string): Db | undefined {
  return openChecked(file, pendingMigrations);
}

/** Called once it is open: only then SQLite looks at the file. */
type Check = (db: Db, file: string) => unknown;

function openChecked(file: string, check: Check): Db | undefined {
  if (!existsSync(file)) return undefined;
  if (!hasRoom(file)) return openImage(file, check) ?? openShared(file, check);
  try {
    return openShared(file, check);
  } catch (error) {
    const image = error instanceof SiteError ? openImage(file, check) : undefined;
    if (image === undefined) throw error;
    return image;
  }
}

/** So much is left on a disk for SQLite's working files: a `-shm` and the first pages of a `-wal`. */
const ROOM_BYTES = 256 << 10;

function hasRoom(file: string): boolean {
  const { bavail, bsize } = statfsSync(file);
  return bavail * bsize >= ROOM_BYTES;
}

function openShared(file: string, check: Check): Db {
  return checked(connect(file, { readonly: true, fileMustExist: true, timeout: 10_000 }), file, check);
}

function openImage(file: string, check: Check): Db | undefined {
  const image = readImage(file);
  return image && checked(new Database(image, { readonly: true }), file, check);
}

function requireSchema(db: Db, file: string): void {
  if (pendingMigrations(db, file).length === 0) return;
  throw new StateError('CORRUPT', `${file}: its schema is older than this program`, {
    hint: 'run `modferry sync` once: it brings the schema up to date and loses nothing',
  });
}

function checked(db: Db, file: string, check: Check): Db {
  try {
    check(db, file);
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

/**
 * A damaged file, or a disk that fails it, is a state of the world, not a bug: the file is named, with what to do.
 * SQLite's own messages name none.
 */
export function asStateError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code !== 'SQLITE_NOTADB' && !code.startsWith('SQLITE_CORRUPT'))
    return asDiskError(error, file) ?? error;
  return new StateError('CORRUPT', `${file}: is damaged or no SQLite database`, {
    cause: error,
    hint: 'run `modferry verify --repair`: it moves the file to quarantine and builds it anew from what is published; nothing is downloaded',
  });
}
