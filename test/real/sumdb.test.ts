/** Go's own log through the configured upstream, with Go's own key: real records, real tiles, a real tree head. */
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { SumDbClient } from '../../src/sumdb/client.ts';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { tilePath } from '../../src/sumdb/tile.ts';
import { openTreeHead } from '../../src/sumdb/tree-head.ts';
import { GO_SUMDB_KEY, parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { parseUpstreams } from '../../src/upstream/proxy-list.ts';
import { Upstreams } from '../../src/upstream/upstreams.ts';
import { hasProgram, sayWhatIsSkipped } from './real-world.ts';

const noGo = sayWhatIsSkipped(!hasProgram('go'), "Go's own log: there is no go command to name the upstream");

const KEY = parseVerifierKey(GO_SUMDB_KEY);
/** A head of 2024: whatever the log has become since must begin with it. */
const OLD_HEAD = openTreeHead(
  'go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n' +
    '\u2014 sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n',
  [KEY],
);

describe.skipIf(noGo)("Go's own log", () => {
  const goProxy = process.env.GOPROXY ?? execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' }).trim();
  const upstreams = new Upstreams(parseUpstreams(goProxy).entries, { userAgent: 'modferry/test' });
  const kept = new Map<string, Buffer>();
  const asked: string[] = [];
  const ask = async (path: string) => {
    asked.push(path);
    return (await upstreams.get(`sumdb/${KEY.name}/${path}`)).body;
  };
  const outside = {
    lookup: ask,
    tile: ask,
    latest: () => ask('latest'),
    readTile: async (path: string) => kept.get(path),
    keepTile: async (path: string, bytes: Buffer) => void kept.set(path, bytes),
  };

  afterAll(() => upstreams.close());

  it('proves what go.sum files say, and that it begins with an old head', async () => {
    const client = new SumDbClient({ keys: [KEY], outside, knownHeads: [OLD_HEAD] });
    const expected = [
      [
        'golang.org/x/text',
        'v0.14.0',
        'h1:ScX5w1eTa3QqT8oi6+ziP7dTV1S2+ALU0bI+0zXKWiQ=',
        'h1:18ZOQIKpY8NJVqYksKHtTdi31H5itFRjB5/qKTNYzSU=',
      ],
      [
        'rsc.io/quote',
        'v1.5.2',
        'h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=',
        'h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=',
      ],
      [
        'github.com/BurntSushi/toml',
        'v1.4.0',
        'h1:kuoIxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=',
        'h1:ukJfTF/6rtPPRCnwkur4qwRxa8vTRFBF0uk2lLoLwho=',
      ],
    ] as const;
    const records = await Promise.all(
      expected.map(([path, version]) => client.lookup(parseModuleVersion(path, version))),
    );
    expect(records.map(({ zipH1, modH1 }) => [zipH1, modH1])).toEqual(
      expected.map(([, , zip, mod]) => [zip, mod]),
    );
    expect(records[0]?.id).toBe(20_485_573);
    const head = await client.newestHead();
    expect(head.size).toBeGreaterThan(66_000_000);
    expect(new Set(asked).size).toBe(asked.length);

    // All that is to be published is at hand without asking again, parts of the old head's tiles too.
    const requests = asked.length;
    const tiles = tilesFor(
      head,
      records.map(({ id }) => id),
      [OLD_HEAD],
    );
    expect(tiles.map(tilePath)).toContain('tile/8/0/x137/599.p/125');
    for (const tile of tiles) expect(await client.verifiedTile(tile)).toHaveLength(32 * tile.width);
    expect(asked).toHaveLength(requests);
  });
});
