/** Which checksum database judges: by the configuration, else by what a Go user has set, else Go's own. */
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/app/context.ts';
import { findSumDb, keysOfLog } from '../../src/app/sumdb.ts';
import type { Config } from '../../src/config/load.ts';
import { parseSettings, type UserConfig } from '../../src/config/schema.ts';
import { ConfigError } from '../../src/errors.ts';
import { parseModulePath } from '../../src/gomod/module-path.ts';
import { GO_SUMDB_KEY } from '../../src/sumdb/verifier-key.ts';
import { hintOf } from '../config/hint.ts';
import { refusal } from '../gomod/refusal.ts';
import { TestSigner } from '../support/test-log.ts';

const FILE = '/etc/mirror.config.json';
const KEY = new TestSigner('log.example').key;
const OWN_KEY_OF_GO = new TestSigner('sum.golang.org').key;

function configOf(fields: Partial<UserConfig> = {}): Config {
  return { ...parseSettings({ seeds: ['go.sum'], ...fields }, FILE), file: FILE, base: '/etc' };
}

/** What was found, as plain values. */
function found(fields: Partial<UserConfig>, env: Environment = {}) {
  const log = findSumDb(configOf(fields), env);
  if (log === undefined) return 'off';
  const { settings, address } = log;
  expect(address.name).toBe(settings.name);
  return {
    name: settings.name,
    key: settings.keys.map(({ text }) => text).join(),
    ...(address.url === undefined ? {} : { url: address.url.href }),
    ...(settings.onMissing === 'hold' ? {} : { onMissing: settings.onMissing }),
  };
}

const GO = { name: 'sum.golang.org', key: GO_SUMDB_KEY };
const OWN = { name: 'log.example', key: KEY };

const FORMS: readonly [what: string, written: string, expected: ReturnType<typeof found>][] = [
  ['off', 'off', 'off'],
  ['off with space around it', ' off\n', 'off'],
  ["the name of Go's own", 'sum.golang.org', GO],
  [
    "the name of Go's own at an address",
    'sum.golang.org http://mirror.example/sumdb/sum.golang.org',
    {
      ...GO,
      url: 'http://mirror.example/sumdb/sum.golang.org',
    },
  ],
  [
    'its other name, which is an address of it',
    'sum.golang.google.cn',
    { ...GO, url: 'https://sum.golang.google.cn/' },
  ],
  ["the whole key of Go's own", GO_SUMDB_KEY, GO],
  ["another key under the name of Go's own", OWN_KEY_OF_GO, { name: 'sum.golang.org', key: OWN_KEY_OF_GO }],
  ['a key', KEY, OWN],
  ['a key and an address', `${KEY} https://mirror.example/db`, { ...OWN, url: 'https://mirror.example/db' }],
  [
    'a key and an address with slashes at its end',
    `${KEY} https://mirror.example/db//`,
    {
      ...OWN,
      url: 'https://mirror.example/db',
    },
  ],
  [
    'a key and an address with a query',
    `${KEY} https://mirror.example/db?key=k`,
    {
      ...OWN,
      url: 'https://mirror.example/db?key=k',
    },
  ],
  [
    'white space of any kind',
    `\t${KEY}  \u00a0 https://mirror.example\n`,
    { ...OWN, url: 'https://mirror.example/' },
  ],
];

