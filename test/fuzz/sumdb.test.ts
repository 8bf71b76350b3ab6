/** The checksum database: notes, tree heads, keys, lookups, paths of tiles, proofs, and a client whose log lies. */
import { expect, test } from 'vitest';
import { UpstreamError } from '../../src/errors.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { SumDbClient } from '../../src/sumdb/client.ts';
import { SumDbError } from '../../src/sumdb/errors.ts';
import { leafHash, nodeHash } from '../../src/sumdb/hash.ts';
import { formatNote, openNote, parseNote } from '../../src/sumdb/note.ts';
import { isRecordProof, isTreeProof, proveRecord, proveTree, rootAt } from '../../src/sumdb/proof.ts';
import { parseLookup, parseRecord, recomposeLookup } from '../../src/sumdb/record.ts';
import { type HashPosition, parseTilePath, tilePath } from '../../src/sumdb/tile.ts';
import { formatTree, openTreeHead, parseTree } from '../../src/sumdb/tree-head.ts';
import { parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { TestLog, TestSigner } from '../support/test-log.ts';
import { fuzz, showBytes, showText, takes } from './campaign.ts';
import { mutate, mutateText } from './mutate.ts';
import type { Chance } from './random.ts';
import { expectSound } from './sound.ts';

const LOG = new TestLog('log.example');
const MODULES = ['example.com/a', 'example.com/Bee', 'example.com/c/v2'].map((path) =>
  parseModuleVersion(path, path.endsWith('/v2') ? 'v2.1.0' : 'v1.0.0'),
);
LOG.fill(300);
for (const { path, version } of MODULES) LOG.add(path, version);
LOG.fill(66_000);
const KEY = parseVerifierKey(LOG.key);
const OTHER = new TestSigner('other.example');

const HEADS = [1, 255, 256, 302, 66_303].map((size) => LOG.head(size));
const TEXTS = HEADS.map((head) => parseNote(head).text);
const NOTES = [...HEADS, ...HEADS.map((head) => head + OTHER.line(parseNote(head).text))];
const LOOKUPS = MODULES.map(({ path, version }) =>
  must(LOG.answer(`lookup/${path.replace('B', '!b')}@${version}`)),
);

test('signed notes and tree heads', async (context) => {
  const row = await fuzz(
    {
      name: 'signed notes and tree heads',
      make: (chance) =>
        mutate(
          chance,
          NOTES.map((note) => Buffer.from(note)),
        ),
      show: showBytes,
      judge: (bytes) => {
        const isNote = takes([SumDbError], () => {
          const note = parseNote(bytes);
          expect(formatNote(note)).toBe(bytes.toString());
        });
        // Nobody but the signer makes a text that is believed.
        takes([SumDbError], () => expect(TEXTS).toContain(openNote(bytes, [KEY]).text));
        takes([SumDbError], () => expect(openTreeHead(bytes, [KEY]).size).toBeGreaterThan(0));
        return isNote;
      },
    },
    context,
  );
  expectSound(row);
});

test('tree texts', async (context) => {
  const judge = (text: string) =>
    takes([SumDbError], () => {
      const tree = parseTree(text);
      expect(parseTree(formatTree(tree))).toEqual(tree);
    });
  const make = (chance: Chance) => mutateText(chance, TEXTS);
  expectSound(await fuzz({ name: 'tree texts', make, show: showText, judge }, context));
});

test('verifier keys', async (context) => {
  const keys = [LOG.key, OTHER.key];
  const judge = (text: string) =>
    takes([SumDbError], () => expect(keys).toContain(parseVerifierKey(text).text));
  const make = (chance: Chance) => (chance.once(50) ? chance.pick(keys) : mutateText(chance, keys));
  expectSound(await fuzz({ name: 'verifier keys', make, show: showText, judge }, context));
});

test('lookups', async (context) => {
  const row = await fuzz(
    {
      name: 'lookups',
      make: (chance) => mutate(chance, LOOKUPS),
      show: showBytes,
      judge: (bytes) =>
        takes([SumDbError], () => {
          const { id, recordText, note } = parseLookup(bytes);
          expect(recomposeLookup(id, recordText, note)).toBe(bytes.toString());
          for (const mv of MODULES) takes([SumDbError], () => parseRecord(recordText, mv));
        }),
    },
    context,
  );
  expectSound(row);
});

test('paths of tiles', async (context) => {
  const made = (chance: Chance) =>
    tilePath({
      level: chance.below(10),
      index: chance.below(2 ** chance.between(1, 45)),
      width: chance.between(1, 256),
    });
  const make = (chance: Chance) => (chance.once(3) ? made(chance) : mutateText(chance, [made(chance)]));
  const judge = (text: string) => takes([SumDbError], () => expect(tilePath(parseTilePath(text))).toBe(text));
  expectSound(await fuzz({ name: 'paths of tiles', make, show: showText, judge }, context));
});

interface ProofInput {
  readonly size: number;
  readonly part: number;
  /** Says how the proof is damaged; undefined: not at all. */
  readonly damage:
    | { readonly kind: 'flip' | 'drop' | 'add' | 'swap' | 'root'; readonly at: number }
    | undefined;
}

test('proofs', async (context) => {
  const row = await fuzz<ProofInput>(
    {
      name: 'proofs',
      make: (chance) => {
        const size = chance.between(2, chance.pick([8, 300, 5_000]));
        const kinds = ['flip', 'drop', 'add', 'swap', 'root'] as const;
        const damage = chance.once(4) ? undefined : { kind: chance.pick(kinds), at: chance.below(64) };
        return { size, part: chance.below(size), damage };
      },
      show: (input) => JSON.stringify(input),
      judge: async ({ size, part, damage }) => {
        const root = await rootAt(size, readHash);
        const record = await proveRecord(size, part, readHash);
        const leaf = await readHash({ height: 0, index: part });
        const tree = { size, root };
        const earlier = { size: part, root: await rootAt(part, readHash) };
        const consistency = part === 0 ? [] : await proveTree(size, part, readHash);
        if (damage === undefined) {
          expect(isRecordProof(record, tree, part, leaf)).toBe(true);
          expect(isTreeProof(consistency, tree, earlier)).toBe(part > 0);
          return true;
        }
        const wrongTree = damage.kind === 'root' ? { size, root: flipped(root, damage.at) } : tree;
        for (const proof of [record, consistency]) {
          const wrong = damaged(proof, damage);
          if (damage.kind !== 'root' && equal(wrong, proof)) continue;
          expect(isRecordProof(proof === record ? wrong : record, wrongTree, part, leaf)).toBe(
            proof !== record && damage.kind !== 'root',
          );
          if (proof === consistency) expect(isTreeProof(wrong, wrongTree, earlier)).toBe(false);
        }
        return false;
      },
    },
    context,
  );
  expectSound(row);
});

interface Lying {
  readonly module: number;
  /** By path below the base of the log. */
  readonly lies: ReadonlyMap<string, Buffer>;
}

test('a client whose log lies', async (context) => {
  const paths = await askedPaths();
  const right = paths.map((path) => must(LOG.answer(path)));
  const row = await fuzz<Lying>(
    {
      name: 'a client whose log lies',
      make: (chance) => {
        const lied = chance.many(1, 2, () => chance.below(paths.length));
        const lie = (index: number) =>
          chance.once(3)
            ? chance.pick(right)
            : mutate(chance, [right[index] ?? Buffer.alloc(0), chance.pick(right)]);
        const lies = new Map(lied.map((index) => [paths[index] ?? '', lie(index)]));
        return { module: chance.below(MODULES.length), lies };
      },
      show: ({ module, lies }) =>
        JSON.stringify([module, [...lies].map(([path, bytes]) => [path, bytes.toString('base64')])]),
      judge: async ({ module, lies }) => {
        const outside = LOG.outside();
        const ask = async (path: string) => lies.get(path) ?? must(LOG.answer(path));
        const client = new SumDbClient({
          keys: [KEY],
          outside: { ...outside, lookup: ask, tile: ask, latest: () => ask('latest') },
        });
        const mv = MODULES[module] ?? MODULES[0];
        if (mv === undefined) throw new Error('there are no modules');
        try {
          const { id, recordText } = await client.lookup(mv);
          expect({ id, recordText }).toEqual({
            id: 300 + module,
            recordText: parseLookup(must(LOOKUPS[module])).recordText,
          });
          return true;
        } catch (error) {
          if (error instanceof SumDbError || error instanceof UpstreamError) return false;
          throw error;
        } finally {
          for (const [path, bytes] of outside.kept)
            expect(bytes.equals(must(LOG.answer(path))), path).toBe(true);
        }
      },
    },
    context,
  );
  expectSound(row);
});

/** All that a client asks for to prove the three modules. */
async function askedPaths(): Promise<string[]> {
  LOG.requests.length = 0;
  const client = new SumDbClient({ keys: [KEY], outside: LOG.outside() });
  for (const mv of MODULES) await client.lookup(mv);
  return [...new Set(LOG.requests)];
}

/** The hash of a complete subtree of a log of made-up records. */
async function readHash({ height, index }: HashPosition): Promise<Buffer> {
  const key = `${height}/${index}`;
  const known = HASHES.get(key);
  if (known !== undefined) return known;
  const child = (side: number) => readHash({ height: height - 1, index: 2 * index + side });
  const found = height === 0 ? leafHash(`record ${index}\n`) : nodeHash(await child(0), await child(1));
  HASHES.set(key, found);
  return found;
}

const HASHES = new Map<string, Buffer>();

function damaged(proof: readonly Buffer[], { kind, at }: NonNullable<ProofInput['damage']>): Buffer[] {
  const index = at % Math.max(1, proof.length);
  if (kind === 'flip') return proof.map((hash, i) => (i === index ? flipped(hash, at) : hash));
  if (kind === 'drop') return proof.toSpliced(index, 1);
  if (kind === 'add') return proof.toSpliced(index, 0, Buffer.alloc(32, at));
  if (kind === 'swap') return proof.toReversed();
  return [...proof];
}

function flipped(hash: Buffer, at: number): Buffer {
  const copy = Buffer.from(hash);
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << (at % 8));
  return copy;
}

function equal(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return Buffer.concat(a).equals(Buffer.concat(b));
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the honest log has no answer to this');
  return value;
}
