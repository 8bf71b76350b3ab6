import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MODULE_FILES, type ModuleFile } from '../../src/gomod/artifact.ts';
import type { ModuleVersion } from '../../src/gomod/module-version.ts';
import { openForWriting } from '../../src/store/open.ts';
import type { MemberKey } from '../../src/store/snapshots.ts';
import { Store } from '../../src/store/store.ts';
import { artifactOf, memoryStore, mv } from './facts.ts';

const NAMES = ['example.com/b@v1.0.0', 'example.com/a@v1.10.0', 'example.com/a@v1.9.0'];
const KEYS: readonly MemberKey[] = NAMES.flatMap((name) =>
  MODULE_FILES.map((file) => ({ mv: mv(name), file })),
);
const MONDAY = new Date('2026-11-02T00:00:00Z');

/** A store that holds every file of KEYS. */
function filledStore(): Store {
  const store = memoryStore();
  store.ledger.record(
    KEYS.map(({ mv: module, file }) => artifactOf(module, file)),
    MONDAY,
  );
  return store;
}

function row(id: string, previous: string | null = null) {
  const createdAt = MONDAY.toISOString();
  return {
    id,
    createdAt,
    previous,
    rootHash: `root-${id}`,
    manifestSha256: `manifest-${id}`,
    modules: 1,
    files: 2,
    bytes: 3,
    sumdb: null,
  };
}

const keyOf = (module: Pick<ModuleVersion, 'path' | 'version'>, file: ModuleFile) =>
  `${module.path}@${module.version} ${file}`;
const membersOf = (store: Store, seq: number) =>
  [...store.snapshots.members(seq)].map(({ module, version, file }) => `${module}@${version} ${file}`);

let store: Store;
beforeEach(() => {
  store = filledStore();
});
afterEach(() => store.close());

describe('a snapshot', () => {
  it('is found by its id, and the newest one is the last that was committed', () => {
    const first = store.snapshots.commit(row('s1'), KEYS.slice(0, 1));
    const second = store.snapshots.commit(row('s2', 's1'), KEYS.slice(0, 2));
    expect([first, second]).toEqual([1, 2]);
    expect(store.snapshots.find('s1')).toEqual({ seq: 1, ...row('s1') });
    expect(store.snapshots.newest()).toEqual({ seq: 2, ...row('s2', 's1') });
    expect(store.snapshots.all().map(({ id }) => id)).toEqual(['s1', 's2']);
    expect(store.snapshots.find('s3')).toBeUndefined();
  });

  it('tells of each file what the ledger knows', () => {
    const [zip = { mv: mv(NAMES[0] ?? ''), file: 'zip' as const }] = KEYS.filter(
      ({ file }) => file === 'zip',
    );
    store.ledger.recordRequiredBy([{ mv: zip.mv, seeds: ['go.sum'] }]);
    const { size, sha256, sha512, h1 } = artifactOf(zip.mv, 'zip');
    store.snapshots.commit(row('s1'), [zip]);
    expect([...store.snapshots.members(1)]).toEqual([
      {
        module: zip.mv.path,
        version: zip.mv.version,
        file: 'zip',
        size,
        sha256,
        sha512,
        h1,
        requiredBy: '["go.sum"]',
      },
    ]);
  });

  it('lists its files by module, version and name in byte order', () => {
    store.snapshots.commit(row('s1'), KEYS);
    expect(membersOf(store, 1)).toEqual([
      'example.com/a@v1.10.0 info',
      'example.com/a@v1.10.0 mod',
      'example.com/a@v1.10.0 zip',
      'example.com/a@v1.9.0 info',
      'example.com/a@v1.9.0 mod',
      'example.com/a@v1.9.0 zip',
      'example.com/b@v1.0.0 info',
      'example.com/b@v1.0.0 mod',
      'example.com/b@v1.0.0 zip',
    ]);
  });

  it('cannot hold a file that the ledger does not, and is then not there at all', () => {
    const lie = () =>
      store.snapshots.commit(row('s1'), [...KEYS, { mv: mv('example.com/never@v1.0.0'), file: 'zip' }]);
    expect(lie).toThrow('FOREIGN KEY constraint failed');
    expect(store.snapshots.newest()).toBeUndefined();
    expect(membersOf(store, 1)).toEqual([]);
  });

  it('cannot take the name of another one', () => {
    store.snapshots.commit(row('s1'), KEYS.slice(0, 1));
    expect(() => store.snapshots.commit(row('s1'), KEYS)).toThrow('UNIQUE constraint failed: snapshot.id');
    expect(membersOf(store, 1)).toHaveLength(1);
  });

  it('costs what changed: one that is like the last writes no member, one that lacks a file ends its interval', () => {
    const db = openForWriting(':memory:', () => MONDAY);
    const { ledger, snapshots } = new Store(db);
    ledger.record(
      KEYS.map(({ mv: module, file }) => artifactOf(module, file)),
      MONDAY,
    );
    const rows = () => db.prepare<[], { n: number }>('SELECT count(*) AS n FROM snapshot_member').get()?.n;
    snapshots.commit(row('s1'), KEYS);
    snapshots.commit(row('s2'), KEYS);
    snapshots.commit(row('s3'), KEYS.slice(1));
    expect(rows()).toBe(KEYS.length);
    snapshots.commit(row('s4'), KEYS);
    expect(rows()).toBe(KEYS.length + 1);
    db.close();
  });
});

