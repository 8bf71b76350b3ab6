/**
 * What a network does to one file, one fault at a time: the file is missing with exit 3 and a message that says why,
 * what else came is published, and the next run asks for that file and for nothing else.
 */
import { expect, test } from 'vitest';
import type { UserConfig } from '../../src/config/schema.ts';
import { makeWorld, type World } from '../support/sync-fixture.ts';
import type { Fault } from '../support/upstream-server.ts';

interface NetworkFault {
  readonly name: string;
  readonly file: 'info' | 'mod' | 'zip';
  readonly fault: Fault | ((world: World) => Fault);
  readonly timeouts?: UserConfig['timeouts'];
  /** Tries that are allowed; default: one. */
  readonly retries?: number;
  /** How often the file is asked for; default: once. */
  readonly asked?: number;
  readonly code: string;
  /** What follows `<module>@<version>: <file> from <upstream>: `. */
  readonly failure: string | RegExp | ((world: World) => string);
}

const ZIP = 'example.com/m/@v/v1.0.0.zip';
const ofZip = (count: number) => (world: World) =>
  `truncated: ${count} of ${world.upstream.file(ZIP).length} bytes`;

const FAULTS: readonly NetworkFault[] = [
  {
    name: 'a connection that is dropped before an answer',
    file: 'mod',
    fault: { drop: true },
    code: 'UNAVAILABLE',
    failure: 'unavailable: connection closed before an answer',
  },
  {
    name: 'a connection that is dropped at every try',
    file: 'mod',
    fault: { drop: true },
    retries: 2,
    asked: 2,
    code: 'UNAVAILABLE',
    failure: 'unavailable: connection closed before an answer after 2 tries',
  },
  {
    name: 'a connection that is reset before an answer',
    file: 'mod',
    fault: { reset: true },
    code: 'UNAVAILABLE',
    failure: 'unavailable: connection closed before an answer',
  },
  {
    name: 'a connection that is reset in the middle of a body',
    file: 'zip',
    fault: { truncate: 100, reset: true },
    code: 'TRUNCATED',
    failure: /^truncated: \d+ of \d+ bytes$/,
  },
  {
    name: 'a body cut with the right Content-Length',
    file: 'zip',
    fault: { truncate: 100 },
    code: 'TRUNCATED',
    failure: ofZip(100),
  },
  {
    name: 'a whole body with a Content-Length that is too long',
    file: 'mod',
    fault: { contentLength: 50, truncate: 21 },
    code: 'TRUNCATED',
    failure: 'truncated: 21 of 50 bytes',
  },
  {
    name: 'a body cut without a Content-Length',
    file: 'mod',
    fault: { contentLength: 'none', truncate: 6 },
    code: 'TRUNCATED',
    failure: 'truncated: cut after 6 bytes',
  },
  {
    name: 'silence in place of an answer',
    file: 'mod',
    fault: { stall: 0 },
    timeouts: { idle: 500 },
    code: 'UNAVAILABLE',
    failure: 'unavailable: no answer in time',
  },
  {
    name: 'a body that stalls',
    file: 'zip',
    fault: { stall: 100 },
    timeouts: { idle: 500 },
    code: 'TRUNCATED',
    failure: (world) => `${ofZip(100)(world)}, then nothing for 0.5 s`,
  },
  {
    name: 'a drip below the minimum rate',
    file: 'zip',
    fault: { drip: 20 },
    timeouts: { minRate: 1e9, rateWindow: 100 },
    code: 'UNAVAILABLE',
    failure: /^unavailable: too slow: \d+ bytes in 0\.1 s$/,
  },
  {
    name: 'a drip that outlasts the total time of a file',
    file: 'zip',
    fault: { drip: 100 },
    timeouts: { total: 1000 },
    code: 'UNAVAILABLE',
    failure: 'unavailable: not done within 1 s',
  },
  {
    name: 'a body without an end',
    file: 'mod',
    fault: { body: 'x'.repeat(1 << 20), endless: true },
    code: 'TOO_LARGE',
    failure: 'too large: more than 16777216 bytes',
  },
  {
    name: 'a body that announces more than a file may have',
    file: 'zip',
    fault: { contentLength: (500 << 20) + 1, truncate: 10 },
    code: 'TOO_LARGE',
    failure: 'too large: more than 524288000 bytes',
  },
  {
    name: 'a captive portal',
    file: 'zip',
    fault: { page: true },
    retries: 3,
    code: 'BAD_CONTENT',
    failure: 'wrong content: a web page in place of the file',
  },
  {
    name: 'a redirect in a circle',
    file: 'mod',
    fault: { redirect: '/example.com/m/@v/v1.0.0.mod' },
    retries: 3,
    code: 'REJECTED',
    failure: 'rejected: a redirect in a circle',
  },
  {
    name: 'a redirect to what is no web server',
    file: 'mod',
    fault: { redirect: 'file:///etc/passwd' },
    retries: 3,
    code: 'REJECTED',
    failure: 'rejected: a redirect to what is neither https nor http',
  },
  {
    name: 'a part that nobody asked for in place of the file, at every try',
    file: 'zip',
    fault: { range: 'unasked' },
    retries: 2,
    asked: 2,
    code: 'REJECTED',
    failure: 'rejected: 206: a part that was not asked for after 2 tries',
  },
  ...[
    { status: 404, code: 'NOT_FOUND', failure: 'not found: 404' },
    { status: 410, code: 'NOT_FOUND', failure: 'not found: 410' },
    { status: 403, code: 'REJECTED', failure: 'rejected: 403: not today' },
  ].map(({ status, code, failure }) => ({
    name: `${status}, which is not tried again,`,
    file: 'zip' as const,
    fault: { status, body: 'not today\n' },
    retries: 3,
    code,
    failure,
  })),
  ...[429, 503].map((status) => ({
    name: `${status} at every try, Retry-After or not,`,
    file: 'mod' as const,
    fault: { status, headers: { 'retry-after': '0' } },
    retries: 2,
    asked: 2,
    code: 'UNAVAILABLE',
    failure: `unavailable: ${status} after 2 tries`,
  })),
];

