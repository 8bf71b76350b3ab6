import {
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
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as durable from '../../src/site/durable.ts';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { snapshotId } from '../../src/site/manifest.ts';
import { currentSnapshot, makeCurrent, SnapshotDraft, timeOfSnapshot } from '../../src/site/snapshot.ts';
import type { TreeFile } from '../../src/site/tree.ts';
import { hintOf } from '../config/hint.ts';
import { refusal } from '../gomod/refusal.ts';
import { sayWhatIsSkipped } from '../real/real-world.ts';

// The disk is synced as ever; which paths were is what some of these tests look at.
vi.mock('../../src/site/durable.ts', { spy: true });

const ZIP = 'example.com/m/@v/v1.0.0.zip';
const INFO = 'example.com/m/@v/v1.0.0.info';
const LATEST = 'example.com/m/@latest';
const LIST = 'example.com/m/@v/list';

const TEXTS: Readonly<Record<string, string>> = { [INFO]: 'info', [ZIP]: 'zip' };

const of = (path: string, from: TreeFile['from']): TreeFile => ({
  path,
  sha256: '',
  size: sizeOf(from),
  from,
});

function sizeOf(from: TreeFile['from']): number {
  if ('bytes' in from) return from.bytes.length;
  return TEXTS['copy' in from ? from.copy : from.link]?.length ?? 0;
}

const TREE: readonly TreeFile[] = [
  of(LATEST, { copy: INFO }),
  of(LIST, { bytes: Buffer.from('v1.0.0\n') }),
  of(INFO, { link: INFO }),
  of(ZIP, { link: ZIP }),
];

let layout: Layout;
const madeElsewhere: string[] = [];
beforeEach(() => {
  layout = layoutOf(mkdtempSync(join(tmpdir(), 'modferry-snapshot-')));
  mkdirSync(layout.staging);
  fillPool(layout.pool);
  vi.mocked(durable.syncAll).mockClear();
});
afterEach(() => {
  for (const folder of [layout.mirror, ...madeElsewhere.splice(0)])
    rmSync(folder, { recursive: true, force: true });
});

function fillPool(pool: string): void {
  for (const [path, text] of Object.entries(TEXTS)) {
    mkdirSync(dirname(join(pool, path)), { recursive: true });
    writeFileSync(join(pool, path), text);
  }
}

function draftOf(files: readonly TreeFile[] = TREE, name = 's1'): SnapshotDraft {
  const draft = new SnapshotDraft(layout, name);
  draft.add(files);
  return draft;
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

describe('a draft', () => {
  it('is seen by nobody before it is published, and then whole under its name', async () => {
    const draft = draftOf();
    draft.write('_mirror/snapshot.json', '{}');
    writeFileSync(draft.pathFor('_mirror/bom.cdx.json'), 'piece by piece');
    expect(existsSync(layout.public)).toBe(false);
    await draft.makeDurable();
    const root = draft.publish('s1');
    expect(root).toBe(join(layout.snapshots, 's1'));
    expect(filesBelow(root)).toEqual(
      [LATEST, INFO, LIST, ZIP, '_mirror/bom.cdx.json', '_mirror/snapshot.json'].sort(),
    );
    expect(readFileSync(join(root, LATEST), 'utf8')).toBe('info');
    expect(readFileSync(join(root, LIST), 'utf8')).toBe('v1.0.0\n');
    expect(readFileSync(join(root, ZIP), 'utf8')).toBe('zip');
    expect(readdirSync(layout.staging)).toEqual([]);
    expect(currentSnapshot(layout)).toBeNull();
  });

  it('shares its files with the pool, but not @latest, whose bytes change from snapshot to snapshot', () => {
    const root = draftOf().publish('s1');
    const inode = (path: string) => statSync(path).ino;
    expect(inode(join(root, ZIP))).toBe(inode(join(layout.pool, ZIP)));
    expect(inode(join(root, INFO))).toBe(inode(join(layout.pool, INFO)));
    expect(inode(join(root, LATEST))).not.toBe(inode(join(layout.pool, INFO)));
  });

  it('can be thrown away, also twice, and after it was published', async () => {
    const draft = draftOf();
    await draft.discard();
    await draft.discard();
    expect(readdirSync(layout.staging)).toEqual([]);
    const published = draftOf();
    const root = published.publish('s1');
    await published.discard();
    expect(filesBelow(root)).toHaveLength(4);
  });

  it('syncs what it wrote and every folder; what is linked was synced when it came into the pool', async () => {
    const draft = draftOf();
    draft.write('_mirror/snapshot.json', '{}');
    draft.pathFor('_mirror/bom.cdx.json');
    writeFileSync(draft.pathFor('_mirror/bom.cdx.json'), '');
    await draft.makeDurable();
    const root = join(layout.staging, 'snapshot-s1');
    const synced = vi.mocked(durable.syncAll).mock.calls.map(([paths]) => [...new Set([...paths])].sort());
    expect(synced).toEqual([
      ['_mirror/bom.cdx.json', '_mirror/snapshot.json', LATEST, LIST].map((path) => join(root, path)).sort(),
      ['', '_mirror', 'example.com', 'example.com/m', 'example.com/m/@v'].map((path) => join(root, path)),
    ]);
  });

  it('tells the SHA-256 of what was written piece by piece', () => {
    const draft = draftOf([]);
    writeFileSync(draft.pathFor('_mirror/bom.cdx.json'), 'abc');
    expect(draft.sha256('_mirror/bom.cdx.json')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it.each([
    ['linked', of(ZIP, { link: ZIP })],
    ['copied', of(LATEST, { copy: ZIP })],
  ])('names a file that was to be %s and that the pool has lost', (_, file) => {
    rmSync(join(layout.pool, ZIP));
    const draft = new SnapshotDraft(layout, 's1');
    const add = () => draft.add([file]);
    expect(refusal(add)).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `pool/${ZIP}: the ledger holds it, the pool has lost it`,
    });
    expect(hintOf(add)).toBe(
      'run `modferry verify --full --repair`: it finds all that is bad and brings it back',
    );
  });

  it.each([
    ['linked', of(ZIP, { link: ZIP })],
    ['copied', of(LATEST, { copy: ZIP })],
  ])('refuses a file that was to be %s and is cut short in the pool', (_, file) => {
    writeFileSync(join(layout.pool, ZIP), 'z');
    const draft = new SnapshotDraft(layout, 's1');
    const add = () => draft.add([file]);
    expect(refusal(add)).toEqual({
      error: 'StateError',
      code: 'CORRUPT',
      message: `pool/${ZIP}: is damaged: has 1 bytes, the ledger says 3`,
    });
    expect(hintOf(add)).toBe(
      'run `modferry verify --full --repair`: it finds all that is bad and brings it back',
    );
  });

  it('never replaces a snapshot that is there', () => {
    draftOf().publish('s1');
    expect(() => draftOf([of(LIST, { bytes: Buffer.from('other') })], 'again').publish('s1')).toThrow(
      /ENOTEMPTY|EEXIST/,
    );
    expect(readFileSync(join(layout.snapshots, 's1', LIST), 'utf8')).toBe('v1.0.0\n');
  });
});

const SHM = '/dev/shm';
const otherDevice = existsSync(SHM) && statSync(SHM).dev !== statSync(tmpdir()).dev;

describe.skipIf(sayWhatIsSkipped(!otherDevice, 'a pool on another file system: /dev/shm is none of its own'))(
  'where the pool cannot be linked to',
  () => {
    it('a draft copies, syncs its copies, and is the same for a reader', async () => {
      const elsewhere = mkdtempSync(join(SHM, 'modferry-pool-'));
      madeElsewhere.push(elsewhere);
      rmSync(layout.pool, { recursive: true });
      layout = { ...layout, pool: elsewhere };
      fillPool(elsewhere);
      const draft = draftOf();
      await draft.makeDurable();
      const [written] = vi.mocked(durable.syncAll).mock.calls.map(([paths]) => [...paths]);
      expect(written).toContain(join(layout.staging, 'snapshot-s1', ZIP));
      const root = draft.publish('s1');
      expect(readFileSync(join(root, ZIP), 'utf8')).toBe('zip');
      expect(statSync(join(root, ZIP)).nlink).toBe(1);
      expect(filesBelow(root)).toHaveLength(4);
    });

    it('a file that the pool has lost is named all the same', () => {
      const elsewhere = mkdtempSync(join(SHM, 'modferry-pool-'));
      madeElsewhere.push(elsewhere);
      layout = { ...layout, pool: elsewhere };
      expect(refusal(() => draftOf([of(ZIP, { link: ZIP })])).message).toBe(
        `pool/${ZIP}: the ledger holds it, the pool has lost it`,
      );
    });
  },
);

describe('makeCurrent', () => {
  it('points `current` at a snapshot, relative, so that the folder can be moved as a whole', async () => {
    draftOf().publish('s1');
    await makeCurrent(layout, 's1');
    expect(readlinkSync(layout.current)).toBe('snapshots/s1');
    expect(currentSnapshot(layout)).toBe('s1');
    draftOf(TREE, 's2').publish('s2');
    expect(currentSnapshot(layout)).toBe('s1');
    await makeCurrent(layout, 's2');
    expect(currentSnapshot(layout)).toBe('s2');
  });

  it('refuses a snapshot that is not there, and leaves `current` as it was', async () => {
    draftOf().publish('s1');
    await makeCurrent(layout, 's1');
    await expect(makeCurrent(layout, 's2')).rejects.toThrow(/^ENOENT: /);
    expect(currentSnapshot(layout)).toBe('s1');
  });
});

describe('currentSnapshot', () => {
  it('is null where nothing was published', () => {
    expect(currentSnapshot(layout)).toBeNull();
    mkdirSync(layout.public);
    expect(currentSnapshot(layout)).toBeNull();
  });

  it('is what the link says, also where that snapshot has gone', () => {
    mkdirSync(layout.public);
    symlinkSync('snapshots/gone', layout.current);
    expect(currentSnapshot(layout)).toBe('gone');
  });
});

describe('the name of a snapshot', () => {
  it('tells when it was made, to the second', () => {
    const at = new Date('2026-03-04T05:06:07.890Z');
    const id = snapshotId(at, '0a1b2c3d'.repeat(8), () => false);
    expect(timeOfSnapshot(id)).toEqual(new Date('2026-03-04T05:06:07Z'));
    expect(timeOfSnapshot(`${id}-2`)).toEqual(new Date('2026-03-04T05:06:07Z'));
  });

  it.each(['', 's1', '20261399T000000Z-0a1b2c3d', 'x20260304T050607Z-0a1b2c3d'])(
    'tells nothing: %j',
    (id) => {
      expect(timeOfSnapshot(id)).toBeUndefined();
    },
  );
});
