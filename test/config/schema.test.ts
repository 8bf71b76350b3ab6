import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../src/config/schema.ts';
import { refusal } from '../gomod/refusal.ts';
import { hintOf } from './hint.ts';

const FILE = '/etc/mirror.config.ts';
const seeds = ['./go.sum'];

const DEFAULTS = {
  mirror: './mirror',
  seeds,
  zips: 'listed',
  accept: [],
  strict: false,
  timeouts: {},
  jitter: '0s',
  retryAfter: '15m',
  sbom: {},
};

const url = 'https://git.corp.example/go.sum';

describe('parseSettings', () => {
  it('fills in the defaults of the contract', () => {
    expect(parseSettings({ seeds }, FILE)).toEqual(DEFAULTS);
  });

  it('takes every field that the contract names, and changes none', () => {
    const everything = {
      mirror: '/srv/mirror',
      seeds: [
        'a',
        'b/**/go.sum',
        { url, mod: 'https://git.corp.example/go.mod', headers: { 'private-token': 'x' } },
        { module: 'example.com/m', version: 'latest' },
        { toolchain: 'from-seeds', platforms: ['linux-amd64'] },
      ],
      upstream: [
        'https://goproxy.cn,direct',
        { url: 'https://p.corp.example', headers: {}, ca: 'ca.pem', only: ['corp.example/*'], except: [] },
      ],
      private: ['corp.example/*'],
      sumdb: { name: 'sum.golang.org', onMissing: 'publish', heads: ['latest'], folder: '../log' },
      graph: 'closure',
      zips: 'graph',
      accept: [{ module: 'example.com/gone', version: 'v1.0.0', reason: 'withdrawn', until: '2027-06-30' }],
      strict: true,
      connections: 256,
      timeouts: { connect: 1, idle: 2, total: 3, minRate: 0, rateWindow: 4 },
      retries: 20,
      schedule: '0 3 * * *',
      timezone: 'UTC',
      jitter: '10m',
      retryAfter: '1h30m',
      listen: '127.0.0.1:8080',
      maxAge: '26h',
      keep: { snapshots: 1, days: 1 },
      sbom: {
        supplier: { name: 'Corp', url: 'https://corp.example', email: 'sec@corp.example' },
        authors: [{ name: 'A', email: 'a@corp.example' }],
        baseUrl: 'https://mirror.corp.example',
      },
      policy: 'policy.json',
    };
    expect(parseSettings(everything, FILE)).toEqual(everything);
  });

  const tooFew = (kind: string, unit: string) => `too small: expected ${kind} to have >=1 ${unit}`;
  const emptyText = tooFew('string', 'characters');
  const emptyList = tooFew('array', 'items');
  const atLeast = (least: number) => `too small: expected number to be >=${least}`;
  const isType = (expected: string, received: string) => `expected ${expected}, received ${received}`;
  const either = (a: string, b: string, received: string) =>
    `${isType(a, received)}; or ${isType(b, received)}`;

  it.each<[unknown, string]>([
    [undefined, isType('object', 'undefined')],
    [null, isType('object', 'null')],
    [[], isType('object', 'array')],
    ['seeds', isType('object', 'string')],
    [{}, `seeds: ${isType('array', 'undefined')}`],
    [{ seeds: 'go.sum' }, `seeds: ${isType('array', 'string')}`],
    [{ seeds: [] }, `seeds: ${emptyList}`],
    [{ seeds: [''] }, `seeds[0]: ${emptyText}`],
    [{ seeds: ['a', 7] }, `seeds[1]: ${either('string', 'object', 'number')}`],
    [{ seeds: [['a']] }, `seeds[0]: ${either('string', 'object', 'array')}`],
    [{ seeds: [{}] }, `seeds[0].url: ${isType('string', 'undefined')}`],
    [{ seeds: [{ url: 'ftp://a.example/go.sum' }] }, 'seeds[0].url: invalid URL'],
    [{ seeds: [{ url: 'go.sum' }] }, 'seeds[0].url: invalid URL'],
    [{ seeds: [{ url, mod: './go.mod' }] }, 'seeds[0].mod: invalid URL'],
    [{ seeds: [{ url, headers: { a: 7 } }] }, `seeds[0].headers.a: ${isType('string', 'number')}`],
    [{ seeds: [{ module: 'm' }] }, `seeds[0].version: ${isType('string', 'undefined')}`],
    [{ seeds: [{ module: 'm', version: 1 }] }, `seeds[0].version: ${isType('string', 'number')}`],
    [{ seeds: [{ toolchain: 1 }] }, `seeds[0].toolchain: ${isType('string', 'number')}`],
    [{ seeds: [{ toolchain: 'go1.27.1', platforms: [] }] }, `seeds[0].platforms: ${emptyList}`],
    [{ seeds, mirror: '' }, `mirror: ${emptyText}`],
    [{ seeds, mirror: null }, `mirror: ${isType('string', 'null')}`],
    [{ seeds, upstream: '' }, `upstream: ${emptyText}`],
    [{ seeds, upstream: [] }, `upstream: ${emptyList}`],
    [{ seeds, upstream: 7 }, `upstream: ${either('string', 'array', 'number')}`],
    [{ seeds, upstream: { url } }, `upstream: ${either('string', 'array', 'object')}`],
    [{ seeds, upstream: [''] }, `upstream[0]: ${emptyText}`],
    [{ seeds, upstream: [7] }, `upstream[0]: ${either('string', 'object', 'number')}`],
    [{ seeds, upstream: [{}] }, `upstream[0].url: ${isType('string', 'undefined')}`],
    [{ seeds, upstream: ['a', { url: 7 }] }, `upstream[1].url: ${isType('string', 'number')}`],
    [{ seeds, upstream: [{ url, ca: 7 }] }, `upstream[0].ca: ${isType('string', 'number')}`],
    [{ seeds, upstream: [{ url, only: 'a' }] }, `upstream[0].only: ${isType('array', 'string')}`],
    [{ seeds, upstream: [{ url, except: [7] }] }, `upstream[0].except[0]: ${isType('string', 'number')}`],
    [
      { seeds, upstream: [{ url, headers: { a: 7 } }] },
      `upstream[0].headers.a: ${isType('string', 'number')}`,
    ],
    [{ seeds, private: 7 }, `private: ${either('string', 'array', 'number')}`],
    [{ seeds, private: [''] }, `private[0]: ${emptyText}`],
    [{ seeds, sumdb: false }, `sumdb: ${either('string', 'object', 'boolean')}`],
    [{ seeds, sumdb: { heads: 'latest' } }, `sumdb.heads: ${isType('array', 'string')}`],
    [
      { seeds, sumdb: { name: 'a', onMissing: 'x' } },
      'sumdb.onMissing: invalid option: expected one of "hold"|"publish"',
    ],
    [{ seeds, graph: 'all' }, 'graph: invalid option: expected one of "listed"|"selected"|"closure"'],
    [{ seeds, zips: 'all' }, 'zips: invalid option: expected one of "listed"|"graph"'],
    [{ seeds, accept: {} }, `accept: ${isType('array', 'object')}`],
    [{ seeds, accept: [{}] }, `accept[0].module: ${isType('string', 'undefined')}`],
    [
      { seeds, accept: [{ module: 'm', version: 'v1.0.0' }] },
      `accept[0].reason: ${isType('string', 'undefined')}`,
    ],
    [{ seeds, accept: [{ module: 'm', version: 'v1.0.0', reason: '' }] }, `accept[0].reason: ${emptyText}`],
    [
      { seeds, accept: [{ module: 'm', version: 'v1.0.0', reason: 'r', until: '2027-02-30' }] },
      'accept[0].until: invalid ISO date',
    ],
    [{ seeds, strict: 'yes' }, `strict: ${isType('boolean', 'string')}`],
    [{ seeds, connections: 0 }, `connections: ${atLeast(1)}`],
    [{ seeds, connections: 257 }, 'connections: too big: expected number to be <=256'],
    [{ seeds, connections: 1.5 }, `connections: ${isType('int', 'number')}`],
    [{ seeds, connections: Number.NaN }, `connections: ${isType('number', 'NaN')}`],
    [{ seeds, timeouts: 7 }, `timeouts: ${isType('object', 'number')}`],
    [{ seeds, timeouts: { connect: 0 } }, `timeouts.connect: ${atLeast(1)}`],
    [{ seeds, timeouts: { idle: '30s' } }, `timeouts.idle: ${isType('number', 'string')}`],
    [{ seeds, timeouts: { total: 0 } }, `timeouts.total: ${atLeast(1)}`],
    [{ seeds, timeouts: { minRate: -1 } }, `timeouts.minRate: ${atLeast(0)}`],
    [{ seeds, timeouts: { rateWindow: 0 } }, `timeouts.rateWindow: ${atLeast(1)}`],
    [{ seeds, retries: 0 }, `retries: ${atLeast(1)}`],
    [{ seeds, retries: 21 }, 'retries: too big: expected number to be <=20'],
    [{ seeds, schedule: 7 }, `schedule: ${isType('string', 'number')}`],
    [{ seeds, timezone: 7 }, `timezone: ${isType('string', 'number')}`],
    [{ seeds, listen: 8080 }, `listen: ${isType('string', 'number')}`],
    [{ seeds, maxAge: '26 hours' }, 'maxAge: a duration is written as 26h, 90m or 1d12h'],
    [{ seeds, maxAge: 26 }, `maxAge: ${isType('string', 'number')}`],
    [{ seeds, keep: 7 }, `keep: ${isType('object', 'number')}`],
    [{ seeds, keep: { snapshots: 0 } }, `keep.snapshots: ${atLeast(1)}`],
    [{ seeds, keep: { days: 0 } }, `keep.days: ${atLeast(1)}`],
    [{ seeds, sbom: [] }, `sbom: ${isType('object', 'array')}`],
    [{ seeds, sbom: { supplier: {} } }, `sbom.supplier.name: ${isType('string', 'undefined')}`],
    [{ seeds, sbom: { supplier: { name: 'a', url: 'corp' } } }, 'sbom.supplier.url: invalid URL'],
    [
      { seeds, sbom: { supplier: { name: 'a', email: 'corp' } } },
      'sbom.supplier.email: invalid email address',
    ],
    [{ seeds, sbom: { authors: [{}] } }, `sbom.authors[0].name: ${isType('string', 'undefined')}`],
    [
      { seeds, sbom: { authors: [{ name: 'a', email: 'a' }] } },
      'sbom.authors[0].email: invalid email address',
    ],
    [{ seeds, sbom: { baseUrl: 'ftp://a.example' } }, 'sbom.baseUrl: invalid URL'],
    [{ seeds, policy: 7 }, `policy: ${isType('string', 'number')}`],
    [{ seeds, environments: 7 }, `environments: ${isType('record', 'number')}`],
    [{ seeds, environments: { a: 7 } }, `environments.a: ${isType('object', 'number')}`],
    [{ seeds, environments: { a: { retries: 0 } } }, `environments.a.retries: ${atLeast(1)}`],
    [{ seeds, environments: { a: { seeds: [] } } }, `environments.a.seeds: ${emptyList}`],
  ])('refuses %j and names the field', (value, message) => {
    expect(refusal(() => parseSettings(value, FILE))).toEqual({
      error: 'ConfigError',
      code: 'CONFIG_INVALID',
      message: `${FILE}: ${message}`,
    });
  });

  it.each<[unknown, string, string]>([
    [{ seeds, miror: 'x' }, 'miror', 'mirror'],
    [{ seeds, Strict: true }, 'Strict', 'strict'],
    [{ seed: [] }, 'seed', 'seeds'],
    [{ seeds: [{ url, header: {} }] }, 'seeds[0].header', 'headers'],
    [{ seeds: [{ urll: url }] }, 'seeds[0].urll', 'url'],
    [{ seeds: [{ module: 'm', vesion: 'v1.0.0' }] }, 'seeds[0].vesion', 'version'],
    [
      { seeds: ['a', { toolchain: 'go1.27.1', platform: ['linux-amd64'] }] },
      'seeds[1].platform',
      'platforms',
    ],
    [{ seeds, upstream: [{ url, onyl: [] }] }, 'upstream[0].onyl', 'only'],
    [{ seeds, upstream: ['a', { url, excpet: [] }] }, 'upstream[1].excpet', 'except'],
    [{ seeds, sumdb: { name: 'a', onMising: 'hold' } }, 'sumdb.onMising', 'onMissing'],
    [{ seeds, accept: [{ module: 'm', vesion: 'v1.0.0', reason: 'r' }] }, 'accept[0].vesion', 'version'],
    [
      { seeds, accept: [{ module: 'm', version: 'v1.0.0', reason: 'r', untill: '2027-01-01' }] },
      'accept[0].untill',
      'until',
    ],
    [{ seeds, timeouts: { conect: 1 } }, 'timeouts.conect', 'connect'],
    [{ seeds, keep: { snapshot: 1 } }, 'keep.snapshot', 'snapshots'],
    [{ seeds, sbom: { suplier: {} } }, 'sbom.suplier', 'supplier'],
    [{ seeds, sbom: { supplier: { name: 'a', mail: 'a@corp.example' } } }, 'sbom.supplier.mail', 'email'],
    [
      { seeds, sbom: { authors: [{ name: 'a', emial: 'a@corp.example' }] } },
      'sbom.authors[0].emial',
      'email',
    ],
    [{ seeds, environments: { a: { miror: 'x' } } }, 'environments.a.miror', 'mirror'],
    [
      { seeds, environments: { a: { timeouts: { conect: 1 } } } },
      'environments.a.timeouts.conect',
      'connect',
    ],
    [{ seeds, environments: { seeds: { miror: 'x' } } }, 'environments.seeds.miror', 'mirror'],
  ])('refuses %j: an unknown field, with the nearest right name', (value, field, nearest) => {
    const check = () => parseSettings(value, FILE);
    expect(refusal(check).message).toBe(`${FILE}: ${field}: unknown field`);
    expect(hintOf(check)).toBe(`did you mean '${nearest}'?`);
  });

  it('lists the fields where nothing is near', () => {
    const check = () => parseSettings({ seeds, timeouts: { zzzzzzzz: 1 } }, FILE);
    expect(hintOf(check)).toBe('known are: connect, idle, total, minRate, rateWindow');
  });
});

