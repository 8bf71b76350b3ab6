/** Making many files durable: by one call for the file system where there is such a command, else one by one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncAll } from '../../src/site/durable.ts';

/** More than are synced one by one. */
const MANY = 100;

describe('syncAll', () => {
  let folder: string;
  let path: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'modferry-sync-'));
    path = process.env.PATH;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  const files = (count: number) =>
    Array.from({ length: count }, (_, index) => {
      const file = join(folder, `${index}`);
      writeFileSync(file, 'x');
      return file;
    });

  it.each([0, 1, MANY])('resolves for %i files', async (count) => {
    await expect(syncAll(files(count))).resolves.toBeUndefined();
  });

  it('syncs many files one by one where there is no such command', async () => {
    const all = files(MANY);
    process.env.PATH = folder;
    await expect(syncAll(all)).resolves.toBeUndefined();
  });

  it('says which file is not there, though it is one of many and the command fails', async () => {
    const all = [join(folder, 'lost'), ...files(MANY)];
    await expect(syncAll(all)).rejects.toThrow(
      `ENOENT: no such file or directory, open '${join(folder, 'lost')}'`,
    );
  });
});
