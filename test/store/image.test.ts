/** The database that is read without SQLite is the one that SQLite itself reads, whatever stands in its log. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readImage } from '../../src/store/image.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modferry-image-'));
  file = join(folder, 'state.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const DRIVER = createRequire(import.meta.url).resolve('better-sqlite3');

/** Runs statements in a process that dies before it can tidy up: what it committed stands in the -wal. */
function writeAndDie(...statements: readonly string[]): void {
  const script = `
    const db = new (require(${JSON.stringify(DRIVER)}))(${JSON.stringify(file)});
    for (const sql of ${JSON.stringify(statements)}) db.exec(sql);
    process.kill(process.pid, 'SIGKILL');`;
  const { signal, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  if (signal !== 'SIGKILL') throw new Error(stderr);
}

const ROWS = 'SELECT id, length(body) AS length, hex(substr(body, 1, 8)) AS start FROM t ORDER BY id';

/** What our reading gives. */
function rowsOfImage(): unknown[] {
  const image = readImage(file);
  if (image === undefined) throw new Error('nobody writes, and yet it would not hold still');
  const db = new Database(image, { readonly: true });
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return db.prepare(ROWS).all();
  } finally {
    db.close();
  }
}

/** What SQLite's recovery gives, of a copy. */
function rowsOfSqlite(): unknown[] {
  const copy = join(folder, 'copy.db');
  for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
  for (const end of ['', '-wal'])
    if (existsSync(`${file}${end}`)) copyFileSync(`${file}${end}`, `${copy}${end}`);
  const db = new Database(copy);
  try {
    return db.prepare(ROWS).all();
  } finally {
    db.close();
  }
}

const BEGIN = ['PRAGMA journal_mode = WAL', 'PRAGMA wal_autocheckpoint = 0'];
const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)';
const insert = (count: number, size: number) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
   INSERT INTO t (body) SELECT randomblob(${size}) FROM n`;

describe('readImage', () => {
  it.each<[string, readonly string[], number]>([
    ['a log that holds everything', [...BEGIN, TABLE, insert(300, 500)], 300],
    ['pages of 512 bytes', ['PRAGMA page_size = 512', ...BEGIN, TABLE, insert(300, 500)], 300],
    ['pages of 64 KiB', ['PRAGMA page_size = 65536', ...BEGIN, TABLE, insert(300, 500)], 300],
    [
      'a log that begins after a checkpoint',
      [...BEGIN, TABLE, insert(300, 500), 'PRAGMA wal_checkpoint(TRUNCATE)', insert(10, 5000)],
      310,
    ],
    [
      'a log that was begun anew over a longer one',
      [...BEGIN, TABLE, insert(900, 500), 'PRAGMA wal_checkpoint(RESTART)', insert(10, 500)],
      910,
    ],
    [
      'a log that was checkpointed and not begun anew',
      [...BEGIN, TABLE, insert(300, 500), 'PRAGMA wal_checkpoint'],
      300,
    ],
    [
      'a database that has shrunk',
      [
        ...BEGIN,
        TABLE,
        insert(900, 500),
        'PRAGMA wal_checkpoint(TRUNCATE)',
        'DELETE FROM t WHERE id > 5',
        'VACUUM',
      ],
      5,
    ],
    [
      'a transaction that was not committed',
      ['PRAGMA cache_size = 2', ...BEGIN, TABLE, insert(10, 500), 'BEGIN', insert(900, 500)],
      10,
    ],
  ])('reads what was committed last: %s', (_, statements, count) => {
    writeAndDie(...statements);
    const before = everything();

    const rows = rowsOfImage();

    expect(rows).toHaveLength(count);
    expect(rows).toEqual(rowsOfSqlite());
    expect(everything()).toEqual(before);
  });

  it('reads a database that was closed, with no log beside it', () => {
    const db = new Database(file);
    for (const sql of [...BEGIN, TABLE, insert(50, 500)]) db.exec(sql);
    db.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(rowsOfImage()).toEqual(rowsOfSqlite());
    expect(rowsOfImage()).toHaveLength(50);
  });

  it('stops where the log is cut short or damaged, as SQLite does, wherever that is', () => {
    writeAndDie(...BEGIN, TABLE, ...Array.from({ length: 6 }, () => insert(1, 3000)));
    const wal = readFileSync(`${file}-wal`);
    const seen = new Set<number>();
    for (let at = 0; at <= wal.length; at += 1543) {
      const flipped = Buffer.from(wal);
      if (at < wal.length) flipped[at] = (flipped[at] ?? 0) ^ 1;
      for (const damaged of [wal.subarray(0, at), flipped]) {
        writeFileSync(`${file}-wal`, damaged);
        if (!hasTable()) continue;
        const rows = rowsOfImage();
        expect(rows).toEqual(rowsOfSqlite());
        seen.add(rows.length);
      }
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('sees whole transactions, and never an older one, while another process commits and checkpoints', async () => {
    const script = `
      const db = new (require(${JSON.stringify(DRIVER)}))(${JSON.stringify(file)});
      db.exec('PRAGMA journal_mode = WAL; ${TABLE}; INSERT INTO t (body) VALUES (0), (0)');
      process.stdout.write('ready');
      let count = 0;
      const step = () => {
        count++;
        db.transaction(() => {
          db.prepare('UPDATE t SET body = ? WHERE id = 1').run(count);
          db.prepare('UPDATE t SET body = ? WHERE id = 2').run(count);
        })();
        if (count % 7 === 0) db.exec('PRAGMA wal_checkpoint(RESTART)');
        setImmediate(step);
      };
      step();
      process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'));`;
    const writer = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(writer.stdout, 'data');
    const seen: number[] = [];
    while (new Set(seen).size < 100) {
      const image = readImage(file);
      if (image === undefined) continue;
      const db = new Database(image, { readonly: true });
      const rows = db.prepare<[], { body: number }>('SELECT body FROM t ORDER BY id').all();
      db.close();
      expect(rows[0]).toEqual(rows[1]);
      seen.push(rows[0]?.body ?? -1);
    }
    writer.stdin.end();
    await once(writer, 'exit');
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('names the file that is not there', () => {
    expect(() => readImage(file)).toThrow(`ENOENT: no such file or directory, stat '${file}'`);
  });

  function hasTable(): boolean {
    const image = readImage(file);
    if (image === undefined || image.length === 0) return false;
    const db = new Database(image, { readonly: true });
    const found = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 't'`).get();
    db.close();
    return found !== undefined;
  }

  function everything(): unknown[] {
    return ['', '-wal', '-shm'].map((end) => {
      const path = `${file}${end}`;
      return existsSync(path) && [readFileSync(path).toString('latin1'), statSync(path).mtimeMs];
    });
  }
});
