/**
 * Answers that are no file: pages, cut bodies, the `.info` of another version, refusals. The file is missing, exit 3,
 * it is never evidence of a lie, and what is verified is published.
 */
import { expect, test } from 'vitest';
import { byFile, makeWorld, type World } from '../support/sync-fixture.ts';
import type { Fault } from '../support/upstream-server.ts';

interface WrongAnswer {
  readonly name: string;
  readonly file: 'info' | 'mod' | 'zip';
  readonly fault: Fault;
  readonly code: string;
  /** What follows `<module>@<version>: <file> from <upstream>: `. */
  readonly failure: string | ((world: World) => string);
}

const PAGE = {
  fault: { page: true },
  code: 'BAD_CONTENT',
  failure: 'wrong content: a web page in place of the file',
} as const;

const ANSWERS: readonly WrongAnswer[] = [
  { name: 'a web page with status 200 in place of a zip', file: 'zip', ...PAGE },
  { name: 'a web page with status 200 in place of a .mod', file: 'mod', ...PAGE },
  { name: 'a web page with status 200 in place of an .info', file: 'info', ...PAGE },
  {
    name: 'a zip that ends before its announced length',
    file: 'zip',
    fault: { truncate: 100 },
    code: 'TRUNCATED',
    failure: (world) =>
      `truncated: 100 of ${world.upstream.file('example.com/m/@v/v1.0.0.zip').length} bytes`,
  },
  {
    name: 'a .mod that ends before its announced length',
    file: 'mod',
    fault: { truncate: 6 },
    code: 'TRUNCATED',
    failure: 'truncated: 6 of 21 bytes',
  },
  {
    name: 'an .info that ends before its announced length',
    file: 'info',
    fault: { truncate: 1 },
    code: 'TRUNCATED',
    failure: 'truncated: 1 of 50 bytes',
  },
  {
    name: 'the .info of another version',
    file: 'info',
    fault: { body: '{"Version":"v1.0.1","Time":"2024-01-02T03:04:05Z"}' },
    code: 'BAD_INFO',
    failure: 'wrong info: the Version is v1.0.1',
  },
  {
    name: 'an .info that is no JSON',
    file: 'info',
    fault: { body: 'v1.0.0' },
    code: 'BAD_INFO',
    failure: 'wrong info: not a JSON object',
  },
  {
    name: 'a 404 for a zip',
    file: 'zip',
    fault: { status: 404 },
    code: 'NOT_FOUND',
    failure: 'not found: 404',
  },
  {
    name: 'a 410 for a .mod',
    file: 'mod',
    fault: { status: 410 },
    code: 'NOT_FOUND',
    failure: 'not found: 410',
  },
  {
    name: 'a 403 with a line of text',
    file: 'zip',
    fault: { status: 403, body: 'withheld for legal reasons\n' },
    code: 'REJECTED',
    failure: 'rejected: 403: withheld for legal reasons',
  },
  { name: 'a 500', file: 'zip', fault: { status: 500 }, code: 'UNAVAILABLE', failure: 'unavailable: 500' },
  {
    name: 'a reset connection',
    file: 'info',
    fault: { reset: true },
    code: 'UNAVAILABLE',
    failure: 'unavailable: connection closed before an answer',
  },
];

test.each(ANSWERS)('$name is a missing file with exit 3, and the rest is published', async (answer) => {
  await using world = await makeWorld();
  world.add('example.com/honest', 'v1.0.0');
  world.add('example.com/m', 'v1.0.0');
  // The zip is wanted only where it is the file that does not come: a true one would have to be hashed.
  const zip = answer.file === 'zip' ? world.upstream.goSumLines('example.com/m@v1.0.0').slice(0, 1) : [];
  world.writeSum('a/go.sum', [...world.modLines(), ...zip]);
  world.upstream.fault(`example.com/m/@v/v1.0.0.${answer.file}`, answer.fault);

  const { exit, json } = await world.sync();

  const failure = typeof answer.failure === 'string' ? answer.failure : answer.failure(world);
  expect(exit).toBe(3);
  expect(json).toMatchObject({
    outcome: 'incomplete',
    modules: { wanted: 2, present: 0, fetched: 1, missing: 1, mismatched: 0, accepted: 0 },
    requests: answer.file === 'zip' ? 5 : 4,
  });
  expect(json.problems).toEqual([
    {
      module: 'example.com/m',
      version: 'v1.0.0',
      file: answer.file,
      code: answer.code,
      message: `example.com/m@v1.0.0: ${answer.file} from ${world.upstream.url}: ${failure}`,
      sources: [answer.file === 'zip' ? 'a/go.sum:3' : 'a/go.sum:2'],
    },
  ]);
  const others = ['info', 'mod'].filter((file) => file !== answer.file);
  expect(world.files()).toEqual([
    'example.com/honest/@latest',
    'example.com/honest/@v/list',
    'example.com/honest/@v/v1.0.0.info',
    'example.com/honest/@v/v1.0.0.mod',
    ...(answer.file === 'zip' ? ['example.com/m/@latest'] : []),
    'example.com/m/@v/list',
    ...others.map((file) => `example.com/m/@v/v1.0.0.${file}`),
  ]);
  expect(world.read('example.com/m/@v/list')).toBe('');
  expect(world.unsound()).toEqual([]);
  expect(world.quarantine()).toEqual([]);
});

test('a portal that answers every request with a page publishes nothing', async () => {
  await using world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.upstream.goSumLines());
  world.upstream.fault(/./, { page: true });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json).toMatchObject({ outcome: 'incomplete', snapshot: null });
  expect(byFile(json.problems).map(({ file, code }) => [file, code])).toEqual([
    ['info', 'BAD_CONTENT'],
    ['mod', 'BAD_CONTENT'],
    ['zip', 'BAD_CONTENT'],
  ]);
  expect(world.files()).toEqual([]);
  expect(world.unsound()).toEqual([]);
});
