import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Db, openForWriting } from '../../src/store/open.ts';
import type { SeedContent } from '../../src/store/runs.ts';
import { Store } from '../../src/store/store.ts';
import { mv } from './facts.ts';

const MONDAY = new Date('2026-11-02T00:00:00Z');
const TUESDAY = new Date('2026-11-03T00:00:00Z');
const A = mv('example.com/a@v1.0.0');
const B = mv('example.com/a@v1.1.0');

let db: Db;
let store: Store;
beforeEach(() => {
  db = openForWriting(':memory:', () => MONDAY);
  store = new Store(db);
});
afterEach(() => store.close());

/** A go.sum whose text has this hash, and that wants both files of each module version. */
function seed(source: string, sha256: string, ...modules: readonly (typeof A)[]): SeedContent {
  const wants = modules.flatMap((module, index) => [
    { line: 2 * index + 1, mv: module, file: 'zip' as const, h1: `h1:zip${index}` },
    { line: 2 * index + 2, mv: module, file: 'mod' as const, h1: `h1:mod${index}` },
  ]);
  return { source, sha256, wants };
}

const count = (table: string) => db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n;

describe('a run', () => {
  it('is the newest finished one until the next has come to its end', () => {
    expect(store.runs.lastFinished()).toBeUndefined();
    const first = store.runs.start(MONDAY, []);
    store.runs.finish(first, MONDAY, 'failed', null, { requests: 1 });
    const second = store.runs.start(TUESDAY, []);
    expect(store.runs.lastFinished()).toMatchObject({ id: first, report: '{"requests":1}' });
    store.runs.finish(second, TUESDAY, 'interrupted', null, {});
    expect(store.runs.lastFinished()).toMatchObject({ id: second, outcome: 'interrupted' });
  });

  it('is told with its end, its outcome and its counts', () => {
    const run = store.runs.start(MONDAY, []);
    expect(store.runs.last()).toEqual({
      id: run,
      startedAt: '2026-11-02T00:00:00.000Z',
      finishedAt: null,
      outcome: null,
      snapshot: null,
      report: null,
    });
    store.runs.finish(run, TUESDAY, 'published', 's1', { requests: 3 });
    expect(store.runs.last()).toEqual({
      id: run,
      startedAt: '2026-11-02T00:00:00.000Z',
      finishedAt: '2026-11-03T00:00:00.000Z',
      outcome: 'published',
      snapshot: 's1',
      report: '{"requests":3}',
    });
  });

  it.each(['published', 'unchanged', 'incomplete'] as const)(
    'counts as completed when it is %s',
    (outcome) => {
      const run = store.runs.start(MONDAY, []);
      store.runs.finish(run, MONDAY, outcome, null, {});
      store.runs.start(TUESDAY, []);
      expect(store.runs.lastCompleted()?.id).toBe(run);
      expect(store.runs.last()?.id).not.toBe(run);
    },
  );

  it.each(['refused', 'failed', 'interrupted'] as const)(
    'does not count as completed when it is %s',
    (outcome) => {
      store.runs.finish(store.runs.start(MONDAY, []), MONDAY, outcome, null, {});
      expect(store.runs.lastCompleted()).toBeUndefined();
    },
  );

  it('has no outcome but those of the contract', () => {
    const run = store.runs.start(MONDAY, []);
    const lie = () => db.prepare("UPDATE run SET outcome = 'fine' WHERE id = ?").run(run);
    expect(lie).toThrow('CHECK constraint failed');
  });
});

describe('a seed', () => {
  it('is stored once for each content, however many runs read it', () => {
    for (let run = 0; run < 5; run++) store.runs.start(MONDAY, [seed('go.sum', 'aa', A, B)]);
    expect([count('seed'), count('want'), count('run_seed')]).toEqual([1, 4, 5]);
  });

  it('is stored again when its content changes, and found again when it changes back', () => {
    store.runs.start(MONDAY, [seed('go.sum', 'aa', A)]);
    store.runs.start(MONDAY, [seed('go.sum', 'bb', B)]);
    store.runs.start(MONDAY, [seed('go.sum', 'aa', A)]);
    expect([count('seed'), count('want')]).toEqual([2, 4]);
    expect(store.runs.wantingLines(A.path).map(({ version }) => version)).toEqual(['v1.0.0', 'v1.0.0']);
  });

  it('is told apart from another one of the same content', () => {
    store.runs.start(MONDAY, [seed('a/go.sum', 'aa', A), seed('b/go.sum', 'aa', A)]);
    expect(count('seed')).toBe(2);
    expect(store.runs.wantingLines(A.path)).toHaveLength(4);
  });

  it('may come twice under one name, as URLs do whose queries are not shown', () => {
    const twice = () =>
      store.runs.start(MONDAY, [seed('https://git/go.sum', 'aa', A), seed('https://git/go.sum', 'aa', A)]);
    expect(twice).not.toThrow();
    expect([count('seed'), count('run_seed')]).toEqual([1, 1]);
  });

  it('may want nothing', () => {
    store.runs.start(MONDAY, [seed('go.sum', 'aa')]);
    expect([count('seed'), count('want')]).toEqual([1, 0]);
  });
});

