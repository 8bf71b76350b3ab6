import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Content } from '../../src/gomod/artifact.ts';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { type Evidence, keepEvidence } from '../../src/site/quarantine.ts';
import { mv } from '../store/facts.ts';

const EVIDENCE: Evidence = {
  mv: mv('github.com/Azure/a@v1.0.0'),
  file: 'zip',
  code: 'HASH_MISMATCH',
  message: 'github.com/Azure/a@v1.0.0: zip: hash mismatch: …',
  upstream: 'https://proxy.corp.example',
  at: new Date('2026-11-02T00:00:00Z'),
};

let layout: Layout;
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-quarantine-')));
  mkdirSync(layout.staging);
});
afterEach(() => rmSync(layout.mirror, { recursive: true, force: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const inMemory = (text: string): Content => ({ in: 'memory', bytes: Buffer.from(text) });
function staged(text: string): Content {
  const path = join(layout.staging, '1-0');
  writeFileSync(path, text);
  return { in: 'staging', path };
}

describe('keepEvidence', () => {
  it.each([
    ['in memory', inMemory],
    ['in staging', staged],
  ])('keeps a body that was %s, with a note of what was wrong, who sent it and when', async (_, content) => {
    const path = await keepEvidence(layout, EVIDENCE, content('lies'));
    const name = `v1.0.0.zip.${sha256('lies').slice(0, 16)}`;
    expect(path).toBe(join(layout.quarantine, 'github.com/!azure/a/@v', name));
    expect(readFileSync(path, 'utf8')).toBe('lies');
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toEqual({
      module: 'github.com/Azure/a@v1.0.0',
      file: 'zip',
      code: 'HASH_MISMATCH',
      message: EVIDENCE.message,
      upstream: 'https://proxy.corp.example',
      sha256: sha256('lies'),
      at: '2026-11-02T00:00:00.000Z',
    });
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it.each([
    ['in memory', inMemory],
    ['in staging', staged],
  ])(
    'keeps the same bytes once, however often they come (%s), with the note of the last time',
    async (_, content) => {
      const path = await keepEvidence(layout, EVIDENCE, content('lies'));
      await keepEvidence(layout, { ...EVIDENCE, at: new Date('2026-11-03T00:00:00Z') }, content('lies'));
      expect(readdirSync(dirname(path)).sort()).toEqual(
        [path, `${path}.json`].map((kept) => kept.slice(dirname(path).length + 1)),
      );
      expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({
        at: '2026-11-03T00:00:00.000Z',
      });
      expect(readdirSync(layout.staging)).toEqual([]);
    },
  );

  it('keeps different lies about one file side by side', async () => {
    const path = await keepEvidence(layout, EVIDENCE, inMemory('lies'));
    const other = await keepEvidence(layout, EVIDENCE, inMemory('other lies'));
    expect(other).not.toBe(path);
    expect([readFileSync(path, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['lies', 'other lies']);
  });

  it('keeps an empty body too', async () => {
    const path = await keepEvidence(layout, EVIDENCE, staged(''));
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('has no business with a file in the pool', async () => {
    await expect(keepEvidence(layout, EVIDENCE, { in: 'pool' })).rejects.toThrow(
      new Error('a file in the pool is not evidence'),
    );
  });
});
