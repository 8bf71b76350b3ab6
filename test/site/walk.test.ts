import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { walk } from '../../src/site/walk.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modferry-walk-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), '');
}

/** Each path with what lies there. */
function found(folder = root): string[] {
  return Array.from(walk(folder), ({ path, entry }) => {
    const kind = entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other';
    return `${path} ${kind}`;
  }).sort();
}

describe('walk', () => {
  it('names every file below a folder, however deep, hidden ones too', () => {
    for (const path of ['a', 'b/c', 'b/d/e/f', '.hidden/.g', 'b/!m@v1.0.0-!r!c1']) write(path);
    expect(found()).toEqual([
      '.hidden/.g file',
      'a file',
      'b/!m@v1.0.0-!r!c1 file',
      'b/c file',
      'b/d/e/f file',
    ]);
  });

  it('names no folders, empty or not', () => {
    mkdirSync(join(root, 'empty/below'), { recursive: true });
    expect(found()).toEqual([]);
  });

  it('finds nothing where there is no such folder', () => {
    expect(found(join(root, 'none'))).toEqual([]);
  });

  it('names links and does not follow them: to a folder, a file, nothing, and in a circle', () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'modferry-elsewhere-'));
    writeFileSync(join(elsewhere, 'secret'), '');
    write('a/file');
    symlinkSync(elsewhere, join(root, 'a/folder'));
    symlinkSync(join(elsewhere, 'secret'), join(root, 'a/other'));
    symlinkSync('nowhere', join(root, 'a/broken'));
    symlinkSync('..', join(root, 'a/circle'));
    expect(found()).toEqual([
      'a/broken link',
      'a/circle link',
      'a/file file',
      'a/folder link',
      'a/other link',
    ]);
    rmSync(elsewhere, { recursive: true });
  });

  it('reads folder by folder, so that who has seen enough may stop', () => {
    for (const path of ['a/1', 'b/1', 'c/1']) write(path);
    const walking = walk(root);
    expect(walking.next().done).toBe(false);
    rmSync(join(root, 'a'), { recursive: true });
    expect(walking.return(undefined).done).toBe(true);
  });

  it('fails where the folder is a file', () => {
    write('a');
    expect(() => found(join(root, 'a'))).toThrow(`ENOTDIR: not a directory, scandir '${join(root, 'a')}'`);
  });
});