describe('the checksum database', () => {
  it("is Go's own where nobody says", () => {
    expect(found({})).toEqual(GO);
    expect(found({}, { GOSUMDB: undefined })).toEqual(GO);
  });

  it("is Go's own where GOSUMDB is empty, as for the go command", () => {
    expect(found({}, { GOSUMDB: '' })).toEqual(GO);
  });

  it.each(FORMS)('is written as %s, in the configuration and in GOSUMDB', (_, written, expected) => {
    expect(found({ sumdb: written })).toEqual(expected);
    expect(found({ sumdb: { name: written } })).toEqual(expected);
    expect(found({}, { GOSUMDB: written })).toEqual(expected);
  });

  it('is what the configuration says before what GOSUMDB says', () => {
    expect(found({ sumdb: KEY }, { GOSUMDB: 'sum.golang.org' })).toEqual(OWN);
    expect(found({ sumdb: KEY }, { GOSUMDB: 'off' })).toEqual(OWN);
    expect(found({ sumdb: 'off' }, { GOSUMDB: KEY })).toBe('off');
    expect(found({ sumdb: KEY }, { GOSUMDB: 'broken' })).toEqual(OWN);
  });

  it('may have a path in its name', () => {
    const { key } = new TestSigner('sum.example/team/db');
    expect(found({ sumdb: key })).toEqual({ name: 'sum.example/team/db', key });
  });

  it('holds back what it does not know, unless the configuration says otherwise', () => {
    expect(found({ sumdb: { name: KEY, onMissing: 'publish' } })).toEqual({ ...OWN, onMissing: 'publish' });
    expect(findSumDb(configOf({ sumdb: { name: KEY } }), {})?.settings.onMissing).toBe('hold');
  });
});

describe('a mistake', () => {
  const spoilt = KEY.replace('log.example', 'log.exampel');
  const withName = (name: string) => new TestSigner(name).key;
  const unknown = "write it as <name>+<hash>+<key>, or 'off'";

  it.each<[what: string, written: string, problem: string, hint?: string]>([
    ['a name without its key', 'log.example', "'log.example': this log's key is not known", unknown],
    ['a misspelt off', 'of', "'of': this log's key is not known", unknown],
    [
      'a URL alone',
      'https://sum.golang.org',
      "'https://sum.golang.org': this log's key is not known",
      unknown,
    ],
    [
      "the other name of Go's own with an address",
      'sum.golang.google.cn https://mirror.example',
      "'sum.golang.google.cn': this log's key is not known",
      unknown,
    ],
    ['a name that every object has', 'constructor', "'constructor': this log's key is not known", unknown],
    [
      'a URL alone, whose password is left out',
      'https://me:s3cret@sum.golang.org',
      "'https://sum.golang.org': this log's key is not known",
      unknown,
    ],
    [
      'a URL alone, whose password looks like a key',
      'https://me:s3+cret@sum.golang.org',
      'https://sum.golang.org: invalid verifier key: not <name>+<hash>+<key>',
    ],
    ['only white space', ' \t', "'': this log's key is not known", unknown],
    [
      'half a key',
      'log.example+12345678',
      'log.example+12345678: invalid verifier key: not <name>+<hash>+<key>',
    ],
    [
      'a key of another log',
      spoilt,
      `${spoilt}: invalid verifier key: its hash does not belong to its name and key`,
    ],
    ['a name that leads out of its folder', withName('../db'), "'../db' is no host, nor a host and a path"],
    [
      'a name with a slash at its end',
      withName('log.example/'),
      "'log.example/' is no host, nor a host and a path",
    ],
    [
      'a name that is a URL',
      withName('https://log.example'),
      "'https://log.example' is no host, nor a host and a path",
    ],
    ['three words', `${KEY} https://a.example https://b.example`, 'more than a key and a URL'],
    [
      'an address that is a host',
      `${KEY} mirror.example`,
      'what follows the key is neither an https nor an http URL',
    ],
    [
      'an address on disk',
      `${KEY} file:///srv/db`,
      'what follows the key is neither an https nor an http URL',
    ],
    [
      'an address with a broken password',
      `${KEY} https://me:s3%cret@mirror.example`,
      'its user name or password has a broken % escape',
    ],
  ])('is told with its field: %s', (_, written, problem, hint) => {
    const told = (field: string) => ({
      error: 'ConfigError',
      code: 'CONFIG_INVALID',
      message: `${field}: ${problem}`,
    });
    const places: readonly [field: string, run: () => unknown][] = [
      [`${FILE}: sumdb`, () => findSumDb(configOf({ sumdb: written }), {})],
      [`${FILE}: sumdb.name`, () => findSumDb(configOf({ sumdb: { name: written } }), {})],
      ['GOSUMDB', () => findSumDb(configOf(), { GOSUMDB: written })],
    ];
    for (const [field, run] of places) {
      expect(refusal(run)).toEqual(told(field));
      expect(hintOf(run)).toBe(hint);
    }
  });

  it('in the shape of the field is told before anything is looked for', () => {
    expect(() => configOf({ sumdb: '' })).toThrow(ConfigError);
    expect(() => configOf({ sumdb: { name: KEY, onMissing: 'never' as 'hold' } })).toThrow(ConfigError);
  });
});

