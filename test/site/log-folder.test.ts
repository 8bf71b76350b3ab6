import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as durable from '../../src/site/durable.ts';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { LogFolder } from '../../src/site/log-folder.ts';
import { Reader } from './reader.ts';

// The disk is synced as ever; which paths were, and when, is what these tests look at.
vi.mock('../../src/site/durable.ts', { spy: true });

const TILE = 'tile/8/0/x001/234.p/5';
const LOOKUP = 'lookup/example.com/!m@v1.0.0';
const BYTES = Buffer.alloc(160, 'right');
/** So often is what a reader looks at changed under its hands. */
const TIMES = 60;

let layout: Layout;
let folder: LogFolder;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-log-')));
  mkdirSync(layout.staging);
  folder = new LogFolder(layout, 'log.example');
  vi.mocked(durable.syncAll).mockClear();
});
afterEach(() => rmSync(layout.mirror, { recursive: true, force: true }));

const kept = (path: string, name = 'log.example') => join(layout.pool, 'sumdb', name, path);
const published = (path: string, name = 'log.example') => join(layout.public, 'sumdb', name, path);

/** Writes behind the folder's back. */
function meddle(path: string, bytes: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** What was synced since the last call, below the mirror's folder. */
function synced(): string[] {
  const calls = vi.mocked(durable.syncAll).mock.calls.flatMap(([paths]) => [...paths]);
  vi.mocked(durable.syncAll).mockClear();
  return calls.map((path) => path.slice(layout.mirror.length + 1)).sort();
}

describe('a kept tile', () => {
  it('lies in the pool and is read again, and is nothing to clients', async () => {
    await folder.keepTile(TILE, BYTES);
    expect(readFileSync(kept(TILE))).toEqual(BYTES);
    expect(await folder.readTile(TILE)).toEqual(BYTES);
    expect(folder.read(TILE)).toBeUndefined();
    expect(existsSync(layout.public)).toBe(false);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('that nobody kept is undefined', async () => {
    expect(await folder.readTile(TILE)).toBeUndefined();
  });

  it('is read as it lies there, damaged or not: who reads it proves it', async () => {
    meddle(kept(TILE), 'cut');
    expect(await folder.readTile(TILE)).toEqual(Buffer.from('cut'));
  });

  it('that is damaged is replaced when it is kept again', async () => {
    meddle(kept(TILE), 'cut');
    await folder.keepTile(TILE, BYTES);
    expect(await folder.readTile(TILE)).toEqual(BYTES);
  });

  it('that cannot be read is told as what the disk says', async () => {
    mkdirSync(kept(TILE), { recursive: true });
    await expect(folder.readTile(TILE)).rejects.toThrow('EISDIR: illegal operation on a directory, read');
  });

  it('is not taken in by what a killed run of the same process id left in staging', async () => {
    meddle(join(layout.staging, `log-${process.pid}-0`), 'half of a longer tile that nobody finished');
    await folder.keepTile(TILE, BYTES);
    expect(await folder.readTile(TILE)).toEqual(BYTES);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('of another log is another file', async () => {
    const other = new LogFolder(layout, 'other.example');
    await folder.keepTile(TILE, BYTES);
    expect(await other.readTile(TILE)).toBeUndefined();
  });
});

describe('a published tile', () => {
  it('is the same file as the kept one', async () => {
    await folder.keepTile(TILE, BYTES);
    folder.publishTile(TILE, BYTES);
    expect(statSync(published(TILE)).ino).toBe(statSync(kept(TILE)).ino);
    expect(folder.read(TILE)).toEqual(BYTES);
    expect(folder.sizeOf(TILE)).toBe(160);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('is written where none is kept', () => {
    folder.publishTile(TILE, BYTES);
    expect(readFileSync(published(TILE))).toEqual(BYTES);
    expect(existsSync(kept(TILE))).toBe(false);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it.each([
    ['cut short', Buffer.from('cut')],
    ['of the right size and wrong', Buffer.alloc(160, 'wrong')],
  ])('has the proved bytes where the kept one is %s', (_, damaged) => {
    meddle(kept(TILE), damaged);
    folder.publishTile(TILE, BYTES);
    expect(readFileSync(published(TILE))).toEqual(BYTES);
  });

  it.each([
    ['a kept one', true],
    ['none', false],
  ])('that lies there cut short, as after a power cut, is replaced, with %s', async (_, isKept) => {
    if (isKept) await folder.keepTile(TILE, BYTES);
    meddle(published(TILE), BYTES.subarray(0, 7));
    folder.publishTile(TILE, BYTES);
    expect(readFileSync(published(TILE))).toEqual(BYTES);
    expect(readdirSync(dirname(published(TILE)))).toEqual(['5']);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('may be published again, and leaves nothing in staging', async () => {
    await folder.keepTile(TILE, BYTES);
    folder.publishTile(TILE, BYTES);
    folder.publishTile(TILE, BYTES);
    expect(statSync(published(TILE)).nlink).toBe(2);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('stays what it is when the kept one is replaced', async () => {
    await folder.keepTile(TILE, BYTES);
    folder.publishTile(TILE, BYTES);
    await folder.keepTile(TILE, Buffer.alloc(160, 'other'));
    expect(folder.read(TILE)).toEqual(BYTES);
  });

  it('is copied where there can be no link, and is whole then, too', async () => {
    await folder.keepTile(TILE, BYTES);
    const copied = vi.mocked(durable.linkOrCopy).mockImplementationOnce((from, to) => {
      writeFileSync(to, readFileSync(from).subarray(0, 9));
      expect(existsSync(published(TILE))).toBe(false);
      writeFileSync(to, readFileSync(from));
      return true;
    });
    folder.publishTile(TILE, BYTES);
    expect(copied).toHaveBeenCalledOnce();
    expect(readFileSync(published(TILE))).toEqual(BYTES);
  });

  it('is there all the time for a reader, though it is published again and again', async () => {
    await folder.keepTile(TILE, BYTES);
    folder.publishTile(TILE, BYTES);
    const reader = new Reader(published(TILE));
    await reader.reads();
    for (let time = 1; time <= TIMES; time++) {
      // A kept tile that is another file with the same bytes, so that the link is to be made anew.
      await folder.keepTile(TILE, BYTES);
      folder.publishTile(TILE, BYTES);
      await reader.reads();
    }
    expect(await reader.stop()).toEqual({ seen: [BYTES.toString()], failures: [] });
  });
});

describe('a published lookup', () => {
  it('is written, and gives way to the next as a whole', () => {
    for (const text of ['under an old head\n', 'under a new and much longer head\n', 'short\n']) {
      folder.publishLookup(LOOKUP, text);
      expect(folder.read(LOOKUP)?.toString()).toBe(text);
      expect(folder.sizeOf(LOOKUP)).toBe(text.length);
    }
    expect(readdirSync(dirname(published(LOOKUP)))).toEqual(['!m@v1.0.0']);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('that a reader has open stays as it was for that reader', () => {
    folder.publishLookup(LOOKUP, 'old\n');
    const open = openSync(published(LOOKUP), 'r');
    folder.publishLookup(LOOKUP, 'new and longer\n');
    expect(readFileSync(open, 'utf8')).toBe('old\n');
    closeSync(open);
    expect(readFileSync(published(LOOKUP), 'utf8')).toBe('new and longer\n');
  });

  it('is the old one or the new to every reader, never a part and never nothing', async () => {
    const texts = ['a'.repeat(300_000), 'b'.repeat(200_000)];
    folder.publishLookup(LOOKUP, texts[0] ?? '');
    const reader = new Reader(published(LOOKUP));
    await reader.reads();
    for (let time = 1; time <= TIMES; time++) {
      folder.publishLookup(LOOKUP, texts[time % 2] ?? '');
      await reader.reads();
    }
    const { seen, failures } = await reader.stop();
    expect(failures).toEqual([]);
    expect(seen.toSorted()).toEqual(texts);
  });

  it('that is not there has no bytes and no size', () => {
    expect(folder.read(LOOKUP)).toBeUndefined();
    expect(folder.sizeOf(LOOKUP)).toBeUndefined();
  });
});

describe('makeDurable', () => {
  it('syncs the files and every folder on the way to them, public/ included', async () => {
    folder.publishLookup(LOOKUP, 'text');
    folder.publishTile(TILE, BYTES);
    await folder.makeDurable([LOOKUP, TILE]);
    expect(synced()).toEqual([
      'public',
      'public/sumdb',
      'public/sumdb/log.example',
      'public/sumdb/log.example/lookup',
      'public/sumdb/log.example/lookup/example.com',
      'public/sumdb/log.example/lookup/example.com/!m@v1.0.0',
      'public/sumdb/log.example/tile',
      'public/sumdb/log.example/tile/8',
      'public/sumdb/log.example/tile/8/0',
      'public/sumdb/log.example/tile/8/0/x001',
      'public/sumdb/log.example/tile/8/0/x001/234.p',
      'public/sumdb/log.example/tile/8/0/x001/234.p/5',
    ]);
  });

  it('of nothing syncs nothing, though nothing was ever published', async () => {
    await folder.makeDurable([]);
    expect(synced()).toEqual([]);
  });

  it('takes paths from anything that gives them', async () => {
    folder.publishTile(TILE, BYTES);
    await folder.makeDurable(new Map([[TILE, 'hash']]).keys());
    expect(synced()).toContain(`public/sumdb/log.example/${TILE}`);
  });

  it('fails where a file has gone', async () => {
    folder.publishTile(TILE, BYTES);
    rmSync(published(TILE));
    await expect(folder.makeDurable([TILE])).rejects.toThrow(
      `ENOENT: no such file or directory, open '${published(TILE)}'`,
    );
  });
});

describe('publishHead', () => {
  it('writes latest and an empty supported, and syncs both', async () => {
    await folder.publishHead('note\n');
    expect(readFileSync(published('latest'), 'utf8')).toBe('note\n');
    expect(readFileSync(published('supported'), 'utf8')).toBe('');
    expect(readdirSync(folder.published).sort()).toEqual(['latest', 'supported']);
    const [synced] = vi.mocked(durable.syncAll).mock.calls.at(-1) ?? [];
    expect([...(synced ?? [])]).toEqual(
      expect.arrayContaining([published('latest'), published('supported')]),
    );
  });

  it('replaces latest, and leaves supported alone', async () => {
    await folder.publishHead('old\n');
    const before = statSync(published('supported'));
    await folder.publishHead('new\n');
    expect(readFileSync(published('latest'), 'utf8')).toBe('new\n');
    const after = statSync(published('supported'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });
});

describe('a log whose name has a path', () => {
  it('has its files below it, apart from those of the log that has the host for its name', async () => {
    const below = new LogFolder(layout, 'log.example/team/db');
    await below.keepTile(TILE, BYTES);
    below.publishTile(TILE, BYTES);
    below.publishLookup(LOOKUP, 'below\n');
    below.publishHead('note\n');
    expect(readFileSync(kept(TILE, 'log.example/team/db'))).toEqual(BYTES);
    expect(readFileSync(published(LOOKUP, 'log.example/team/db'), 'utf8')).toBe('below\n');
    expect(below.published).toBe(join(layout.public, 'sumdb/log.example/team/db'));
    expect(folder.read(LOOKUP)).toBeUndefined();
    expect(folder.sizeOf('supported')).toBeUndefined();
  });

  it('is made durable with the folders of its name', async () => {
    const below = new LogFolder(layout, 'log.example/team');
    below.publishLookup('lookup/m@v1.0.0', 'below\n');
    await below.makeDurable(['lookup/m@v1.0.0']);
    expect(synced()).toEqual([
      'public',
      'public/sumdb',
      'public/sumdb/log.example',
      'public/sumdb/log.example/team',
      'public/sumdb/log.example/team/lookup',
      'public/sumdb/log.example/team/lookup/m@v1.0.0',
    ]);
  });
});
