import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { H1 } from '../../src/gomod/h1.ts';
import type { ModuleVersion } from '../../src/gomod/module-version.ts';
import type { KnownHead, NamedRecord } from '../../src/store/log-records.ts';
import { openForWriting } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { artifactOf, mv } from './facts.ts';

const LOG = 'log.example';
const OTHER_LOG = 'other.example/db';
const A = mv('example.com/a@v1.0.0');
const B = mv('example.com/b@v1.0.0');
const C = mv('example.com/c@v1.0.0');
const MONDAY = new Date('2026-11-02T00:00:00Z');
const TUESDAY = new Date('2026-11-03T00:00:00Z');

let db: ReturnType<typeof openForWriting>;
let store: Store;
beforeEach(() => {
  db = openForWriting(':memory:', () => MONDAY);
  store = new Store(db);
});
afterEach(() => store.close());

/** A record as the log has it of the files that `artifactOf` makes. */
function recordOf(module: ModuleVersion, id: number, provedSize = 100): NamedRecord {
  const zipH1 = artifactOf(module, 'zip').h1 ?? never();
  const modH1 = artifactOf(module, 'mod').h1 ?? never();
  const name = `${module.path} ${module.version}`;
  return {
    mv: module,
    record: { id, text: `${name} ${zipH1}\n${name}/go.mod ${modH1}\n`, zipH1, modH1, provedSize },
  };
}

function never(): never {
  throw new Error('zip and mod have an h1');
}

const headOf = (size: number, root = `root-${size}`): KnownHead => ({
  size,
  root,
  note: `note ${size} ${root}\n`,
});

/** Rows of a table, as the database has them. */
const rows = (sql: string) => db.prepare<[], Record<string, unknown>>(sql).all();

describe('a record', () => {
  it('is given back as it was proved, not published yet', () => {
    const named = recordOf(A, 7);
    store.log.add(LOG, [named], [headOf(100)], MONDAY);
    expect(store.log.find(LOG, A)).toEqual({ ...named.record, publishedSize: null });
  });

  it('is undefined of what nobody proved, and of another log', () => {
    store.log.add(LOG, [recordOf(A, 7)], [], MONDAY);
    expect(store.log.find(LOG, B)).toBeUndefined();
    expect(store.log.find(OTHER_LOG, A)).toBeUndefined();
    expect(store.log.records(B)).toEqual([]);
    expect(store.log.all(OTHER_LOG)).toEqual([]);
  });

  it('may have number 0, and a number beyond 32 bits', () => {
    store.log.add(LOG, [recordOf(A, 0), recordOf(B, 2 ** 40, 2 ** 41)], [], MONDAY);
    expect(store.log.ids(LOG)).toEqual(expect.arrayContaining([0, 2 ** 40]));
    expect(store.log.find(LOG, B)?.provedSize).toBe(2 ** 41);
  });

  it('stays as it was first proved, when it is proved again', () => {
    store.log.add(LOG, [recordOf(A, 7, 100)], [], MONDAY);
    store.log.markPublished(LOG, [A], 150);
    store.log.add(LOG, [recordOf(A, 7, 200)], [], TUESDAY);
    expect(store.log.find(LOG, A)).toMatchObject({ provedSize: 100, publishedSize: 150 });
  });

  it('is known of a module version that the ledger has never heard of', () => {
    store.log.add(LOG, [recordOf(A, 7)], [], MONDAY);
    expect(store.ledger.versionsOf('example.com/a')).toEqual(['v1.0.0']);
  });

  it('is told of every log, the one that was proved last first', () => {
    store.log.add(LOG, [recordOf(A, 7, 100)], [], MONDAY);
    store.log.add(OTHER_LOG, [recordOf(A, 3, 900)], [], MONDAY);
    expect(store.log.records(A).map(({ log, id }) => `${log} ${id}`)).toEqual([`${OTHER_LOG} 3`, `${LOG} 7`]);
  });

  it('closes the gap of its lookup, and no other', () => {
    const gap = (module: ModuleVersion, file: 'lookup' | 'zip') => ({
      mv: module,
      file,
      code: 'NOT_FOUND',
      message: 'm',
    });
    store.ledger.recordGaps([gap(A, 'lookup'), gap(A, 'zip'), gap(B, 'lookup')], MONDAY);
    store.log.add(LOG, [recordOf(A, 7)], [], TUESDAY);
    expect([...store.ledger.gaps(A).keys()]).toEqual(['zip']);
    expect([...store.ledger.gaps(B).keys()]).toEqual(['lookup']);
  });

  it('comes with the others of its batch and their heads, or not at all', () => {
    const gap = { mv: A, file: 'lookup', code: 'NOT_FOUND', message: 'm' } as const;
    store.ledger.recordGaps([gap], MONDAY);
    const broken = { mv: B, record: { ...recordOf(B, 8).record, id: 1.5 } };
    expect(() => store.log.add(LOG, [recordOf(A, 7), broken], [headOf(100)], MONDAY)).toThrow(
      'cannot store REAL value in INTEGER column log_record.id',
    );
    expect(store.log.find(LOG, A)).toBeUndefined();
    expect(store.log.heads(LOG)).toEqual([]);
    expect([...store.ledger.gaps(A).keys()]).toEqual(['lookup']);
  });

  it('takes its place among all by its number, not by when it came', () => {
    store.log.add(LOG, [recordOf(A, 30), recordOf(B, 4)], [], MONDAY);
    store.log.add(LOG, [recordOf(C, 10)], [], MONDAY);
    store.log.add(OTHER_LOG, [recordOf(A, 1)], [], MONDAY);
    expect(store.log.all(LOG).map(({ mv: module, record }) => [module, record.id])).toEqual([
      [B, 4],
      [C, 10],
      [A, 30],
    ]);
    expect(store.log.ids(LOG).toSorted((a, b) => a - b)).toEqual([4, 10, 30]);
    expect(store.log.ids(OTHER_LOG)).toEqual([1]);
  });
});

