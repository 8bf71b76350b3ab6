import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { artifactOf, memoryStore, mv, UPSTREAM } from './facts.ts';

const A = mv('example.com/a@v1.0.0');
const B = mv('example.com/a@v1.1.0');
const MONDAY = new Date('2026-11-02T00:00:00Z');
const TUESDAY = new Date('2026-11-03T00:00:00Z');

let store: Store;
beforeEach(() => {
  store = memoryStore();
});
afterEach(() => store.close());

describe('the ledger', () => {
  it('gives back what was recorded of each file', () => {
    const [info, mod, zip] = [artifactOf(A, 'info'), artifactOf(A, 'mod'), artifactOf(A, 'zip')];
    store.ledger.record([zip, mod], MONDAY);
    store.ledger.record([info], TUESDAY);
    const of = ({ file, size, sha256, sha512, h1 }: typeof zip) => ({
      ...{ file, size, sha256, upstream: UPSTREAM },
      sha512: sha512 ?? null,
      h1: h1 ?? null,
    });
    expect(store.ledger.held(A)).toEqual(
      new Map([
        ['info', { ...of(info), fetchedAt: '2026-11-03T00:00:00.000Z' }],
        ['mod', { ...of(mod), fetchedAt: '2026-11-02T00:00:00.000Z' }],
        ['zip', { ...of(zip), fetchedAt: '2026-11-02T00:00:00.000Z' }],
      ]),
    );
    expect(zip.sha512).toMatch(/^[0-9a-f]{128}$/);
    expect(info.h1).toBeUndefined();
  });

  it('holds nothing of what nobody recorded', () => {
    store.ledger.record([artifactOf(A, 'zip')], MONDAY);
    expect(store.ledger.held(B)).toEqual(new Map());
    expect(store.ledger.gaps(B)).toEqual(new Map());
    expect(store.ledger.requiredBy(B)).toEqual([]);
  });

  it('records all of a batch or nothing: a file that is held already is a bug of the caller', () => {
    store.ledger.record([artifactOf(A, 'zip')], MONDAY);
    const again = () => store.ledger.record([artifactOf(A, 'mod'), artifactOf(A, 'zip')], TUESDAY);
    expect(again).toThrow('UNIQUE constraint failed: artifact.module_version, artifact.file');
    expect([...store.ledger.held(A).keys()]).toEqual(['zip']);
  });

  it('knows every version that it has heard of, in byte order', () => {
    store.ledger.record([artifactOf(mv('example.com/a@v1.10.0'), 'mod')], MONDAY);
    store.ledger.recordGaps(
      [{ mv: mv('example.com/a@v1.9.0'), file: 'zip', code: 'NOT_FOUND', message: 'm' }],
      MONDAY,
    );
    store.ledger.recordRequiredBy([{ mv: A, seeds: ['go.sum'] }]);
    expect(store.ledger.versionsOf('example.com/a')).toEqual(['v1.0.0', 'v1.10.0', 'v1.9.0']);
    expect(store.ledger.versionsOf('example.com/b')).toEqual([]);
  });

  it('tells modules apart by case', () => {
    store.ledger.record([artifactOf(mv('example.com/A@v1.0.0'), 'mod')], MONDAY);
    expect(store.ledger.held(A).size).toBe(0);
  });
});

describe('a gap', () => {
  const gap = (file: 'zip' | 'mod', code: string, message: string) => ({ mv: A, file, code, message });

  it('keeps the day it was first seen, and says what was last seen', () => {
    store.ledger.recordGaps([gap('zip', 'UNAVAILABLE', 'down')], MONDAY);
    store.ledger.recordGaps([gap('zip', 'NOT_FOUND', 'gone')], TUESDAY);
    expect([...store.ledger.gaps(A).values()]).toEqual([
      {
        file: 'zip',
        code: 'NOT_FOUND',
        message: 'gone',
        firstSeen: '2026-11-02T00:00:00.000Z',
        lastSeen: '2026-11-03T00:00:00.000Z',
      },
    ]);
  });

  it('goes when its file comes, and only then', () => {
    store.ledger.recordGaps([gap('zip', 'NOT_FOUND', 'm'), gap('mod', 'NOT_FOUND', 'm')], MONDAY);
    store.ledger.record([artifactOf(A, 'mod'), artifactOf(B, 'zip')], TUESDAY);
    expect([...store.ledger.gaps(A).keys()]).toEqual(['zip']);
    store.ledger.record([artifactOf(A, 'zip')], TUESDAY);
    expect([...store.ledger.gaps(A).keys()]).toEqual([]);
  });

  it('stays where the batch that would close it fails', () => {
    store.ledger.record([artifactOf(A, 'mod')], MONDAY);
    store.ledger.recordGaps([gap('zip', 'NOT_FOUND', 'm')], MONDAY);
    expect(() => store.ledger.record([artifactOf(A, 'zip'), artifactOf(A, 'mod')], TUESDAY)).toThrow(
      'UNIQUE',
    );
    expect([...store.ledger.gaps(A).keys()]).toEqual(['zip']);
  });
});

describe('who required a module version', () => {
  it('is remembered as it was when last it was wanted', () => {
    store.ledger.recordRequiredBy([{ mv: A, seeds: ['a/go.sum', 'b/go.sum'] }]);
    store.ledger.recordRequiredBy([{ mv: A, seeds: ['b/go.sum'] }]);
    store.ledger.recordRequiredBy([{ mv: B, seeds: ['c/go.sum'] }]);
    expect(store.ledger.requiredBy(A)).toEqual(['b/go.sum']);
    expect(store.ledger.requiredBy(B)).toEqual(['c/go.sum']);
  });

  it('may be a source with every odd character', () => {
    const seeds = ['https://git.corp.example/a"b\\c/\u{1f600} é/go.sum'];
    store.ledger.recordRequiredBy([{ mv: A, seeds }]);
    expect(store.ledger.requiredBy(A)).toEqual(seeds);
  });
});
