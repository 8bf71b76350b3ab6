import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Content, ModuleFile, VerifiedArtifact } from '../../src/gomod/artifact.ts';
import * as durable from '../../src/site/durable.ts';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { Pool } from '../../src/site/pool.ts';
import { artifactOf, mv } from '../store/facts.ts';

// The disk is synced as ever; which paths were, and when, is what these tests look at.
vi.mock('../../src/site/durable.ts', { spy: true });

const A = mv('github.com/Azure/a@v1.0.0-RC1');
const BASE = 'github.com/!azure/a/@v/v1.0.0-!r!c1';

let layout: Layout;
let pool: Pool;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-pool-')));
  mkdirSync(layout.pool);
  mkdirSync(layout.staging);
  pool = new Pool(layout);
  vi.mocked(durable.syncAll).mockClear();
});
afterEach(() => rmSync(layout.mirror, { recursive: true, force: true }));

const inMemory = (text: string): Content => ({ in: 'memory', bytes: Buffer.from(text) });

/** A file whose proof is real; where its bytes lie is as the test wants it, which the pool does not look into. */
function artifact(file: ModuleFile, content: Content, module = A): VerifiedArtifact {
  return { ...artifactOf(module, file), content };
}

function staged(text: string): Content {
  const path = pool.stagingPath();
  writeFileSync(path, text);
  return { in: 'staging', path };
}

/** What was synced since the last call, below the mirror's folder. */
function synced(): string[] {
  const calls = vi.mocked(durable.syncAll).mock.calls.flatMap(([paths]) => [...paths]);
  vi.mocked(durable.syncAll).mockClear();
  return [...new Set(calls.map((path) => path.slice(layout.mirror.length + 1)))].sort();
}

describe('the pool', () => {
  it('names files as a GOPROXY does, escaped', () => {
    expect(pool.pathOf(A, 'zip')).toBe(join(layout.pool, `${BASE}.zip`));
  });

  it.each([
    ['from memory', () => inMemory('bytes')],
    ['out of staging', () => staged('bytes')],
  ])('takes a file %s, whole under its name, and leaves nothing in staging', (_, content) => {
    expect(pool.has(A, 'zip')).toBe(false);
    pool.place(artifact('zip', content()));
    expect(pool.has(A, 'zip')).toBe(true);
    expect(readFileSync(pool.pathOf(A, 'zip'), 'utf8')).toBe('bytes');
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('moves what is staged: not a byte is copied', () => {
    const content = staged('bytes');
    const { ino } = statSync(content.in === 'staging' ? content.path : '');
    pool.place(artifact('zip', content));
    expect(statSync(pool.pathOf(A, 'zip')).ino).toBe(ino);
  });

  it('leaves alone what it has already', () => {
    pool.place(artifact('mod', inMemory('bytes')));
    const before = statSync(pool.pathOf(A, 'mod'));
    pool.place(artifact('mod', { in: 'pool' }));
    const after = statSync(pool.pathOf(A, 'mod'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it('gives out names in staging that nobody else has', () => {
    const names = Array.from({ length: 100 }, () => pool.stagingPath());
    expect(new Set(names).size).toBe(100);
    expect(names.filter((name) => !name.startsWith(`${layout.staging}/`))).toEqual([]);
  });

  it('drops a file that is not what it should be, also one that is not there', () => {
    pool.place(artifact('mod', inMemory('bytes')));
    pool.drop(A, 'mod');
    pool.drop(A, 'zip');
    expect(pool.has(A, 'mod')).toBe(false);
  });
});

describe('makeDurable', () => {
  it('syncs the files, their folder and every folder that was made on the way to it', async () => {
    const files = [artifact('mod', inMemory('a')), artifact('zip', staged('b'))];
    for (const file of files) pool.place(file);
    expect(synced()).toEqual([]);
    await pool.makeDurable(files);
    expect(synced()).toEqual([
      'pool',
      'pool/github.com',
      'pool/github.com/!azure',
      'pool/github.com/!azure/a',
      'pool/github.com/!azure/a/@v',
      `pool/${BASE}.mod`,
      `pool/${BASE}.zip`,
    ]);
  });

  it('syncs the files before the folders that name them', async () => {
    const file = artifact('mod', inMemory('a'));
    pool.place(file);
    await pool.makeDurable([file]);
    const [first, second] = vi.mocked(durable.syncAll).mock.calls.map(([paths]) => [...paths]);
    expect(first).toEqual([pool.pathOf(A, 'mod')]);
    expect(second).toContain(join(layout.pool, 'github.com/!azure/a/@v'));
  });

  it('syncs a folder again when it has a new entry, and those above it no more', async () => {
    const mod = artifact('mod', inMemory('a'));
    pool.place(mod);
    await pool.makeDurable([mod]);
    synced();
    const zip = artifact('zip', inMemory('b'));
    pool.place(zip);
    await pool.makeDurable([zip]);
    expect(synced()).toEqual(['pool/github.com/!azure/a/@v', `pool/${BASE}.zip`]);
  });

  it('syncs the folder above one that another module has made before', async () => {
    const first = artifact('mod', inMemory('a'));
    pool.place(first);
    await pool.makeDurable([first]);
    synced();
    const second = artifact('mod', inMemory('b'), mv('github.com/Azure/b@v1.0.0'));
    pool.place(second);
    await pool.makeDurable([second]);
    expect(synced()).toEqual([
      'pool/github.com/!azure',
      'pool/github.com/!azure/b',
      'pool/github.com/!azure/b/@v',
      'pool/github.com/!azure/b/@v/v1.0.0.mod',
    ]);
  });

  it('syncs a file that lay in the pool all along: nobody knows whether it was before', async () => {
    const path = pool.pathOf(A, 'mod');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'bytes');
    await pool.makeDurable([artifact('mod', { in: 'pool' })]);
    expect(synced()).toContain(`pool/${BASE}.mod`);
  });

  it('syncs the folders above a file that lay in the pool all along, which a killed run may not have', async () => {
    const path = pool.pathOf(A, 'mod');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'bytes');
    const found = artifact('mod', { in: 'pool' });
    pool.place(found);
    await pool.makeDurable([found]);
    expect(synced()).toEqual([
      'pool',
      'pool/github.com',
      'pool/github.com/!azure',
      'pool/github.com/!azure/a',
      'pool/github.com/!azure/a/@v',
      `pool/${BASE}.mod`,
    ]);
  });

  it('syncs the folders above a new file that a killed run had made and not synced', async () => {
    mkdirSync(join(pool.pathOf(A, 'mod'), '..'), { recursive: true });
    const file = artifact('mod', inMemory('a'));
    pool.place(file);
    await pool.makeDurable([file]);
    expect(synced()).toContain('pool/github.com');
  });

  it('fails where a file has gone', async () => {
    const file = artifact('mod', inMemory('a'));
    pool.place(file);
    rmSync(pool.pathOf(A, 'mod'));
    await expect(pool.makeDurable([file])).rejects.toThrow(/^ENOENT: /);
    expect(existsSync(pool.pathOf(A, 'mod'))).toBe(false);
  });
});
