import { beforeEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { SumDbClient, type SumDbOutside } from '../../src/sumdb/client.ts';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { parseTilePath, tilePath } from '../../src/sumdb/tile.ts';
import { openTreeHead } from '../../src/sumdb/tree-head.ts';
import { parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { parseUpstreams } from '../../src/upstream/proxy-list.ts';
import { Upstreams } from '../../src/upstream/upstreams.ts';
import { flipBit, TestLog, type TestOutside, TestSigner } from '../support/test-log.ts';
import { rejection } from './refusal.ts';

/** Records enough for three levels, of which two have full tiles: 273 × 256 + 212. */
const SIZE = 70_100;
const LOG = new TestLog('log.example');
const FIRST = LOG.add('example.com/first', 'v1.0.0');
LOG.fill(40_000);
const MIDDLE = LOG.add('example.com/Middle', 'v1.0.0-RC1');
LOG.fill(SIZE - LOG.size - 1);
const LAST = LOG.add('example.com/last', 'v1.0.0');

const KEY = parseVerifierKey(LOG.key);
const first = parseModuleVersion('example.com/first', 'v1.0.0');
const middle = parseModuleVersion('example.com/Middle', 'v1.0.0-RC1');
const last = parseModuleVersion('example.com/last', 'v1.0.0');

const FIRST_PATH = 'lookup/example.com/first@v1.0.0';
const FRONTIER = ['tile/8/0/273.p/212', 'tile/8/1/001.p/17', 'tile/8/2/000.p/1'];

let log: TestLog;
let outside: TestOutside;
let client: SumDbClient;

beforeEach(() => {
  log = LOG.fork();
  outside = log.outside();
  client = new SumDbClient({ keys: [KEY], outside });
});

const tilesAsked = () => log.requests.filter((path) => path.startsWith('tile/'));

describe('an honest log', () => {
  it('proves records at its beginning, in its middle and at its end', async () => {
    const records = await Promise.all([first, middle, last].map((mv) => client.lookup(mv)));
    expect(records.map(({ id }) => id)).toEqual([FIRST, MIDDLE, LAST]);
    for (const { head, zipH1, modH1, recordText } of records) {
      expect(head.note).toBe(log.head());
      expect(recordText.trimEnd().split(/[ \n]/)).toEqual(expect.arrayContaining([zipH1, modH1]));
    }
  });

  it('is asked for each tile once, however many lookups there are at a time', async () => {
    const ids = (await Promise.all([first, middle, last, first, middle].map((mv) => client.lookup(mv)))).map(
      ({ id }) => id,
    );
    const needed = tilesFor(await client.newestHead(), ids, []).map(tilePath);
    expect(tilesAsked().toSorted()).toEqual(needed.toSorted());
    expect([...outside.kept.keys()].toSorted()).toEqual(needed.toSorted());
    expect(log.requests.filter((path) => path === 'latest')).toHaveLength(1);
  });

  it('is asked for no tile that was kept before', async () => {
    await client.lookup(middle);
    log.requests.length = 0;
    await new SumDbClient({ keys: [KEY], outside }).lookup(middle);
    expect(tilesAsked()).toEqual([]);
  });

  it('grows: only what is new is asked for, and what was proved stays', async () => {
    const before = await client.lookup(first);
    log.fill(5);
    const added = parseModuleVersion('example.com/new', 'v1.0.0');
    const id = log.add(added.path, added.version);
    log.requests.length = 0;
    const record = await client.lookup(added);
    expect(record).toMatchObject({ id, head: { size: SIZE + 6 } });
    expect(tilesAsked()).toEqual(['tile/8/0/273.p/218']);
    expect((await client.newestHead()).size).toBe(SIZE + 6);
    expect(await client.lookup(first)).toMatchObject({ ...before, head: { size: SIZE + 6 } });
  });

  it('may answer lookups under older heads', async () => {
    log.answerLookupsUnder(50_000);
    expect(await client.lookup(first)).toMatchObject({ id: FIRST, head: { size: SIZE } });
    log.answerLookupsUnder(0);
    expect(await client.lookup(middle)).toMatchObject({ id: MIDDLE, head: { size: SIZE } });
  });

  it('may have dropped the tiles of an older head that are full by now', async () => {
    const old = 300;
    log.lie('latest', () => log.head(old));
    log.answerLookupsUnder(old);
    expect(await client.lookup(first)).toMatchObject({ id: FIRST, head: { size: old } });
    expect(tilesAsked()).toEqual(expect.arrayContaining(['tile/8/0/001.p/44', 'tile/8/0/001']));
    expect(outside.kept.get('tile/8/0/001.p/44')).toHaveLength(44 * 32);
    expect(outside.kept.has('tile/8/0/001')).toBe(false);
  });

  it('may have full tiles in the cache where an older head had parts of them', async () => {
    await client.lookup(first);
    const tiles = tilesFor({ size: SIZE }, [257], []);
    for (const tile of tiles) outside.kept.set(tilePath(tile), await client.verifiedTile(tile));
    log.lie('latest', () => log.head(300));
    log.answerLookupsUnder(300);
    log.requests.length = 0;
    expect(await new SumDbClient({ keys: [KEY], outside }).lookup(first)).toMatchObject({
      head: { size: 300 },
    });
    expect(tilesAsked()).toEqual([]);
  });

  it('may be so small that it has one tile', async () => {
    const small = new TestLog('log.example');
    const id = small.add(first.path, first.version);
    const of = new SumDbClient({ keys: [parseVerifierKey(small.key)], outside: small.outside() });
    expect(await of.lookup(first)).toMatchObject({ id, head: { size: 1 } });
  });

  it('may be far away: over HTTP it is the same', async () => {
    const served = await log.serve();
    const upstreams = new Upstreams(parseUpstreams(served.url).entries, { userAgent: 'modferry/test' });
    const ask = async (path: string) => (await upstreams.get(`sumdb/log.example/${path}`)).body;
    try {
      const far = { ...outside, lookup: ask, tile: ask, latest: () => ask('latest') };
      log.lie('latest', () => log.head(300));
      log.answerLookupsUnder(300);
      const record = await new SumDbClient({ keys: [KEY], outside: far }).lookup(first);
      expect(record).toMatchObject({ id: FIRST, head: { size: 300 } });
      expect(tilesAsked()).toContain('tile/8/0/001');
      const missing = new SumDbClient({ keys: [KEY], outside: far }).lookup(
        parseModuleVersion('example.com/missing', 'v1.0.0'),
      );
      expect(await rejection(missing)).toMatch(
        /^NOT_FOUND sumdb\/log\.example\/lookup\/example\.com\/missing@v1\.0\.0: /,
      );
    } finally {
      await upstreams.close();
      await served.close();
    }
  });

  it('may rotate its key: any one that is known will do', async () => {
    const next = parseVerifierKey(new TestSigner('log.example').key);
    expect((await new SumDbClient({ keys: [next, KEY], outside }).lookup(first)).id).toBe(FIRST);
  });
});

describe('verifiedTile', () => {
  it('gives every tile to publish, also those of an earlier head', async () => {
    const { id, head } = await client.lookup(middle);
    const earlier = openTreeHead(log.head(50_001), [KEY]);
    const younger = log.fork(50_001);
    for (const tile of tilesFor(head, [id], [earlier])) {
      const right = log.answer(tilePath(tile)) ?? younger.answer(tilePath(tile));
      expect(await client.verifiedTile(tile)).toEqual(right);
    }
  });

  it.each([
    ['wider than in the tree', 'tile/8/0/273.p/213', 'tile/8/0/273.p/213'],
    ['full, but not yet in the tree', 'tile/8/0/273', 'tile/8/0/273'],
    ['beyond the end', 'tile/8/0/274.p/1', 'tile/8/0/274'],
    ['above the top', 'tile/8/3/000.p/1', 'tile/8/3/000'],
  ])('refuses a tile %s', async (_, path, shown) => {
    expect(await rejection(client.verifiedTile(parseTilePath(path)))).toBe(
      `TILE_INVALID log.example: invalid tile: ${shown}: not in a tree of 70100 records`,
    );
  });
});

describe('a tile that lies', () => {
  const notTheRoot = `${FRONTIER.join(', ')}: not the root of the tree head of 70100 records`;
  const lastByte = (right: Buffer | undefined) => flipBit(right, (right?.length ?? 0) - 1);
  const short = (right: Buffer | undefined) => right?.subarray(32);

  it.each([
    [
      'a full tile of records',
      'tile/8/0/000',
      flipBit,
      'tile/8/0/000: it does not hash to entry 0 of tile/8/1/000',
    ],
    ['its last byte', 'tile/8/0/000', lastByte, 'tile/8/0/000: it does not hash to entry 0 of tile/8/1/000'],
    [
      'a full inner tile',
      'tile/8/1/000',
      flipBit,
      'tile/8/1/000: it does not hash to entry 0 of tile/8/2/000.p/1',
    ],
    [
      'its last byte',
      'tile/8/1/000',
      lastByte,
      'tile/8/1/000: it does not hash to entry 0 of tile/8/2/000.p/1',
    ],
    ['the last tile of records', 'tile/8/0/273.p/212', flipBit, notTheRoot],
    ['the last byte of that', 'tile/8/0/273.p/212', lastByte, notTheRoot],
    ['the last inner tile', 'tile/8/1/001.p/17', flipBit, notTheRoot],
    ['the top tile', 'tile/8/2/000.p/1', flipBit, notTheRoot],
    [
      'another tile in its place',
      'tile/8/0/000',
      () => LOG.answer('tile/8/0/001'),
      'tile/8/0/000: it does not hash to entry 0 of tile/8/1/000',
    ],
    ['a tile that is too short', 'tile/8/0/000', short, 'tile/8/0/000: 8160 bytes in place of 8192'],
    [
      'a tile that is too long',
      'tile/8/1/000',
      () => Buffer.alloc(8224),
      'tile/8/1/000: 8224 bytes in place of 8192',
    ],
    [
      'a tile of an odd length',
      'tile/8/2/000.p/1',
      () => Buffer.alloc(31),
      'tile/8/2/000.p/1: 31 bytes in place of 32',
    ],
    [
      'an empty tile',
      'tile/8/1/001.p/17',
      () => Buffer.alloc(0),
      'tile/8/1/001.p/17: 0 bytes in place of 544',
    ],
    ['a page', 'tile/8/0/000', () => '<html>', 'tile/8/0/000: 6 bytes in place of 8192'],
  ])('is found: %s', async (_, path, lie, cause) => {
    log.lie(path, lie);
    expect(await rejection(client.lookup(first))).toBe(`TILE_INVALID log.example: invalid tile: ${cause}`);
    expect(outside.kept.has(path)).toBe(false);
    log.heal();
    expect((await client.lookup(first)).id).toBe(FIRST);
    expect(outside.kept.get(path) ?? Buffer.alloc(0)).toEqual(
      tilesFor({ size: SIZE }, [FIRST], []).some((tile) => tilePath(tile) === path)
        ? LOG.answer(path)
        : Buffer.alloc(0),
    );
  });

  it('is found where a full one stands in for a part that was dropped', async () => {
    const old = 300;
    log.lie('latest', () => log.head(old));
    log.answerLookupsUnder(old);
    log.lie('tile/8/0/001', flipBit);
    expect(await rejection(client.lookup(first))).toBe(
      'TILE_INVALID log.example: invalid tile: tile/8/0/001.p/44, tile/8/1/000.p/1: not the root of the tree head of 300 records',
    );
    log.lie('tile/8/0/001', (right) => right?.subarray(32));
    expect(await rejection(client.lookup(first))).toBe(
      'TILE_INVALID log.example: invalid tile: tile/8/0/001: 8160 bytes in place of 8192',
    );
    log.lie('tile/8/0/001', lastByte);
    expect((await client.lookup(first)).id).toBe(FIRST);
    expect(outside.kept.has('tile/8/0/001')).toBe(false);
  });

  it.each(['tile/8/0/000', 'tile/8/1/000', ...FRONTIER])('in the cache does no harm: %s', async (path) => {
    for (const damaged of [flipBit, short, lastByte]) {
      await client.lookup(first);
      outside.kept.set(path, damaged(outside.kept.get(path)) ?? Buffer.alloc(0));
      expect((await new SumDbClient({ keys: [KEY], outside }).lookup(first)).id).toBe(FIRST);
      expect(outside.kept.get(path)).toEqual(LOG.answer(path));
    }
  });

  it('in the cache does no harm, but one of the log then does', async () => {
    await client.lookup(first);
    const damaged = flipBit(outside.kept.get('tile/8/0/000'));
    outside.kept.set('tile/8/0/000', damaged);
    log.lie('tile/8/0/000', () => damaged);
    expect(await rejection(new SumDbClient({ keys: [KEY], outside }).lookup(first))).toBe(
      'TILE_INVALID log.example: invalid tile: tile/8/0/000: it does not hash to entry 0 of tile/8/1/000',
    );
  });
});

describe('a lookup that lies', () => {
  const subject = 'example.com/first@v1.0.0: log.example: ';
  const record = () => LOG.answer(FIRST_PATH)?.toString() ?? '';
  const answerTo = (path: string) => LOG.answer(path)?.toString() ?? '';
  const [zipLine = '', modLine = ''] = record().split('\n').slice(1, 3);
  const withId = (id: string) => record().replace(/^\d+/, id);
  const invalid = (cause: string) => `RECORD_INVALID ${subject}invalid lookup: ${cause}`;
  const elsewhere = 'its record is not what the log holds as record';
  const keyId = LOG.key.split('+', 2).join('+');
  const middleLines = answerTo('lookup/example.com/!middle@v1.0.0-!r!c1').split('\n').slice(1, 3);
  const lastLines = answerTo('lookup/example.com/last@v1.0.0').split('\n').slice(1, 3);
  const noLine = (lines: readonly string[]) =>
    invalid(`its record has no line for "example.com/first v1.0.0" but "${lines.join('" and "')}"`);
  const stranger = new TestSigner('log.example');
  const otherName = new TestSigner('other.example');
  const headText = LOG.head().split('\n\n')[0] ?? '';

  it.each([
    ['nothing', '', invalid('not a number, a record and an empty line')],
    ['a record of another module', answerTo('lookup/example.com/last@v1.0.0'), noLine(lastLines)],
    ['the number of another record', withId('1'), invalid(`${elsewhere} 1`)],
    ['the number of the last record', withId(String(LAST)), invalid(`${elsewhere} ${LAST}`)],
    [
      'a number beyond the tree',
      withId('70100'),
      invalid('its record 70100 is not in the tree of 70100 records'),
    ],
    [
      'a number far beyond the tree',
      withId('9007199254740991'),
      invalid('its record 9007199254740991 is not in the tree of 70100 records'),
    ],
    ['a leading zero', withId('00'), invalid('00 is no record number')],
    ['a negative number', withId('-1'), invalid('-1 is no record number')],
    [
      'the hash of another module',
      record().replace(zipLine, `example.com/first v1.0.0 ${middleLines[0]?.split(' ')[2]}`),
      invalid(`${elsewhere} 0`),
    ],
    [
      'the hashes changed over',
      record().replace(zipLine, zipLine.replace(/h1:.*/, modLine.split(' ')[2] ?? '')),
      invalid(`${elsewhere} 0`),
    ],
    [
      'the lines in another order',
      record().replace(`${zipLine}\n${modLine}`, `${modLine}\n${zipLine}`),
      invalid(`${elsewhere} 0`),
    ],
    [
      'an extra line in the record',
      record().replace(modLine, `${modLine}\n${middleLines[0]}`),
      invalid('its record must have two lines, and has 3'),
    ],
    [
      'the zip line twice',
      record().replace(modLine, zipLine),
      invalid('its record has two lines for "example.com/first v1.0.0"'),
    ],
    [
      'lines after the record',
      record().replace('\n\n', `\n\n${zipLine}\n\n`),
      `NOTE_INVALID ${subject}invalid signed note: wrong signature for the key ${keyId}`,
    ],
    [
      'the record after the note',
      `0\n${middleLines.join('\n')}\n\n${zipLine}\n${modLine}\n\n${LOG.head()}`,
      noLine(middleLines),
    ],
    [
      'no note',
      `0\n${zipLine}\n${modLine}\n\n`,
      `NOTE_INVALID ${subject}invalid signed note: no empty line before the signatures`,
    ],
    [
      'a note cut short',
      record().slice(0, -1),
      `NOTE_INVALID ${subject}invalid signed note: it does not end in a signature line`,
    ],
    [
      'a head signed with another key',
      record().replace(LOG.head(), stranger.note(`${headText}\n`)),
      `NOTE_INVALID ${subject}invalid signed note: no signature of a known key, only of ${stranger.key.split('+', 2).join('+')}`,
    ],
    [
      'a head signed by another log',
      record().replace(LOG.head(), otherName.note(`${headText}\n`)),
      `NOTE_INVALID ${subject}invalid signed note: no signature of a known key, only of ${otherName.key.split('+', 2).join('+')}`,
    ],
    [
      'a head of another size under the old signature',
      record().replace('\n70100\n', '\n70101\n'),
      `NOTE_INVALID ${subject}invalid signed note: wrong signature for the key ${keyId}`,
    ],
    ['a page', '<html>\n<p>\n\n</html>\n', invalid('<html> is no record number')],
  ])('is found: %s', async (_, body, message) => {
    log.lie(FIRST_PATH, () => body);
    expect(await rejection(client.lookup(first))).toBe(message);
    log.heal();
    expect((await client.lookup(first)).id).toBe(FIRST);
  });

  it('is found with every flipped bit, and never believed', async () => {
    const right = Buffer.from(record());
    const { zipH1 } = await client.lookup(first);
    for (let at = 0; at < right.length; at++) {
      log.lie(FIRST_PATH, () => flipBit(right, at));
      expect(await rejection(client.lookup(first))).toMatch(
        /^(RECORD|NOTE)_INVALID example\.com\/first@v1\.0\.0: log\.example: invalid (lookup|signed note|tree head): /,
      );
    }
    log.heal();
    expect((await client.lookup(first)).zipH1).toBe(zipH1);
  });

  it('names the module in the error too', async () => {
    log.lie(FIRST_PATH, () => '');
    await expect(client.lookup(first)).rejects.toMatchObject({ module: 'example.com/first@v1.0.0' });
  });

  it('is believed for its record only where the log holds an odd one', async () => {
    log.addText('example.com/odd', 'v1.0.0', `${zipLine}\n${modLine}\n`);
    expect(await rejection(client.lookup(parseModuleVersion('example.com/odd', 'v1.0.0')))).toBe(
      `RECORD_INVALID example.com/odd@v1.0.0: log.example: invalid lookup: its record has no line for "example.com/odd v1.0.0" but "${zipLine}" and "${modLine}"`,
    );
  });

  it('may carry a second signature, unless it is a wrong one of a known key', async () => {
    const text = `${headText}\n`;
    log.lie(FIRST_PATH, () => record() + stranger.line(text) + otherName.line('else\n'));
    expect((await client.lookup(first)).id).toBe(FIRST);
    log.lie(FIRST_PATH, () => record() + log.signer.line('else\n'));
    expect(await rejection(client.lookup(first))).toBe(
      `NOTE_INVALID ${subject}invalid signed note: wrong signature for the key ${keyId}`,
    );
  });
});

describe('the outside', () => {
  it('is told of by its own error, and asked again', async () => {
    log.lie(FIRST_PATH, () => undefined);
    expect(await rejection(client.lookup(first))).toBe(
      `NOT_FOUND sumdb/log.example/${FIRST_PATH}: file from memory: not found`,
    );
    log.heal();
    log.lie('tile/8/0/000', () => undefined);
    expect(await rejection(client.lookup(first))).toBe(
      'NOT_FOUND sumdb/log.example/tile/8/0/000: file from memory: not found',
    );
    log.heal();
    expect((await client.lookup(first)).id).toBe(FIRST);
  });

  it('is told of by the error of the part, where neither the part nor the full tile is there', async () => {
    log.lie('tile/8/1/001.p/17', () => undefined);
    expect(await rejection(client.lookup(first))).toBe(
      'NOT_FOUND sumdb/log.example/tile/8/1/001.p/17: file from memory: not found',
    );
    expect(log.requests).toContain('tile/8/1/001');
  });

  it('is not asked for a full tile when it is the network that fails', async () => {
    const down = new UpstreamError('UNAVAILABLE', 'tile: unavailable: connection reset');
    const broken = { ...outside, tile: () => Promise.reject(down) };
    expect(await rejection(new SumDbClient({ keys: [KEY], outside: broken }).lookup(last))).toBe(
      'UNAVAILABLE tile: unavailable: connection reset',
    );
  });

  it('ends the call when it cannot keep a tile', async () => {
    const full: SumDbOutside = { ...outside, keepTile: () => Promise.reject(new Error('no space')) };
    await expect(new SumDbClient({ keys: [KEY], outside: full }).lookup(first)).rejects.toThrow('no space');
  });

  it.each(['../up', 'log.example/../..', '/log.example', 'Log.example', 'log.example/', '.', 'a//b'])(
    'is never given the name %j',
    (name) => {
      const key = parseVerifierKey(new TestSigner(name).key);
      expect(() => new SumDbClient({ keys: [key], outside })).toThrow(
        `${name}: invalid log name: not a host, or a host and a path`,
      );
    },
  );
});