describe('what is not published', () => {
  it('is every record until it is marked, in the order of the log', () => {
    store.log.add(LOG, [recordOf(A, 30), recordOf(B, 4), recordOf(C, 10)], [], MONDAY);
    expect(store.log.unpublished(LOG).map(({ mv: module }) => module)).toEqual([B, C, A]);
    store.log.markPublished(LOG, [C, A], 120);
    const [left, ...others] = store.log.unpublished(LOG);
    expect(left).toEqual({ mv: B, record: { ...recordOf(B, 4).record, publishedSize: null } });
    expect(others).toEqual([]);
    expect(store.log.find(LOG, A)?.publishedSize).toBe(120);
  });

  it('is told apart by log', () => {
    store.log.add(LOG, [recordOf(A, 30)], [], MONDAY);
    store.log.add(OTHER_LOG, [recordOf(A, 2)], [], MONDAY);
    store.log.markPublished(LOG, [A], 120);
    expect(store.log.unpublished(LOG)).toEqual([]);
    expect(store.log.unpublished(OTHER_LOG).map(({ mv: module }) => module)).toEqual([A]);
  });

  it('may be marked again, under a newer head', () => {
    store.log.add(LOG, [recordOf(A, 30)], [], MONDAY);
    store.log.markPublished(LOG, [A], 120);
    store.log.markPublished(LOG, [A], 130);
    expect(store.log.find(LOG, A)?.publishedSize).toBe(130);
  });
});

describe('heads', () => {
  it('are given back smallest first, each log for itself', () => {
    store.log.add(LOG, [], [headOf(1000), headOf(9)], MONDAY);
    store.log.addHeads(LOG, [headOf(80)], MONDAY);
    store.log.addHeads(OTHER_LOG, [headOf(5)], MONDAY);
    expect(store.log.heads(LOG)).toEqual([headOf(9), headOf(80), headOf(1000)]);
    expect(store.log.heads(OTHER_LOG)).toEqual([headOf(5)]);
    expect(store.log.heads('third.example')).toEqual([]);
  });

  it('are met once: the day and the note of the first time stay', () => {
    store.log.addHeads(LOG, [headOf(80)], MONDAY);
    store.log.addHeads(LOG, [{ ...headOf(80), note: 'the same tree, signed again\n' }], TUESDAY);
    expect(rows('SELECT note, met_at FROM log_head')).toEqual([
      { note: headOf(80).note, met_at: '2026-11-02T00:00:00.000Z' },
    ]);
  });

  it('of one size and two roots are kept, both: they are the proof of a fork', () => {
    store.log.addHeads(LOG, [headOf(80, 'a'), headOf(80, 'b')], MONDAY);
    expect(store.log.heads(LOG).map(({ root }) => root)).toEqual(['a', 'b']);
  });
});

