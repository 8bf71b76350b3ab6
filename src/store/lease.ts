/**
 * One writer at a time. The lock is an exclusive transaction on `lock.db`, so the kernel holds it and lets it go
 * when the process dies, however it dies: there is no stale lock to break. `lock.json` beside it says, for people,
 * who holds it and since when; found there while the lock is free, it tells that the last holder died.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { asDiskError, StateError } from '../errors.ts';

export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly verb: string;
  readonly since: string;
}

export interface Lease {
  /** Who held the lock before and died without giving it back. */
  readonly abandonedBy: Holder | undefined;
  release(): void;
}

/** Does what changes a mirror while nobody else does. Throws LOCKED at once where somebody else does. */
export async function withLease<T>(
  mirror: string,
  verb: string,
  now: () => Date,
  warn: (message: string) => void,
  use: () => Promise<T>,
): Promise<T> {
  const lease = acquireLease(mirror, verb, now);
  try {
    const { abandonedBy } = lease;
    if (abandonedBy) {
      const who = `${abandonedBy.verb} of process ${abandonedBy.pid}, at it since ${abandonedBy.since},`;
      warn(`${who} died: taking over`);
    }
    return await use();
  } finally {
    lease.release();
  }
}

/** Takes the lock of a mirror or throws LOCKED at once, naming the holder. */
export function acquireLease(mirror: string, verb: string, now: () => Date): Lease {
  const note = join(mirror, 'lock.json');
  const file = join(mirror, 'lock.db');
  const db = connect(file);
  try {
    // Nothing is written, not even a journal: on a full disk too the lock can be had.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw locked(mirror, note);
    throw asDiskError(error, file) ?? error;
  }
  const abandonedBy = readHolder(note);
  try {
    writeNote(note, verb, now());
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    abandonedBy,
    release: () => {
      rmSync(note, { force: true });
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

function connect(file: string): Database.Database {
  try {
    return new Database(file, { timeout: 0 });
  } catch (error) {
    throw asDiskError(error, file) ?? error;
  }
}

/** On a full disk the lock is held without a note: whoever wants to free the disk needs the lock first. */
function writeNote(note: string, verb: string, since: Date): void {
  const holder: Holder = { pid: process.pid, host: hostname(), verb, since: since.toISOString() };
  try {
    writeFileSync(note, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    if (asDiskError(error)?.code !== 'DISK_FULL') throw error;
    rmSync(note, { force: true });
  }
}

function locked(mirror: string, note: string): StateError {
  const holder = readHolder(note);
  const who = holder
    ? `${holder.verb} of process ${holder.pid} on ${holder.host} since ${holder.since}`
    : 'another process';
  return new StateError('LOCKED', `${mirror}: is locked by ${who}`, {
    hint: 'wait until that run has ended; the lock goes with its process',
  });
}

/** The note is for people and may be cut short by a crash: one that cannot be read names nobody. */
function readHolder(note: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(note, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
