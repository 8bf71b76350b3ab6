import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkOrCopy, replaceFile, swapLink, syncAll } from '../../src/site/durable.ts';
import { Reader } from './reader.ts';

/** So often is what a reader looks at changed under its hands. */
const TIMES = 60;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modferry-durable-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('replaceFile', () => {
  it('makes a file, and replaces it as a whole, longer or shorter', () => {
    const path = join(folder, 'a.json');
    for (const text of ['first', 'a longer second', '', 'x']) {
      replaceFile(path, text);
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('is not taken in by what a crash has left behind', () => {
    const path = join(folder, 'a.json');
    writeFileSync(`${path}.tmp`, 'half of a much longer text that nobody finished');
    replaceFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('keeps the old file where the new one cannot be written', () => {
    const path = join(folder, 'a.json');
    writeFileSync(path, 'old');
    mkdirSync(`${path}.tmp`);
    expect(() => replaceFile(path, 'new')).toThrow(/EISDIR/);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('shows a reader the old bytes or the new, never a part and never nothing', async () => {
    const path = join(folder, 'a.json');
    const texts = ['a'.repeat(300_000), 'b'.repeat(200_000)];
    replaceFile(path, texts[0] ?? '');
    const reader = new Reader(path);
    await reader.reads();
    for (let time = 1; time <= TIMES; time++) {
      replaceFile(path, texts[time % 2] ?? '');
      await reader.reads();
    }
    const { seen, failures } = await reader.stop();
    expect(failures).toEqual([]);
    expect(seen.toSorted().map((text) => [text[0], text.length])).toEqual([
      ['a', 300_000],
      ['b', 200_000],
    ]);
    expect(seen.every((text) => texts.includes(text))).toBe(true);
  });
});

describe('swapLink', () => {
  it('makes a link, and points it elsewhere; the target may be relative', async () => {
    const link = join(folder, 'current');
    await swapLink(link, 'snapshots/one');
    expect(readlinkSync(link)).toBe('snapshots/one');
    await swapLink(link, 'snapshots/two');
    expect(readlinkSync(link)).toBe('snapshots/two');
    expect(readdirSync(folder)).toEqual(['current']);
  });

  it('is not taken in by what a crash has left behind', async () => {
    symlinkSync('elsewhere', join(folder, `.${process.pid}.link`));
    await swapLink(join(folder, 'current'), 'snapshots/one');
    expect(readlinkSync(join(folder, 'current'))).toBe('snapshots/one');
    expect(readdirSync(folder)).toEqual(['current']);
  });

  it('leaves no gap in which a reader finds nothing', async () => {
    const link = join(folder, 'current');
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'name'), name);
    }
    await swapLink(link, 'one');
    const reader = new Reader(join(link, 'name'));
    await reader.reads();
    for (let time = 1; time <= TIMES; time++) {
      await swapLink(link, time % 2 === 0 ? 'one' : 'two');
      await reader.reads();
    }
    const { seen, failures } = await reader.stop();
    expect(failures).toEqual([]);
    expect(seen.toSorted()).toEqual(['one', 'two']);
  });
});

describe('linkOrCopy', () => {
  it('links, and says that nothing was copied', () => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, 'bytes');
    expect(linkOrCopy(from, to)).toBe(false);
    expect(statSync(to).ino).toBe(statSync(from).ino);
  });

  it('never takes the place of what is there', () => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, 'bytes');
    writeFileSync(to, 'mine');
    expect(() => linkOrCopy(from, to)).toThrow(`EEXIST: file already exists, link '${from}' -> '${to}'`);
    expect(readFileSync(to, 'utf8')).toBe('mine');
  });

  it.each([
    ['the file', 'lost', 'to'],
    ['the folder it goes to', 'from', 'lost/to'],
  ])('fails where %s is not there, and copies nothing', (_, from, to) => {
    writeFileSync(join(folder, 'from'), 'bytes');
    expect(() => linkOrCopy(join(folder, from), join(folder, to))).toThrow(
      `ENOENT: no such file or directory, link '${join(folder, from)}' -> '${join(folder, to)}'`,
    );
    expect(readdirSync(folder)).toEqual(['from']);
  });

  const otherSystem = existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev;
  if (!otherSystem) process.stderr.write('SKIPPED: a copy to another file system: there is none\n');

  it.skipIf(!otherSystem)('copies to another file system, and says so', () => {
    const elsewhere = mkdtempSync('/dev/shm/modferry-durable-');
    try {
      const [from, to] = [join(folder, 'from'), join(elsewhere, 'to')];
      writeFileSync(from, 'bytes');
      chmodSync(from, 0o644);
      expect(linkOrCopy(from, to)).toBe(true);
      expect(readFileSync(to, 'utf8')).toBe('bytes');
      expect(statSync(to).mode & 0o777).toBe(0o644);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

describe('syncAll', () => {
  it('takes files and folders, more than it syncs at once, each as often as it is named', async () => {
    const files = Array.from({ length: 50 }, (_, index) => join(folder, `${index}`));
    for (const file of files) writeFileSync(file, '');
    await expect(syncAll([...files, ...files, folder])).resolves.toBeUndefined();
    await expect(syncAll([])).resolves.toBeUndefined();
  });

  it('fails where one of them is not there', async () => {
    await expect(syncAll([folder, join(folder, 'lost')])).rejects.toThrow(
      `ENOENT: no such file or directory, open '${join(folder, 'lost')}'`,
    );
  });
});
