/** A full disk can be freed: the lock is had without a byte, and with the reserve given up rows can be deleted. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { giveUpReserve, keepReserve, RESERVE_BYTES, requireReserve } from '../../src/site/reserve.ts';
import { acquireLease } from '../../src/store/lease.ts';
import { type Db, openForWriting } from '../../src/store/open.ts';
import { canMount, KIB, MIB, SmallDisk } from '../support/small-disk.ts';

const now = () => new Date(0);
/** As many as a large mirror has; their rows take 13 MB, far more than the reserve. */
const VERSIONS = 20_000;

let layout: Layout;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-reserve-')));
});
afterEach(() => rmSync(layout.mirror, { recursive: true, force: true }));

describe.skipIf(!canMount('freeing a full disk'))('on a full disk', () => {
  test('with the reserve given up all rows can be deleted in small transactions, though not one file goes', () => {
    using disk = SmallDisk.tmpfs(layout.mirror, 64 * MIB);
    mkdirSync(layout.staging);
    fillLedger(layout.stateDb);
    expect(keepReserve(layout)).toBe(true);
    disk.leave(0);
    expect(() => openForWriting(layout.stateDb, now)).toThrow(
      expect.objectContaining({
        code: 'DISK_FULL',
        message: `${layout.stateDb}: no space left on the disk: disk I/O error`,
      }),
    );

    const lease = acquireLease(layout.mirror, 'gc', now);
    expect(existsSync(join(layout.mirror, 'lock.json'))).toBe(false);
    expect(giveUpReserve(layout)).toBe(true);
    const db = openForWriting(layout.stateDb, now);
    deleteAll(db, 100);
    expect(db.prepare('SELECT count(*) AS count FROM artifact').get()).toEqual({ count: 0 });
    db.close();
    lease.release();
  });

  test('the lock is held without its note, and refuses others all the same', () => {
    using disk = SmallDisk.tmpfs(layout.mirror, MIB);
    disk.leave(0);
    const lease = acquireLease(layout.mirror, 'gc', now);
    expect(() => acquireLease(layout.mirror, 'sync', now)).toThrow(
      `${layout.mirror}: is locked by another process`,
    );
    lease.release();
    acquireLease(layout.mirror, 'sync', now).release();
    expect(readdirSync(layout.mirror).sort()).toEqual(['filler', 'lock.db']);
  });

  test.each([0, 64 * KIB, RESERVE_BYTES - 4 * KIB])(
    'the reserve is not tried for with %i bytes free',
    (bytes) => {
      using disk = SmallDisk.tmpfs(layout.mirror, 16 * MIB);
      mkdirSync(layout.staging);
      disk.leave(bytes);
      const { free } = disk;

      expect(keepReserve(layout)).toBe(false);
      expect(() => requireReserve(layout)).toThrow(
        expect.objectContaining({
          code: 'DISK_FULL',
          message: `${layout.reserve}: no space left on the disk: 8 MiB are kept back here, so that what is not needed can be removed when the disk is full`,
        }),
      );

      expect(disk.free).toBe(free);
      expect(readdirSync(layout.staging)).toEqual([]);
    },
  );
});

test('a lock whose note cannot be written is given back', () => {
  const note = join(layout.mirror, 'lock.json');
  mkdirSync(note);
  expect(() => acquireLease(layout.mirror, 'sync', now)).toThrow(/EISDIR/);
  rmSync(note, { recursive: true });
  acquireLease(layout.mirror, 'sync', now).release();
});

/** In an order that has nothing to do with the names, as they come from the network. */
function fillLedger(file: string): void {
  const db = openForWriting(file, now);
  const version = db.prepare('INSERT INTO module_version (module, version) VALUES (?, ?)');
  const artifact = db.prepare(`
    INSERT INTO artifact (module_version, file, size, sha256, upstream, fetched_at)
    VALUES (?, ?, 100, ?, 'https://proxy.example', '2025-01-01T00:00:00.000Z')`);
  db.transaction(() => {
    for (let count = 0; count < VERSIONS; count++) {
      const id = version.run(`example.com/path/m${(count * 7919) % VERSIONS}`, 'v1.0.0').lastInsertRowid;
      for (const file of ['info', 'mod', 'zip']) artifact.run(id, file, `${count}`.padStart(64, '0'));
    }
  })();
  db.close();
}

function deleteAll(db: Db, atOnce: number): void {
  const ids = db
    .prepare<[], number>('SELECT id FROM module_version ORDER BY module')
    .pluck()
    .all() as number[];
  const artifacts = db.prepare('DELETE FROM artifact WHERE module_version = ?');
  const version = db.prepare('DELETE FROM module_version WHERE id = ?');
  for (let from = 0; from < ids.length; from += atOnce) {
    db.transaction(() => {
      for (const id of ids.slice(from, from + atOnce)) {
        artifacts.run(id);
        version.run(id);
      }
    })();
  }
}