describe('the lines that want a module', () => {
  it('are those of the newest run, by version, source and line', () => {
    store.runs.start(MONDAY, [seed('old/go.sum', 'aa', A, B)]);
    store.runs.start(TUESDAY, [seed('b/go.sum', 'bb', B, A), seed('a/go.sum', 'cc', A)]);
    expect(store.runs.wantingLines(A.path)).toEqual([
      { version: 'v1.0.0', source: 'a/go.sum', line: 1, file: 'zip', h1: 'h1:zip0', because: null },
      { version: 'v1.0.0', source: 'a/go.sum', line: 2, file: 'mod', h1: 'h1:mod0', because: null },
      { version: 'v1.0.0', source: 'b/go.sum', line: 3, file: 'zip', h1: 'h1:zip1', because: null },
      { version: 'v1.0.0', source: 'b/go.sum', line: 4, file: 'mod', h1: 'h1:mod1', because: null },
      { version: 'v1.1.0', source: 'b/go.sum', line: 1, file: 'zip', h1: 'h1:zip0', because: null },
      { version: 'v1.1.0', source: 'b/go.sum', line: 2, file: 'mod', h1: 'h1:mod0', because: null },
    ]);
    expect(store.runs.wantingLines('example.com/b')).toEqual([]);
  });

  it('are kept all or none: a run that cannot be written leaves nothing', () => {
    const broken = seed('go.sum', 'aa', A);
    const odd = broken.wants.map((want) => ({ ...want, file: 'info' as 'mod' }));
    const wrong = { ...broken, wants: [...broken.wants, ...odd] };
    expect(() => store.runs.start(MONDAY, [wrong])).toThrow(
      "CHECK constraint failed: file IN ('mod', 'zip')",
    );
    expect([count('run'), count('seed'), count('want')]).toEqual([0, 0, 0]);
  });

  it('drops computed texts that a run did not need, and nothing that was read', () => {
    const first = store.runs.start(MONDAY, [seed('a/go.sum', 'aa', A), seed('a/go.mod (graph)', 'k1', A)]);
    store.runs.forgetComputed(first, ' (graph)');
    expect(store.runs.textOf('a/go.mod (graph)', 'k1')?.wants).toHaveLength(2);
    const second = store.runs.start(TUESDAY, [seed('b/go.sum', 'bb', A), seed('a/go.mod (graph)', 'k2', A)]);
    store.runs.forgetComputed(second, ' (graph)');
    expect(store.runs.textOf('a/go.mod (graph)', 'k1')).toBeUndefined();
    expect(store.runs.textOf('a/go.mod (graph)', 'k2')?.wants).toHaveLength(2);
    expect(store.runs.textOf('a/go.sum', 'aa')?.wants).toHaveLength(2);
    expect(count('want')).toBe(6);
  });
});

describe('a history of years', () => {
  it('keeps the texts of the last 50 runs, and those of the last one that went through', () => {
    const many = new Store(openForWriting(':memory:', () => MONDAY));
    const textOf = (index: number) => ({
      source: 'go.sum',
      sha256: String(index).padStart(64, '0'),
      wants: [{ line: 1, mv: mv('example.com/a@v1.0.0'), file: 'mod' as const, h1: 'h1:x' }],
    });
    for (let index = 1; index <= 120; index++) {
      const run = many.runs.start(MONDAY, [textOf(index)]);
      many.runs.finish(run, MONDAY, index === 30 ? 'published' : 'failed', null, {});
      many.runs.tidy();
    }
    const isKnown = (index: number) => many.runs.textOf('go.sum', textOf(index).sha256) !== undefined;
    expect([29, 30, 70, 71, 120].map(isKnown)).toEqual([false, true, true, true, true]);
    const done = many.runs.start(MONDAY, [textOf(121)]);
    many.runs.finish(done, MONDAY, 'unchanged', null, {});
    many.runs.tidy();
    expect([30, 71, 72, 121].map(isKnown)).toEqual([false, false, true, true]);
    expect(many.runs.history(3).map(({ outcome }) => outcome)).toEqual(['unchanged', 'failed', 'failed']);
    many.close();
  });

  it('keeps the problems that the newest run found, and of those before it the rest of their reports', () => {
    for (const count of [1, 2]) {
      const run = store.runs.start(MONDAY, []);
      store.runs.finish(run, MONDAY, 'incomplete', null, { requests: count, found: [{ code: 'NOT_FOUND' }] });
      store.runs.tidy();
    }
    const reports = db.prepare<[], string>('SELECT report FROM run ORDER BY id').pluck().all();
    expect(reports.map((report) => JSON.parse(report))).toEqual([
      { requests: 1 },
      { requests: 2, found: [{ code: 'NOT_FOUND' }] },
    ]);
  });
});
