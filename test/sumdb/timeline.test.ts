import { beforeEach, describe, expect, it } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { SumDbClient } from '../../src/sumdb/client.ts';
import { type ForkEvidence, formatForkEvidence, TreeForkError } from '../../src/sumdb/fork.ts';
import { isTreeProof } from '../../src/sumdb/proof.ts';
import { openTreeHead } from '../../src/sumdb/tree-head.ts';
import { parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { TestLog } from '../support/test-log.ts';
import { failureOf, rejection } from './refusal.ts';

const mv = parseModuleVersion('example.com/m', 'v1.0.0');
const PATH = 'lookup/example.com/m@v1.0.0';

let log: TestLog;

/** 600 records in common, then 400 that differ. */
let fork: TestLog;

beforeEach(() => {
  log = new TestLog('log.example');
  log.add(mv.path, mv.version);
  log.fill(599);
  fork = log.fork();
  fork.addText('example.com/evil', 'v1.0.0', 'another record\n');
  fork.fill(399);
  log.fill(400);
});

const openHead = (note: string) => openTreeHead(note, [parseVerifierKey(log.key)]);
const heads = (...sizes: number[]) => sizes.map((size) => openHead(log.head(size)));
const clientOf = (of: TestLog, knownHeads = heads()) => {
  const outside = of.outside();
  return { outside, client: new SumDbClient({ keys: [parseVerifierKey(log.key)], outside, knownHeads }) };
};

describe('newestHead', () => {
  it('is the latest of the upstream, asked for once', async () => {
    const { client } = clientOf(log);
    expect((await client.newestHead()).size).toBe(1000);
    expect(await client.newestHead()).toEqual(openHead(log.head()));
    expect(log.requests).toEqual(['latest']);
  });

  it('is proved to follow all heads that were published', async () => {
    const { client, outside } = clientOf(log, heads(0, 1, 256, 257, 700, 1000));
    expect((await client.newestHead()).size).toBe(1000);
    expect([...outside.kept.keys()].toSorted()).toEqual([
      'tile/8/0/000',
      'tile/8/0/001',
      'tile/8/0/002',
      'tile/8/0/003.p/232',
      'tile/8/1/000.p/3',
    ]);
  });

  it('stays where it was when the log is rolled back', async () => {
    const { client } = clientOf(log.fork(900), heads(950, 1000));
    const stays = new SumDbClient({
      keys: [parseVerifierKey(log.key)],
      outside: { ...log.outside(), latest: async () => Buffer.from(log.head(900)) },
      knownHeads: heads(950, 1000),
    });
    expect((await stays.newestHead()).size).toBe(1000);
    // A log that has really lost its records has no tiles of the head that it signed.
    expect(await rejection(client.newestHead())).toBe(
      'NOT_FOUND sumdb/log.example/tile/8/0/003.p/232: file from memory: not found',
    );
  });

  it('comes from lookups where the upstream has no latest', async () => {
    log.lie('latest', () => undefined);
    const { client } = clientOf(log);
    expect(await rejection(client.newestHead())).toBe(
      'HEAD_MISSING log.example: no tree head: the upstream has no latest, and nothing was looked up',
    );
    log.answerLookupsUnder(800);
    expect((await client.lookup(mv)).head.size).toBe(800);
    log.answerLookupsUnder(900);
    expect((await client.lookup(mv)).head.size).toBe(900);
    log.answerLookupsUnder(500);
    expect((await client.lookup(mv)).head.size).toBe(900);
    expect((await client.newestHead()).size).toBe(900);
  });

  it('comes from the published heads where the upstream has no latest', async () => {
    const { latest: _, ...outside } = log.outside();
    const client = new SumDbClient({
      keys: [parseVerifierKey(log.key)],
      outside,
      knownHeads: heads(400, 700),
    });
    expect((await client.newestHead()).size).toBe(700);
  });

  it('is not guessed where the latest is wrong', async () => {
    const { client } = clientOf(log, heads(700));
    log.lie('latest', (right) => `${right}x`);
    expect(await rejection(client.newestHead())).toBe(
      'NOTE_INVALID log.example: latest: invalid signed note: it does not end in a signature line',
    );
    log.heal();
    expect((await client.newestHead()).size).toBe(1000);
  });

  it('is one for many lookups at once, each under another head', async () => {
    log.lie('latest', () => undefined);
    const outside = log.outside();
    let size = 300;
    const lookup = async (path: string) => {
      log.answerLookupsUnder(size++);
      return outside.lookup(path, mv);
    };
    const client = new SumDbClient({ keys: [parseVerifierKey(log.key)], outside: { ...outside, lookup } });
    const records = await Promise.all(Array.from({ length: 200 }, () => client.lookup(mv)));
    expect(records.every(({ id }) => id === 0)).toBe(true);
    expect((await client.newestHead()).size).toBe(499);
  });
});

describe('a fork', () => {
  const message = (newer: number, older: number) =>
    `log.example: fork: the signed tree of ${newer} records does not begin with the signed tree of ${older}`;

  it.each([
    ['a published head that the newest does not follow', 700, 1000],
    ['a published head of one record more than is in common', 601, 1000],
  ])('shows in %s', async (_, older, newer) => {
    const { client, outside } = clientOf(fork, heads(300, older));
    expect(await rejection(client.newestHead())).toBe(`TREE_FORK ${message(newer, older)}`);
    expect(outside.kept.size).toBe(0);
  });

  it('does not show before the histories part', async () => {
    expect((await clientOf(fork, heads(300, 600)).client.newestHead()).size).toBe(1000);
  });

  it('shows in a published head that is newer than the latest', async () => {
    fork.lie('latest', () => fork.head(800));
    const { client, outside } = clientOf(log, heads(1000));
    log.lie('latest', () => fork.head(800));
    expect(await rejection(client.newestHead())).toBe(`TREE_FORK ${message(1000, 800)}`);
    expect(outside.kept.size).toBe(0);
  });

  it('shows in two heads of one size', async () => {
    const { client } = clientOf(fork, heads(1000));
    expect(await rejection(client.newestHead())).toBe(
      'TREE_FORK log.example: fork: two different trees of 1000 records are signed',
    );
    expect(fork.requests).toEqual(['latest']);
  });

  it('shows in a root of nothing', async () => {
    const lying = log.signer.note(`go.sum database tree\n1\n${Buffer.alloc(32).toString('base64')}\n`);
    const { client } = clientOf(log, [openHead(lying)]);
    expect(await rejection(client.newestHead())).toBe(`TREE_FORK ${message(1000, 1)}`);
  });

  it.each([
    ['older than ours', 800],
    ['newer than ours', 1001],
  ])('shows in the head of a single lookup that is %s, and ends everything', async (_, size) => {
    fork.fill(1);
    const { client, outside } = clientOf(log);
    await client.lookup(mv);
    const record = log.answer(PATH)?.toString().split('\n\n')[0];
    log.lie(PATH, () => `${record}\n\n${fork.head(size)}`);
    // The log serves the tiles of the head that it has just shown.
    const changed = ['tile/8/0/002', 'tile/8/0/003.p/233', 'tile/8/1/000.p/3'];
    if (size > log.size) for (const tile of changed) log.lie(tile, () => fork.answer(tile));
    const [newer, older] = size > 1000 ? [size, 1000] : [1000, size];
    expect(await rejection(client.lookup(mv))).toBe(`TREE_FORK ${message(newer, older)}`);
    log.heal();
    for (const call of [
      client.lookup(mv),
      client.newestHead(),
      client.verifiedTile({ level: 1, index: 0, width: 3 }),
    ]) {
      expect(await rejection(call)).toBe(`TREE_FORK ${message(newer, older)}`);
    }
    expect(outside.kept.size).toBeGreaterThan(0);
    for (const path of outside.kept.keys()) expect(outside.kept.get(path)).toEqual(log.answer(path));
  });

  it('shows in two lookups at once that are the first ones', async () => {
    const record = log.answer(PATH)?.toString().split('\n\n')[0];
    const notes = [log.head(), fork.head(999)];
    const lookup = async () => Buffer.from(`${record}\n\n${notes.shift()}`);
    const { latest: _, ...rest } = log.outside();
    const client = new SumDbClient({ keys: [parseVerifierKey(log.key)], outside: { ...rest, lookup } });
    const results = await Promise.allSettled([client.lookup(mv), client.lookup(mv)]);
    expect(results.map(({ status }) => status)).toContain('rejected');
    expect(await rejection(client.newestHead())).toBe(`TREE_FORK ${message(1000, 999)}`);
  });

  it('is proved by its evidence alone', async () => {
    const { client } = clientOf(fork, heads(700));
    const evidence = evidenceOf(await failureOf(client.newestHead()));
    const [older, newer] = [openHead(evidence.older), openHead(evidence.newer)];
    expect([older.note, newer.note]).toEqual([log.head(700), fork.head(1000)]);
    expect(evidence.rootInNewer).not.toEqual(older.root);
    expect(isTreeProof(evidence.proof, newer, { size: 700, root: evidence.rootInNewer })).toBe(true);
    const text = formatForkEvidence(evidence);
    expect(text).toContain(log.head(700));
    expect(text).toContain(fork.head(1000));
    for (const hash of [evidence.rootInNewer, ...evidence.proof]) {
      expect(text.split('\n')).toContain(hash.toString('base64'));
    }
  });

  it('of one size is proved by the two notes', async () => {
    const { client } = clientOf(fork, heads(1000));
    const evidence = evidenceOf(await failureOf(client.newestHead()));
    expect([evidence.older, evidence.newer].toSorted()).toEqual([log.head(), fork.head()].toSorted());
    expect(evidence.proof).toEqual([]);
  });

  it('is not what a wrong tile is taken for', async () => {
    const { client } = clientOf(log, heads(700));
    log.lie('tile/8/0/002', () => fork.answer('tile/8/0/002'));
    expect(await rejection(client.newestHead())).toBe(
      'TILE_INVALID log.example: invalid tile: tile/8/0/002: it does not hash to entry 2 of tile/8/1/000.p/3',
    );
    log.heal();
    expect((await client.newestHead()).size).toBe(1000);
  });
});

function evidenceOf(error: unknown): ForkEvidence {
  if (!(error instanceof TreeForkError)) throw error;
  return error.evidence;
}
