/**
 * Inputs for comparison with Go: text made of the pieces that its rules are about, so that a good share is valid and
 * most of the rest breaks one rule only. The same seed gives the same inputs.
 */
import fc from 'fast-check';

export const SEED = 20_261_123;

/** Different texts only, at most `count`. */
export function sample(arbitrary: fc.Arbitrary<string>, count: number): string[] {
  return [...new Set(fc.sample(arbitrary, { numRuns: count, seed: SEED }))];
}

const HOSTS = [
  'example.com',
  'github.com',
  'gopkg.in',
  'golang.org',
  'rsc.io',
  'corp',
  'Example.com',
  'x.y',
  'a-b.c',
];
const ELEMENTS = [
  'a',
  'Foo',
  'go-x',
  'a_b',
  'v2',
  'v3',
  'v1',
  'v02',
  'v10',
  'yaml.v2',
  'yaml.v0',
  'yaml.v01',
  'x.v',
];
const HOSTILE_ELEMENTS = [
  '',
  '.',
  '..',
  '...',
  '.a',
  'a.',
  '-a',
  'a~1',
  'a~',
  'a~1b',
  '~1',
  'a~1.b',
  'CON',
  'con',
  'aux.txt',
  'NUL.',
  'nul',
  'com1',
  'COM0',
  'com10',
  'LPT9.x',
  'conx',
  'prn',
  'a b',
  'a+b',
  'a!b',
  'a@b',
  'a\\b',
  'a:b',
  'a*b',
  'a"b',
  "a'b",
  'é',
  '世界',
  '𝒳',
  '\u{1f600}',
  'a\nb',
  'a\0b',
  '\u00a0',
  '\u0301',
  'K',
  'ſ',
  'v2.0',
  'v0',
  'v',
  'V2',
  'check.v1-unstable',
  'check.v-unstable',
  'x-unstable',
  'ﬀ',
  '٣',
];
const CHARACTERS = [...'abzAZ019.-_~/!@+ \\:é世'];

export const paths: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...HOSTS), fc.array(fc.constantFrom(...ELEMENTS), { minLength: 2, maxLength: 5 }))
    .map(([host, rest]) => [host, ...rest].join('/')),
  fc
    .tuple(
      fc.constantFrom(...HOSTS),
      fc.array(fc.constantFrom(...ELEMENTS, ...HOSTILE_ELEMENTS), { maxLength: 3 }),
    )
    .map(([host, rest]) => [host, ...rest].join('/')),
  fc
    .array(fc.constantFrom(...HOSTS, ...ELEMENTS, ...HOSTILE_ELEMENTS, '/'), { maxLength: 5 })
    .map((all) => all.join('')),
  fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 12 }).map((all) => `a.b/${all.join('')}`),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const NUMBERS = ['0', '1', '2', '10', '00', '01', '9007199254740993', '9007199254740992', ''];
const IDENTIFIERS = [
  '0',
  '1',
  '10',
  '01',
  '00',
  'a',
  'b',
  'rc',
  'RC',
  'rc1',
  '-',
  'a-b',
  '1a',
  '0a',
  '',
  'é',
  ' ',
  '!',
  '_',
];
const STAMPS = [
  '20200102150405',
  '20201302150405',
  '00010101000000',
  '20200230000000',
  '20200102240000',
  '2020010215040',
];
const stamp = fc.oneof(
  fc.constantFrom(...STAMPS),
  fc
    .integer({ min: 1_960, max: 2_040 })
    .chain((year) =>
      fc.integer({ min: 0, max: 9_999_999_999 }).map((rest) => `${year}${String(rest).padStart(10, '0')}`),
    ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().replace(/\D/g, '').slice(0, 14)),
);
const number = fc.constantFrom(...NUMBERS);
const small = fc.constantFrom('0', '1', '2', '3', '7', '9', '10', '11', '99', '100', '9007199254740993');
const identifiers = (separator: string) =>
  fc.array(fc.constantFrom(...IDENTIFIERS), { maxLength: 3 }).map((all) => all.join(separator));

export const versions: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(small, small, small).map((all) => `v${all.join('.')}`),
  fc
    .tuple(
      small,
      small,
      small,
      fc.constantFrom('', '-rc.1', '-0', '-a.b', '-go1.25.3.linux-amd64', '-0.0', '-RC', '-alpha', '-beta.2'),
    )
    .map(([a, b, c, pre]) => `v${a}.${b}.${c}${pre}`),
  fc
    .tuple(
      small,
      small,
      small,
      fc.constantFrom('+incompatible', '-rc.1+incompatible', '+meta', '+incompatible.1'),
    )
    .map(([a, b, c, build]) => `v${a}.${b}.${c}${build}`),
  fc
    .tuple(
      fc.constantFrom(
        'v0.0.0-',
        'v2.0.0-',
        'v1.2.3-0.',
        'v1.2.3-rc.0.',
        'v1.2.3-rc.1.0.',
        'v1.2.3-',
        'v1.0.0-a.',
        'v0.0-',
      ),
      stamp,
      fc.constantFrom('-abcdef123456', '-ABC', '-a-b', '-', '', '-abc+incompatible', '-abc+a.b', '-é'),
    )
    .map((all) => all.join('')),
  fc
    .tuple(
      fc.constantFrom('v', 'V', ''),
      fc.array(number, { minLength: 1, maxLength: 4 }),
      identifiers('.'),
      identifiers('.'),
    )
    .map(([v, numbers, pre, build]) => `${v}${numbers.join('.')}${pre && `-${pre}`}${build && `+${build}`}`),
  fc.array(fc.constantFrom(...'v012.-+aZ!/é'), { maxLength: 10 }).map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

