import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../src/audit/verify.ts';
import { acquireLease } from '../../src/store/lease.ts';
import type { SyncReport } from '../../src/sync/report.ts';
import { type Mirrored, startMirrored } from '../audit/mirrored.ts';

let made: Mirrored;
beforeEach(async () => {
  made = await startMirrored();
});
afterEach(() => made.close());

describe('off a terminal', () => {
  it('no verb prints a colour, a carriage return or anything else that is no plain text', async () => {
    made.up.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
    for (const verb of [
      ['plan'],
      ['sync'],
      ['status'],
      ['verify'],
      ['why', 'example.com/b'],
      ['--help'],
      ['nonsense'],
    ]) {
      const { stdout, stderr } = await made.run(...verb);
      expect(stdout + stderr).toMatch(/^[\n\x20-\x7e]+$/);
    }
  });

  it('results go to stdout, the log and its times to stderr', async () => {
    made.configure({ upstream: `${made.up.url},direct` });
    const { stdout, stderr } = await made.run('sync');
    expect(stderr).toMatch(
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z info: \S+\/mirror\.config\.json: upstream: a mirror fetches from proxies only: leaving out direct\n$/,
    );
    expect(stdout).toMatch(
      /^complete {3}go\.sum: 2 module versions\npublished: 2 module versions wanted: 2 fetched; 6 requests, /,
    );
  });

  it('says with --quiet only what is wrong, with --log-level silent not even that', async () => {
    made.configure({
      upstream: `${made.up.url},direct`,
      accept: [{ module: 'example.com/x', version: 'v1.0.0', reason: 'r', until: '2020-01-01' }],
    });
    expect((await made.run('sync', '--quiet')).stderr).toMatch(
      /^\S+Z warn: accept: example\.com\/x@v1\.0\.0: until 2020-01-01 has passed\n$/,
    );
    expect((await made.run('sync', '--log-level', 'silent')).stderr).toBe('');
  });
});

describe('sync --json', () => {
  it('prints one document when something is missing, whatever the log says', async () => {
    made.up.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
    const { exit, document } = await made.json<SyncReport>('sync', '--log-level', 'debug');
    expect(exit).toBe(3);
    expect(document).toMatchObject({
      outcome: 'incomplete',
      modules: { wanted: 2, present: 0, fetched: 1, missing: 1, mismatched: 0, accepted: 0 },
      problems: [
        { module: 'example.com/b', version: 'v1.0.0', file: 'zip', code: 'NOT_FOUND', sources: ['go.sum:3'] },
      ],
      seeds: [{ source: 'go.sum', wanted: 2, missing: 1, complete: false }],
    });
    expect(document.snapshot).toEqual({
      id: made.current,
      path: `${made.layout.snapshots}/${made.current}`,
      previous: null,
    });
  });

  it('prints the error when another run holds the lock, with exit 6, and leaves everything as it was', async () => {
    await made.sync();
    const current = made.current;
    made.serve('example.com/c@v1.0.0');
    made.want('go.sum', 'example.com/c@v1.0.0');
    const lease = acquireLease(made.layout.mirror, 'sync', () => new Date('2026-11-02T00:00:00Z'));
    made.up.forget();
    const { exit, document } = await made.json('sync');
    lease.release();
    expect({ exit, document }).toEqual({
      exit: 6,
      document: {
        error: {
          code: 'LOCKED',
          message: expect.stringMatching(
            new RegExp(
              `^${made.layout.mirror}: is locked by sync of process ${process.pid} on \\S+ since 2026-11-02T00:00:00\\.000Z$`,
            ),
          ),
          hint: 'wait until that run has ended; the lock goes with its process',
        },
      },
    });
    expect({ current: made.current, paths: made.up.paths }).toEqual({ current, paths: [] });
  });

  it('prints the error when the mirror cannot be made, with exit 7', async () => {
    made.configure({ mirror: 'go.sum' });
    const { exit, document } = await made.json<{ error: { code: string; message: string } }>('sync');
    expect({ exit, code: document.error.code }).toEqual({ exit: 7, code: 'IO' });
    expect(document.error.message).toContain(`${made.folder}/go.sum`);
    expect(existsSync(made.layout.mirror)).toBe(false);
  });
});

describe('a state database that is damaged in the middle', () => {
  /** The schema and the list of migrations stay readable: what is damaged is found only when it is asked for. */
  function damage(): void {
    const bytes = readFileSync(made.layout.stateDb);
    const whole = 2 * 4096;
    writeFileSync(
      made.layout.stateDb,
      Buffer.concat([bytes.subarray(0, whole), Buffer.alloc(bytes.length - whole, 0xff)]),
    );
  }

  it.each([['status'], ['why', 'example.com/a'], ['plan']])(
    'is named by %s, with exit 7',
    async (...verb) => {
      await made.sync();
      damage();
      const { exit, document } = await made.json<{ error: { code: string; message: string } }>(...verb);
      expect({ exit, error: document.error }).toMatchObject({
        exit: 7,
        error: { code: 'CORRUPT', message: `${made.layout.stateDb}: is damaged or no SQLite database` },
      });
    },
  );

  it('is one of the problems of verify, which checks all the rest', async () => {
    await made.sync();
    damage();
    const { exit, document } = await made.json<VerifyReport>('verify');
    expect({ exit, document }).toMatchObject({
      exit: 4,
      document: {
        bad: 1,
        problems: [
          { path: 'state.db', code: 'DATABASE_LOST', message: expect.stringMatching(/^is damaged/) },
        ],
      },
    });
    expect(document.checked).toBeGreaterThan(5);
  });

  it('ends a sync with its whole document, for the lock was held', async () => {
    await made.sync();
    const current = made.current;
    damage();
    const { exit, document } = await made.json<SyncReport>('sync');
    expect({ exit, document }).toMatchObject({
      exit: 7,
      document: {
        outcome: 'failed',
        snapshot: { id: current },
        error: { code: 'CORRUPT', message: `${made.layout.stateDb}: is damaged or no SQLite database` },
      },
    });
    expect(made.current).toBe(current);
  });
});