describe('membership over many snapshots', () => {
  it('is of each snapshot what was committed: files that go, stay and come back, and snapshots that are dropped, new or old', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.subarray([...KEYS.keys()]).map((commit) => ({ commit, drop: 0 })) },
      { weight: 2, arbitrary: fc.nat().map((drop) => ({ commit: undefined, drop })) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const tried = filledStore();
        try {
          const model = new Map<number, ReadonlySet<string>>();
          for (const [index, { commit, drop }] of steps.entries()) {
            if (commit === undefined) {
              const dropped = [...model.keys()][drop % Math.max(1, model.size)];
              if (dropped === undefined) continue;
              tried.snapshots.drop(dropped);
              model.delete(dropped);
            } else {
              const keys = commit.flatMap((at) => KEYS[at] ?? []);
              const seq = tried.snapshots.commit(row(`s${index}`), keys);
              expect(seq).toBe(Math.max(0, ...model.keys()) + 1);
              model.set(seq, new Set(keys.map(({ mv: module, file }) => keyOf(module, file))));
            }
            expectModel(tried, model);
          }
        } finally {
          tried.close();
        }
      }),
      { numRuns: 120 },
    );
  });
});

/** Every snapshot holds what the model says, asked as a list and file by file; what none holds is unneeded. */
function expectModel(tried: Store, model: ReadonlyMap<number, ReadonlySet<string>>): void {
  expect(tried.snapshots.all().map(({ seq }) => seq)).toEqual([...model.keys()].sort((a, b) => a - b));
  const needed = new Set<string>();
  for (const [seq, expected] of model) {
    expect(membersOf(tried, seq)).toEqual([...expected].sort());
    const held = KEYS.filter(({ mv: module, file }) => tried.snapshots.holds(seq, module, file));
    expect(new Set(held.map(({ mv: module, file }) => keyOf(module, file)))).toEqual(expected);
    for (const key of expected) needed.add(key);
  }
  const unneeded = [...tried.ledger.unneeded()].map(({ mv: module, file }) => keyOf(module, file));
  const all = KEYS.map(({ mv: module, file }) => keyOf(module, file));
  expect(new Set(unneeded)).toEqual(new Set(all.filter((key) => !needed.has(key))));
}

describe('a snapshot that is taken back', () => {
  it('leaves the one before as if it had never been', () => {
    store.snapshots.commit(row('s1'), KEYS.slice(0, 3));
    store.snapshots.commit(row('s2'), KEYS.slice(2, 5));
    store.snapshots.drop(2);
    expect(store.snapshots.newest()?.id).toBe('s1');
    expect(membersOf(store, 1)).toHaveLength(3);
    expect(store.snapshots.commit(row('s2'), KEYS)).toBe(2);
    expect(membersOf(store, 2)).toHaveLength(KEYS.length);
  });
});