test.each(FAULTS.map((given) => [given.name, given] as const))(
  '%s is a missing file with exit 3, and the next run asks for that file alone',
  async (_, given) => {
    await using world = await makeWorld();
    world.add('example.com/honest', 'v1.0.0');
    world.add('example.com/m', 'v1.0.0');
    const zip = given.file === 'zip' ? world.upstream.goSumLines('example.com/m@v1.0.0').slice(0, 1) : [];
    world.writeSum('a/go.sum', [...world.modLines(), ...zip]);
    world.configure({ retries: given.retries ?? 1, timeouts: given.timeouts });
    const path = `example.com/m/@v/v1.0.0.${given.file}`;
    world.upstream.fault(path, typeof given.fault === 'function' ? given.fault(world) : given.fault);

    const first = await world.sync();

    expect(first.exit).toBe(3);
    expect(first.json).toMatchObject({
      outcome: 'incomplete',
      modules: { wanted: 2, fetched: 1, missing: 1, mismatched: 0 },
    });
    expect(first.json.problems).toMatchObject([
      { module: 'example.com/m', file: given.file, code: given.code },
    ]);
    const begin = `example.com/m@v1.0.0: ${given.file} from ${world.upstream.url}: `;
    const message = first.json.problems[0]?.message ?? '';
    expect(message.slice(0, begin.length)).toBe(begin);
    const { failure } = given;
    if (failure instanceof RegExp) expect(message.slice(begin.length)).toMatch(failure);
    else expect(message.slice(begin.length)).toBe(typeof failure === 'string' ? failure : failure(world));
    expect(world.upstream.paths.filter((asked) => asked === path)).toHaveLength(given.asked ?? 1);
    expect(world.files()).toContain('example.com/honest/@v/v1.0.0.mod');
    expect(world.files()).not.toContain(path);
    expect(world.unsound()).toEqual([]);
    expect(world.quarantine()).toEqual([]);

    world.upstream.heal();
    world.upstream.forget();
    world.configure();
    const second = await world.sync();

    expect(second).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
    expect(world.upstream.paths).toEqual([path]);
    expect(world.files()).toContain(path);
    expect(world.unsound()).toEqual([]);
  },
);

/** No layer below the hash can see these: HTTP calls the body complete. */
test.each<[string, Fault]>([
  ['a Content-Length that is too short', { contentLength: 15 }],
  [
    'an end of the connection that stands for the end of the body',
    { contentLength: 'unframed', truncate: 15 },
  ],
])(
  'a body cut by %s is caught by its hash, fetched once more, and held back with exit 4 if it comes again',
  async (_, fault) => {
    await using world = await makeWorld();
    world.add('example.com/honest', 'v1.0.0');
    world.add('example.com/m', 'v1.0.0');
    world.writeSum('a/go.sum', world.modLines());
    const path = 'example.com/m/@v/v1.0.0.mod';
    world.upstream.fault(path, fault);

    const lasting = await world.sync();

    expect(lasting.exit).toBe(4);
    expect(lasting.json.problems).toMatchObject([{ file: 'mod', code: 'HASH_MISMATCH' }]);
    expect(world.files()).toContain('example.com/honest/@v/v1.0.0.mod');
    expect(world.files()).not.toContain(path);
    expect(world.unsound()).toEqual([]);

    world.upstream.heal();
    world.upstream.fault(path, { ...fault, times: 1 });
    world.upstream.forget();
    const passing = await world.sync();

    expect(passing).toMatchObject({ exit: 0, json: { outcome: 'published', problems: [] } });
    expect(passing.log).toHaveLength(1);
    expect(passing.log[0]).toMatch(
      /^warn: example\.com\/m@v1\.0\.0: mod: hash mismatch: .*: fetching once more$/,
    );
    expect(world.upstream.paths).toEqual([path, path]);
    expect(world.unsound()).toEqual([]);
  },
);

test.each([429, 503])(
  '%i with Retry-After is waited for as long as it asks, and the run is whole',
  async (status) => {
    await using world = await makeWorld();
    world.add('example.com/m', 'v1.0.0');
    world.writeSum('a/go.sum', world.modLines());
    world.configure({ retries: 2 });
    const path = 'example.com/m/@v/v1.0.0.mod';
    world.upstream.fault(path, { times: 1, status, headers: { 'retry-after': '1' } });

    const { exit, json, log } = await world.sync();

    expect(exit).toBe(0);
    expect(json).toMatchObject({ outcome: 'published', problems: [], requests: 3 });
    expect(log).toEqual([
      `info: example.com/m@v1.0.0: mod from ${world.upstream.url}: unavailable: ${status}: trying again in 1.0 s`,
    ]);
    expect(world.unsound()).toEqual([]);
  },
);
