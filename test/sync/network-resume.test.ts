/**
 * A large zip over a line that breaks: the run goes on where it was cut, and whatever a server makes of a Range, what
 * is published is the one true file. No run fails for a server that is bad at ranges.
 */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RangeFault } from '../support/ranges.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';

const ZIP = 'example.com/m/@v/v1.0.0.zip';
const CUT = 100_000;

/** A zip of 300 kB is wanted, its first download is cut, and there is one more try. */
async function makeCutWorld(): Promise<World> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0', { 'go.mod': 'module example.com/m\n', blob: someBytes(300_000) });
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.configure({ retries: 2 });
  world.upstream.fault(ZIP, { times: 1, truncate: CUT });
  return world;
}

function rangesAsked(world: World): (string | undefined)[] {
  return world.upstream.requests
    .filter(({ path }) => path === ZIP)
    .map(({ headers }) =>
      headers['if-range'] === undefined ? headers.range : `${headers.range} if the same`,
    );
}

const REST = `bytes=${CUT}- if the same`;

test('a cut zip goes on where it was cut, the log says so, and each byte is fetched once', async () => {
  await using world = await makeCutWorld();

  const { exit, json, log } = await world.sync();

  const sizes = ['info', 'mod', 'zip'].map(
    (file) => world.upstream.file(`example.com/m/@v/v1.0.0.${file}`).length,
  );
  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [], requests: 4 });
  expect(json.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  expect(rangesAsked(world)).toEqual([undefined, REST]);
  expect(log).toHaveLength(1);
  const cut = `truncated: ${CUT} of ${sizes[2]} bytes`;
  expect(log[0]?.replace(/\d\.\d s$/, 'N s')).toBe(
    `info: example.com/m@v1.0.0: zip from ${world.upstream.url}: ${cut}: going on at byte ${CUT} in N s`,
  );
  expect(world.unsound()).toEqual([]);
  expect(world.quarantine()).toEqual([]);
});

test.each<[string, RangeFault, number]>([
  ['sends the whole for a part (200 for 206)', 'ignored', 2],
  ['sends a part from a wrong offset', 'early', 3],
  ['sends a part under a changed entity tag', 'retagged', 3],
  ['sends a part of a longer file', 'longer', 3],
  ['sends parts with headers of their own', 'multipart', 3],
  ['refuses the part with 416', 416, 3],
  ['refuses the part with 403', 403, 3],
  ['fails at the part with 500', 500, 3],
])(
  'where the server %s the zip is begun anew in the same try, and the run is whole',
  async (_, range, asked) => {
    await using world = await makeCutWorld();
    world.upstream.fault(ZIP, { range });

    const { exit, json, log } = await world.sync();

    expect(exit).toBe(0);
    expect(json).toMatchObject({ outcome: 'published', problems: [] });
    expect(rangesAsked(world)).toEqual([undefined, REST, undefined].slice(0, asked));
    expect(log).toHaveLength(1);
    expect(world.unsound()).toEqual([]);
    expect(world.quarantine()).toEqual([]);
  },
);

test('a server that lies about what part it sends costs one more download, in one piece, and no run', async () => {
  await using world = await makeCutWorld();
  world.upstream.fault(ZIP, { times: 1, range: 'lying' });
  world.upstream.fault(ZIP, { times: 1, truncate: CUT });
  world.upstream.fault(ZIP, { range: 'lying' });

  const { exit, json, log } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [] });
  expect(rangesAsked(world)).toEqual([undefined, REST, undefined, undefined]);
  expect(log.filter((line) => line.startsWith('warn: '))).toHaveLength(1);
  expect(log[1]).toMatch(/^warn: example\.com\/m@v1\.0\.0: .*: fetching once more$/);
  expect(world.unsound()).toEqual([]);
  expect(world.quarantine()).toHaveLength(2);
});

test('a zip that changed between two tries is never mixed: the new one is judged by itself', async () => {
  await using world = await makeCutWorld();
  const truth = world.upstream.file(ZIP);
  const other = Buffer.from(truth);
  other.writeUInt8(other.readUInt8(CUT + 10) ^ 1, CUT + 10);
  world.upstream.heal();
  world.upstream.fault(ZIP, { times: 1, truncate: CUT, body: other });

  const { exit, json } = await world.sync();

  expect(exit).toBe(0);
  expect(json).toMatchObject({ outcome: 'published', problems: [] });
  expect(rangesAsked(world)).toEqual([undefined, REST]);
  expect(world.unsound()).toEqual([]);
  expect(world.quarantine()).toEqual([]);
});

test('a zip that is cut at every try is missing with exit 3, and the next run brings it', async () => {
  await using world = await makeCutWorld();
  world.upstream.fault(ZIP, { truncate: 50_000 });

  const first = await world.sync();

  const { length } = world.upstream.file(ZIP);
  expect(first.exit).toBe(3);
  expect(first.json.problems).toMatchObject([
    {
      file: 'zip',
      code: 'TRUNCATED',
      message: `example.com/m@v1.0.0: zip from ${world.upstream.url}: truncated: 150000 of ${length} bytes after 2 tries`,
    },
  ]);
  expect(world.files()).toContain('example.com/m/@v/v1.0.0.mod');
  expect(world.unsound()).toEqual([]);

  world.upstream.heal();
  world.upstream.forget();
  const second = await world.sync();

  expect(second).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
  expect(world.upstream.paths).toEqual([ZIP]);
  expect(world.unsound()).toEqual([]);
});

/** Cannot be compressed, so that the zip is as long. */
function someBytes(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(`${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