describe('a private module', () => {
  const PATHS = ['corp.example/team/lib', 'team.example/a', 'github.com/public/lib'];
  const privates = (fields: Partial<UserConfig>, env: Environment = {}) => {
    const { isPrivate } = findSumDb(configOf(fields), env)?.settings ?? {};
    return PATHS.filter((path) => isPrivate?.(parseModulePath(path)));
  };

  it.each<[what: string, fields: Partial<UserConfig>, env: Environment, paths: string[]]>([
    ['none where nobody says', {}, {}, []],
    [
      'those of GOPRIVATE',
      {},
      { GOPRIVATE: 'corp.example/*,team.example' },
      ['corp.example/team/lib', 'team.example/a'],
    ],
    [
      'those of GONOSUMDB before those of GOPRIVATE',
      {},
      { GONOSUMDB: 'team.example', GOPRIVATE: 'corp.example' },
      ['team.example/a'],
    ],
    [
      'those of the configuration before both',
      { private: 'github.com' },
      { GONOSUMDB: 'team.example', GOPRIVATE: '*' },
      ['github.com/public/lib'],
    ],
    [
      'those of a list in the configuration',
      { private: ['corp.example', 'team.example'] },
      {},
      ['corp.example/team/lib', 'team.example/a'],
    ],
    ['none, where the configuration says so', { private: [] }, { GOPRIVATE: '*' }, []],
    ['none that GONOPROXY alone names', {}, { GONOPROXY: 'corp.example' }, []],
  ])('is one of these: %s', (_, fields, env, paths) => {
    expect(privates(fields, env)).toEqual(paths);
  });

  it.each<[field: string, fields: Partial<UserConfig>, env: Environment]>([
    [`${FILE}: private`, { private: ['corp.example', '[a'] }, {}],
    ['GONOSUMDB', {}, { GONOSUMDB: '[a' }],
    ['GOPRIVATE', {}, { GOPRIVATE: '[a' }],
  ])('with a pattern that is malformed in %s is refused, lest it go unprotected', (field, fields, env) => {
    const { code, message } = refusal(() => findSumDb(configOf(fields), env));
    expect(code).toBe('CONFIG_INVALID');
    expect(message).toBe(`${field}: [a: invalid pattern: a character class is not closed`);
  });
});

describe('the keys that a published log is checked by', () => {
  const keys = (name: string, fields: Partial<UserConfig>, env: Environment = {}) =>
    keysOfLog(name, configOf(fields), env)?.map(({ text }) => text);

  it('are those of the configuration, where it is that log', () => {
    expect(keys('log.example', { sumdb: KEY })).toEqual([KEY]);
    expect(keys('log.example', {}, { GOSUMDB: KEY })).toEqual([KEY]);
    expect(keys('sum.golang.org', { sumdb: OWN_KEY_OF_GO })).toEqual([OWN_KEY_OF_GO]);
  });

  it.each([
    ['nobody says', undefined],
    ['it is switched off now', 'off'],
    ['another log judges now', KEY],
  ])("are Go's own for its log, where %s", (_, sumdb) => {
    expect(keys('sum.golang.org', sumdb === undefined ? {} : { sumdb })).toEqual([GO_SUMDB_KEY]);
  });

  it('are not known of another log that is not configured any more', () => {
    expect(keys('log.example', {})).toBeUndefined();
    expect(keys('log.example', { sumdb: 'off' })).toBeUndefined();
    expect(keys('log.example/other', { sumdb: KEY })).toBeUndefined();
  });
});
