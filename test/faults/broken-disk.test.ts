/** A disk that fails (EIO), and a process that may not open more files (EMFILE): said as such, and nothing is lost. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SyncReport } from '../../src/sync/report.ts';
import { askChild, type Break } from '../support/child.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';

const HINT = "look at the system's log: the disk may be failing; finished work is kept";

/** What fails, and what the error names; `<mirror>` is the mirror's folder. */
const BREAKS: readonly [string, Break, string][] = [
  [
    'the writing of a download',
    { call: 'writev', code: 'EIO' },
    'example.com/b@v1.0.0: zip: cannot be written: ',
  ],
  [
    'the writing of a go.mod',
    { call: 'writeFileSync', code: 'EIO', path: '/staging/\\d' },
    '<mirror>/staging/',
  ],
  [
    'the naming of a file in the pool',
    { call: 'renameSync', code: 'EIO', path: '/pool/example' },
    '<mirror>/staging/',
  ],
  [
    'the making of a folder in the pool',
    { call: 'mkdirSync', code: 'EIO', path: '/pool/example' },
    '<mirror>/pool/example.com/b/@v: ',
  ],
  ['the flushing of a file in the pool', { call: 'fsync', code: 'EIO', path: '/pool/.*zip' }, '<mirror>: '],
  ['the flushing of a folder in the pool', { call: 'fsync', code: 'EIO', path: '/pool/.*@v$' }, '<mirror>: '],
  [
    'the publishing of the log',
    { call: 'renameSync', code: 'EIO', path: '/public/sumdb/' },
    '<mirror>/staging/log-',
  ],
  [
    'the linking of a snapshot',
    { call: 'linkSync', code: 'EIO', path: '/staging/snapshot' },
    '<mirror>/pool/example.com/',
  ],
  [
    'the writing of a manifest',
    { call: 'writeFileSync', code: 'EIO', path: 'snapshot.json' },
    '<mirror>/staging/snapshot-',
  ],
  ['the flushing of a snapshot', { call: 'fsync', code: 'EIO', path: 'SHA256SUMS' }, '<mirror>: '],
  [
    'the naming of a snapshot',
    { call: 'renameSync', code: 'EIO', path: '/staging/snapshot' },
    '<mirror>/staging/snapshot-',
  ],
  ['the flushing of its name', { call: 'fsyncSync', code: 'EIO', path: 'snapshots$' }, '<mirror>: '],
  ['the swap of current', { call: 'renameSync', code: 'EIO', path: 'current' }, '<mirror>/public/.'],
  ['the reserve', { call: 'fsyncSync', code: 'EIO', path: '/staging/reserve' }, '<mirror>: '],
  ['the note of the lock', { call: 'writeFileSync', code: 'EIO', path: 'lock.json' }, '<mirror>/lock.json: '],
];

describe('a disk that fails', () => {
  test.each(BREAKS)(
    'at %s ends the run with exit 7, and the next one goes on from there',
    async (_, broken, start) => {
      await using world = await makeTwo();
      world.writeSum('a/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
      expect((await world.sync()).exit).toBe(0);
      if (broken.path === '/staging/reserve') rmSync(join(world.mirror, 'reserve'));
      world.sumAll();

      const { exit, json, stderr } = await askChild<SyncReport>(world, ['sync'], { breaks: [broken] });

      expect(exit, stderr).toBe(7);
      expect(json.error).toMatchObject({ code: 'IO', hint: HINT });
      const message = json.error?.message.replaceAll(world.mirror, '<mirror>');
      expect(message?.slice(0, start.length)).toBe(start);
      expect(message).toContain('EIO: broken for a test');
      expect(world.files().filter((path) => path.endsWith('.zip'))).toEqual(['example.com/a/@v/v1.0.0.zip']);
      expect((await world.verify()).json.bad).toBe(0);
      await expectConverged(world);
    },
  );
});

describe('a process that may open few files', () => {
  test.each([22, 32, 64])('says so (ulimit -n %i), and the next run converges', async (openFiles) => {
    await using world = await makeMany();

    const { exit, json, stdout, stderr } = await askChild<SyncReport>(world, ['sync'], { openFiles });

    // What it may not open is a file, or a connection: then the upstream was not reached, and its files are missing.
    expect(exit, stderr).toBe(json.error === undefined ? 3 : 7);
    expect(json.error?.code ?? 'IO').toBe('IO');
    expect(stdout).toContain('EMFILE');
    expect(world.unsound().filter((what) => !what.startsWith('left in staging'))).toEqual([]);
    await expectConverged(world);
  });
});

async function makeTwo(): Promise<LogWorld> {
  const world = await makeLogWorld();
  world.add('example.com/a', 'v1.0.0');
  world.add('example.com/b', 'v1.0.0');
  return world;
}

async function makeMany(): Promise<LogWorld> {
  const world = await makeLogWorld();
  for (let count = 0; count < 40; count++) world.add(`example.com/m${count}`, 'v1.0.0');
  world.sumAll();
  return world;
}

async function expectConverged(world: LogWorld): Promise<void> {
  const inPool = new Set(Object.keys(world.everything('pool')));
  world.upstream.forget();
  const { exit, stderr } = await world.sync();
  expect(exit, stderr).toBe(0);
  expect(world.upstream.paths.filter((path) => inPool.has(path))).toEqual([]);
  expect(world.unsound()).toEqual([]);
  expect(existsSync(join(world.mirror, 'lock.json'))).toBe(false);
}
