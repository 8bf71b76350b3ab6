/** The configuration: values of any shape, and JSON files that are damaged. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { parseSettings, type UserConfig } from '../../src/config/schema.ts';
import { ConfigError } from '../../src/errors.ts';
import { main } from '../../src/verbs/main.ts';
import { fuzz, showText, takes } from './campaign.ts';
import { mutateText, oddText } from './mutate.ts';
import type { Chance } from './random.ts';
import { expectSound } from './sound.ts';

const VALID: readonly UserConfig[] = [
  { seeds: ['.'] },
  {
    mirror: './mirror',
    seeds: [
      'a/go.sum',
      {
        url: 'https://git.example/go.sum',
        mod: 'https://git.example/go.mod',
        headers: { 'private-token': 't' },
      },
      { module: 'example.com/tool', version: 'latest' },
      { toolchain: 'from-seeds', platforms: ['linux-amd64'] },
    ],
    upstream: ['https://a.example|https://b.example', { url: 'https://c.example', only: ['corp.example/*'] }],
    private: ['corp.example/*'],
    sumdb: { name: 'sum.golang.org', onMissing: 'publish', heads: ['head'], folder: './log' },
    graph: 'closure',
    zips: 'graph',
    accept: [{ module: 'example.com/m', version: 'v1.0.0', reason: 'gone', until: '2027-01-31' }],
    timeouts: { connect: 1, idle: 2, total: 3, minRate: 4, rateWindow: 5 },
    keep: { snapshots: 3, days: 4 },
    sbom: {
      supplier: { name: 'us', url: 'https://us.example', email: 'us@us.example' },
      authors: [{ name: 'me' }],
    },
    environments: { high: { strict: true, mirror: './other' }, low: { connections: 3 } },
  },
  {
    seeds: ['a'],
    upstream: 'off',
    sumdb: 'off',
    strict: true,
    retries: 20,
    connections: 1,
    listen: ':8080',
    maxAge: '2d',
  },
];
const TEXTS = VALID.map((config) => JSON.stringify(config, null, 2));
const ENVIRONMENTS = [undefined, undefined, 'high', 'low', '__proto__', 'constructor', ''];

const folder = mkdtempSync(join(tmpdir(), 'modferry-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Shaped {
  readonly value: unknown;
  readonly environment: string | undefined;
}

test('configuration values', async (context) => {
  const row = await fuzz<Shaped>(
    {
      name: 'configuration values',
      make: (chance) => ({
        value: reshape(chance, JSON.parse(chance.pick(TEXTS))),
        environment: chance.pick(ENVIRONMENTS),
      }),
      show: ({ value, environment }) => showText(JSON.stringify({ value, environment })),
      judge: ({ value, environment }) =>
        takes([ConfigError], () => {
          const settings = parseSettings(value, 'mirror.config.json', environment);
          // With all defaults filled in it is a configuration again, and means the same.
          expect(parseSettings(settings, 'mirror.config.json')).toEqual(settings);
        }),
    },
    context,
  );
  expectSound(row);
  expect('strict' in {}).toBe(false);
});

test('configuration files', async (context) => {
  const file = join(folder, 'mirror.config.json');
  const row = await fuzz<string>(
    {
      name: 'configuration files',
      make: (chance) => mutateText(chance, TEXTS),
      show: showText,
      judge: async (text) => {
        writeFileSync(file, text);
        try {
          const { mirror } = await loadConfig(folder);
          expect(mirror.startsWith('/')).toBe(true);
          return true;
        } catch (error) {
          if (error instanceof ConfigError) return false;
          throw error;
        }
      },
    },
    context,
  );
  expectSound(row);
});

test('configurations on the command line', async (context) => {
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a/go.sum'), '');
  const row = await fuzz<string>(
    {
      name: 'configurations on the command line',
      weight: 10,
      make: (chance) => {
        const value = reshape(chance, JSON.parse(chance.pick(TEXTS)));
        return JSON.stringify(withOwnSeeds(value)) ?? 'null';
      },
      show: showText,
      judge: async (text) => {
        writeFileSync(join(folder, 'mirror.config.json'), text);
        const { exit, stderr } = await status();
        // 1 is a bug of ours; 2 is a mistake, 3 that seeds by URL were never fetched.
        expect([0, 2, 3, 8], stderr).toContain(exit);
        return exit !== 2;
      },
    },
    context,
  );
  expectSound(row);
});

/** Without the network: what is read is the configuration, the one list, and a mirror that is not there. */
async function status(): Promise<{ exit: number; stderr: string }> {
  const said: string[] = [];
  const exit = await main(['status'], {
    cwd: folder,
    env: { HOME: folder, PATH: '' },
    stdout: () => {},
    stderr: (text) => void said.push(text),
    terminal: { stdout: false, stderr: false, columns: 80 },
    onSignal: () => () => {},
  });
  return { exit, stderr: said.join('') };
}

/** Paths of lists are the one that is here: others could be any folder of this machine, to be searched. */
function withOwnSeeds(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('seeds' in value)) return value;
  const seeds = Array.isArray(value.seeds) ? value.seeds.filter((seed) => typeof seed === 'object') : [];
  return { ...value, environments: undefined, mirror: './mirror', seeds: ['a/go.sum', ...seeds.slice(0, 9)] };
}

/** Puts something else in one or two places of a value. */
function reshape(chance: Chance, value: unknown): unknown {
  const changed = chance
    .many(1, 2, () => 0)
    .reduce<unknown>((current) => reshapeOnce(chance, current), value);
  return chance.once(8) ? value : changed;
}

function reshapeOnce(chance: Chance, value: unknown): unknown {
  const isInner = typeof value === 'object' && value !== null;
  if (!isInner || chance.once(8)) return oddValue(chance, value);
  const keys = Object.keys(value);
  if (keys.length === 0 || chance.once(12)) return { ...value, [oddText(chance)]: oddValue(chance, 1) };
  const key = chance.pick(keys);
  if (Array.isArray(value)) return value.with(Number(key), reshapeOnce(chance, value[Number(key)]));
  // The cast is true of every object of JSON.
  const inner = (value as Record<string, unknown>)[key];
  return { ...value, [key]: reshapeOnce(chance, inner) };
}

function oddValue(chance: Chance, value: unknown): unknown {
  return chance.pick<() => unknown>([
    () => oddText(chance),
    () => null,
    () => undefined,
    () => [],
    () => ({}),
    () => [value, value],
    () => ({ url: value }),
    () => chance.pick([0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, Number.NaN]),
    () => !value,
    () => JSON.parse('{"__proto__": {"strict": true}}'),
    () => 'x'.repeat(chance.below(20_000)),
    () => Array.from({ length: chance.below(100) }, () => value),
    () => nested(chance.below(2_000)),
  ])();
}

function nested(depth: number): unknown {
  return Array.from({ length: depth }).reduce<unknown>((inner) => [inner], {});
}