export const globs: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ...['a', 'b', 'c', '-', '.', '*', '**', '?', '/', ',', '//', 'corp', 'example.com', 'github.com'],
      ...[
        '[',
        ']',
        '^',
        '\\',
        '[a-c]',
        '[^a]',
        '[^a-c]',
        '[a',
        '[]a]',
        '[\\]]',
        '\\*',
        '[-]',
        '[a-]',
        '[/]',
        '[^]',
        'é',
      ],
    ),
    { maxLength: 6 },
  )
  .map((all) => all.join(''));

export const globTargets: readonly string[] = [
  'a',
  'b',
  'ab',
  'abc',
  'a/b',
  'a/b/c',
  'corp/a',
  'example.com',
  'example.com/a/b',
  'github.com/a',
  'a-c',
  'a.b/c',
  'aa/bb',
  'corp',
  'corp.example.com/x',
  'cab',
  '',
  '/',
  'a/',
  'aXb/aXc',
];

const TOKENS = [
  'module',
  'go',
  'toolchain',
  'require',
  'exclude',
  'replace',
  'retract',
  'tool',
  'ignore',
  'godebug',
  'use',
  'future',
  'example.com/m',
  'example.com/m/v2',
  'gopkg.in/yaml.v2',
  'corp/lib',
  'foo',
  './local',
  '../up',
  '/abs',
  'C:\\x',
  '.\\x',
  'v1.0.0',
  'v2.0.0',
  'v2.0.0+incompatible',
  'v1.2',
  'v1',
  'v1.0.0+meta',
  'master',
  'v0.0.0-20200102150405-abcdef123456',
  '1.21',
  '1.21.3',
  '1.22rc1',
  'v1.20',
  '1.20.x',
  '1.2.3.4',
  'go1.21.3',
  'default',
  'go1',
  'local',
  'default=go1.21',
  'a=b=c',
  '=>',
  '=>',
  '(',
  ')',
  '()',
  '[',
  ']',
  ',',
  '[v1.0.0, v1.1.0]',
  '[v1.0.0,',
  '"example.com/q"',
  '"v1.0.0"',
  '`raw`',
  '"a b"',
  '"\\x65xample.com/e"',
  '"\\u00e9"',
  '"\\777"',
  '"\\U00110000"',
  '"open',
  "'",
  'a"b',
  '"\\q"',
  '""',
  'é',
  '\u00a0',
  '\v',
  '\ufeff',
  '//',
  '// indirect',
  '//indirect',
  '// indirect; why',
  '// indirect why',
  '// Deprecated: use v2',
  '/* c */',
  'a//b',
  '\\',
  '{',
  '\r',
];

const token = fc.constantFrom(...TOKENS);
const WELL_FORMED = [
  'module example.com/m',
  'module "example.com/m"',
  '// Deprecated: use v2',
  '//',
  '// more',
  '',
  '  ',
  '\r',
  'go 1.21',
  'go 1.25.0',
  'toolchain go1.25.3',
  'require example.com/a v1.0.0',
  'require example.com/a v1.0.0 // indirect',
  'require corp/lib v0.0.0',
  'require (',
  ')',
  '\texample.com/a v1.2.3',
  '\texample.com/b/v2 v2.0.0 // indirect',
  '\texample.com/b v3.0.0+incompatible',
  'exclude example.com/a v1.0.0',
  'exclude (',
  'replace example.com/a => ../a',
  'replace example.com/a v1 => example.com/b v1.2',
  'replace (',
  '\texample.com/a => example.com/b v1.0.0',
  'retract v1.0.0 // bad',
  'retract [v1.0.0, v1.1.0]',
  'retract (',
  '\tv1.0.1 // worse',
  '\t[v1.0.0, v1.0.9]',
  'tool example.com/a/cmd',
  'tool (',
  '\texample.com/a/cmd',
  'ignore ./node_modules',
  'godebug default=go1.21',
  'use ./a',
  'use (',
  '\t./b',
  '\t../c // indirect',
  'module (',
  '\texample.com/m',
  'require ()',
  'future (',
  'future thing',
  'go (',
  '\t// Deprecated: gone',
  '\t// comment',
  ') // done',
  'require ( // open',
  'go 1.21 // why',
  'require example.com/a v1.0.0 // indirect; why',
];

/** go.mod and go.work texts. */
export const modFiles: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...WELL_FORMED) },
        { weight: 1, arbitrary: fc.array(token, { maxLength: 5 }).map((all) => all.join(' ')) },
      ),
      { maxLength: 9 },
    ),
    fc.constantFrom('\n', '\n', '\r\n'),
  )
  .map(([lines, end]) => lines.join(end));

/** One directive of many tokens, to meet every rule about a line. */
export const modLines: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      'module',
      'go',
      'toolchain',
      'require',
      'exclude',
      'replace',
      'retract',
      'tool',
      'ignore',
      'godebug',
      'use',
    ),
    fc.array(token, { maxLength: 5 }),
    fc.boolean(),
  )
  .map(([verb, all, block]) => (block ? `${verb} (\n${all.join(' ')}\n)\n` : `${verb} ${all.join(' ')}\n`));