describe('tiles', () => {
  const PATHS = ['tile/8/0/000', 'tile/8/0/x001/234.p/5'] as const;

  it('are given back by path with their hash, each log for itself', () => {
    store.log.addTiles(
      LOG,
      new Map([
        [PATHS[0], 'aa'],
        [PATHS[1], 'bb'],
      ]),
    );
    store.log.addTiles(OTHER_LOG, new Map([[PATHS[0], 'cc']]));
    expect(store.log.tiles(LOG)).toEqual(
      new Map([
        [PATHS[0], 'aa'],
        [PATHS[1], 'bb'],
      ]),
    );
    expect(store.log.tiles(OTHER_LOG)).toEqual(new Map([[PATHS[0], 'cc']]));
    expect(store.log.tiles('third.example')).toEqual(new Map());
  });

  it('that are published again have the hash of what lies there now', () => {
    store.log.addTiles(LOG, new Map([[PATHS[0], 'aa']]));
    store.log.addTiles(LOG, new Map([[PATHS[0], 'dd']]));
    expect(store.log.tiles(LOG)).toEqual(new Map([[PATHS[0], 'dd']]));
  });

  it('may be none', () => {
    store.log.addTiles(LOG, new Map());
    expect(store.log.tiles(LOG)).toEqual(new Map());
  });
});

describe('what a snapshot lacks', () => {
  function publish(id: string, modules: readonly ModuleVersion[]): number {
    const numbers = { modules: modules.length, files: 0, bytes: 0 };
    const row = {
      id,
      createdAt: '',
      previous: null,
      rootHash: '',
      manifestSha256: '',
      sumdb: LOG,
      ...numbers,
    };
    return store.snapshots.commit(
      row,
      modules.flatMap((module) => [
        { mv: module, file: 'mod' },
        { mv: module, file: 'zip' },
      ]),
    );
  }

  beforeEach(() => {
    store.ledger.record(
      [A, B, C].flatMap((module) => [artifactOf(module, 'mod'), artifactOf(module, 'zip')]),
      MONDAY,
    );
  });

  it('is each module version without a record, once, sorted', () => {
    const seq = publish('one', [C, A, B]);
    store.log.add(LOG, [recordOf(B, 4)], [], MONDAY);
    expect(store.log.lacking(LOG, seq)).toEqual([A, C]);
    expect(store.log.lacking(OTHER_LOG, seq)).toEqual([A, B, C]);
  });

  it('is what that snapshot holds, not one before or after it', () => {
    const [one, two] = [publish('one', [A, B]), publish('two', [B, C])];
    expect(store.log.lacking(LOG, one)).toEqual([A, B]);
    expect(store.log.lacking(LOG, two)).toEqual([B, C]);
  });

  it('is nothing where all have a record, or there is no such snapshot', () => {
    const seq = publish('one', [A]);
    store.log.add(LOG, [recordOf(A, 4)], [], MONDAY);
    expect(store.log.lacking(LOG, seq)).toEqual([]);
    expect(store.log.lacking(LOG, 0)).toEqual([]);
  });
});

describe('what the log contradicts', () => {
  const OTHER_H1 = artifactOf(A, 'zip', 'other').h1 as H1;

  beforeEach(() => {
    store.ledger.record(
      [A, B].flatMap((module) => [
        artifactOf(module, 'info'),
        artifactOf(module, 'mod'),
        artifactOf(module, 'zip'),
      ]),
      MONDAY,
    );
  });

  it('is nothing where hashes are the same, and where a file is not held', () => {
    store.log.add(LOG, [recordOf(A, 1), recordOf(B, 2), recordOf(C, 3)], [], MONDAY);
    expect(store.log.contradicted(LOG)).toEqual([]);
  });

  it('is the file whose hash is another, with both hashes', () => {
    const { record } = recordOf(A, 1);
    store.log.add(LOG, [{ mv: A, record: { ...record, zipH1: OTHER_H1 } }, recordOf(B, 2)], [], MONDAY);
    expect(store.log.contradicted(LOG)).toEqual([
      { mv: A, module: A.path, version: A.version, file: 'zip', held: record.zipH1, logged: OTHER_H1 },
    ]);
    expect(store.log.contradicted(OTHER_LOG)).toEqual([]);
  });

  it('is both files where both are others, and sorted by module', () => {
    const lies = [B, A].map((module, id) => ({
      mv: module,
      record: { ...recordOf(module, id).record, zipH1: OTHER_H1, modH1: OTHER_H1 },
    }));
    store.log.add(LOG, lies, [], MONDAY);
    expect(store.log.contradicted(LOG).map(({ mv: { path }, file }) => `${path} ${file}`)).toEqual([
      'example.com/a mod',
      'example.com/a zip',
      'example.com/b mod',
      'example.com/b zip',
    ]);
  });
});