describe('an environment', () => {
  const file = {
    mirror: './mine',
    seeds,
    strict: true,
    graph: 'selected',
    timeouts: { idle: 3 },
    environments: { staging: { mirror: './staging', timeouts: { connect: 5 } }, empty: {} },
  };

  it('is laid over the rest, field by field of the top level', () => {
    expect(parseSettings(file, FILE, 'staging')).toEqual({
      ...DEFAULTS,
      mirror: './staging',
      strict: true,
      graph: 'selected',
      timeouts: { connect: 5 },
    });
  });

  it.each([['empty'], [undefined]])('leaves what it does not name as the file has it (%j)', (name) => {
    expect(parseSettings(file, FILE, name)).toEqual({
      ...DEFAULTS,
      mirror: './mine',
      strict: true,
      graph: 'selected',
      timeouts: { idle: 3 },
    });
  });

  it.each([
    ['stagin', "did you mean 'staging'?"],
    ['production', 'known are: staging, empty'],
    ['toString', 'known are: staging, empty'],
    ['__proto__', 'known are: staging, empty'],
    ['constructor', 'known are: staging, empty'],
  ])('that is not there is refused: %s', (name, hint) => {
    const check = () => parseSettings(file, FILE, name);
    expect(refusal(check)).toEqual({
      error: 'ConfigError',
      code: 'CONFIG_INVALID',
      message: `${FILE}: environments: there is no environment '${name}'`,
    });
    expect(hintOf(check)).toBe(hint);
  });

  it('is refused in a configuration that has none', () => {
    const check = () => parseSettings({ seeds }, FILE, 'staging');
    expect(refusal(check).message).toBe(`${FILE}: environments: there is no environment 'staging'`);
    expect(hintOf(check)).toBe('the configuration has no environments');
  });

  it('is checked even when another one, or none, is asked for', () => {
    const broken = { seeds, environments: { a: {}, b: { retries: 0 } } };
    const message = `${FILE}: environments.b.retries: too small: expected number to be >=1`;
    expect(refusal(() => parseSettings(broken, FILE, 'a')).message).toBe(message);
    expect(refusal(() => parseSettings(broken, FILE)).message).toBe(message);
  });
});
