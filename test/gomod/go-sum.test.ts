import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoSum, type GoSumEntry, parseGoSum } from '../../src/gomod/go-sum.ts';
import { EMPTY_GOMOD_H1, type H1, parseH1 } from '../../src/gomod/h1.ts';
import { type ModuleVersion, parseModuleVersion } from '../../src/gomod/module-version.ts';
import { refusal } from './refusal.ts';

const ZIP = hash(1);
const MOD = hash(2);
const mv = parseModuleVersion('example.com/m', 'v1.0.0');

describe('parseGoSum reads', () => {
  it('the line of a zip and the line of a go.mod', () => {
    const text = `example.com/m v1.0.0 ${ZIP}\nexample.com/m v1.0.0/go.mod ${MOD}\n`;
    expect(parseGoSum(text, 'go.sum')).toEqual([
      { mv, file: 'zip', h1: ZIP, line: 1 },
      { mv, file: 'mod', h1: MOD, line: 2 },
    ]);
  });

  it.each([
    ['a missing last newline', `example.com/m v1.0.0 ${ZIP}`, 1],
    ['CRLF', `\r\nexample.com/m v1.0.0 ${ZIP}\r\n\r\n`, 2],
    ['blank lines and lines of white space', `\n \t\n\nexample.com/m v1.0.0 ${ZIP}\n\n`, 4],
    ['tabs and many blanks', `\texample.com/m\t v1.0.0  ${ZIP} \n`, 1],
    ['white space that only Go knows', `example.com/m\u0085v1.0.0\u3000${ZIP}\n`, 1],
    ['form feeds, which do not end a line', `\fexample.com/m v1.0.0\v${ZIP}`, 1],
  ])('a line with %s', (_, text, line) => {
    expect(parseGoSum(text, 'go.sum')).toEqual([{ mv, file: 'zip', h1: ZIP, line }]);
  });

  it('an empty file as no lines', () => {
    expect(parseGoSum('', 'go.sum')).toEqual([]);
    expect(parseGoSum('\n', 'go.sum')).toEqual([]);
  });

  it('exact duplicates, and two hashes of one file, as lines of their own', () => {
    const other = hash(3);
    const text = `example.com/m v1.0.0 ${ZIP}\nexample.com/m v1.0.0 ${ZIP}\nexample.com/m v1.0.0 ${other}\n`;
    expect(parseGoSum(text, 'go.sum').map(({ h1, line }) => [h1, line])).toEqual([
      [ZIP, 1],
      [ZIP, 2],
      [other, 3],
    ]);
  });

  it('the versions of one path, and paths in turn, without mixing them up', () => {
    const wanted = [
      ['example.com/m', 'v1.0.0'],
      ['example.com/m', 'v1.1.0'],
      ['example.com/n', 'v1.1.0'],
      ['example.com/m', 'v1.0.0'],
    ] as const;
    const text = wanted.map(([path, version]) => `${path} ${version} ${ZIP}\n`).join('');
    expect(parseGoSum(text, 'go.sum').map((line) => [line.mv.path, line.mv.version])).toEqual(wanted);
  });

  it('nothing from the hash of an empty go.mod, as the client', () => {
    const text = `example.com/m v1.0.0/go.mod ${EMPTY_GOMOD_H1}\nnot_a_module v1 ${EMPTY_GOMOD_H1}\n`;
    expect(parseGoSum(text, 'go.sum')).toEqual([]);
  });

  it('nothing from hashes of other algorithms, whatever they stand with', () => {
    const text = `example.com/m v1.0.0 h2:abc\nNot/A/Module master H1:${ZIP}\nexample.com/m v1.0.0 h1\n`;
    expect(parseGoSum(text, 'go.sum')).toEqual([]);
  });
});

describe('parseGoSum refuses', () => {
  it.each([
    ['one field', 'example.com/m\n', 'GOSUM_MALFORMED', 'go.sum:1: malformed go.sum: 1 fields in place of 3'],
    [
      'two fields',
      `\nexample.com/m v1.0.0\n`,
      'GOSUM_MALFORMED',
      'go.sum:2: malformed go.sum: 2 fields in place of 3',
    ],
    [
      'four fields',
      `example.com/m v1.0.0 ${ZIP} x`,
      'GOSUM_MALFORMED',
      'go.sum:1: malformed go.sum: 4 fields in place of 3',
    ],
    ['a comment', '// generated\n', 'GOSUM_MALFORMED', 'go.sum:1: malformed go.sum: 2 fields in place of 3'],
    [
      'a conflict marker',
      '<<<<<<< HEAD\n',
      'GOSUM_MALFORMED',
      'go.sum:1: malformed go.sum: 2 fields in place of 3',
    ],
    [
      'a short h1 hash',
      `example.com/m v1.0.0 ${ZIP}\nexample.com/m v1.0.0/go.mod h1:abc=\n`,
      'GOSUM_MALFORMED',
      'go.sum:2: malformed go.sum: example.com/m@v1.0.0: invalid h1 hash: not the base64 of 32 bytes',
    ],
    [
      'a path without a domain',
      `corp/lib v1.0.0 ${ZIP}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: corp/lib: invalid module path: the first element has no dot',
    ],
    [
      'a path that leads out of a folder',
      `example.com/../../etc v1.0.0 ${ZIP}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: example.com/../../etc: invalid module path: element .. begins with a dot',
    ],
    [
      'a byte order mark',
      `\ufeffexample.com/m v1.0.0 ${ZIP}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: "\\u{feff}example.com/m": invalid module path: element "\\u{feff}example.com" has a character that is not allowed',
    ],
    [
      'a branch',
      `example.com/m master ${ZIP}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: example.com/m@master: invalid version: not a semantic version',
    ],
    [
      'a short version',
      `example.com/m v1.0/go.mod ${MOD}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: example.com/m@v1.0: invalid version: not canonical, which would be v1.0.0',
    ],
    [
      'a bad version behind a good one of the same path',
      `example.com/m v1.0.0 ${ZIP}\nexample.com/m v2.0.0 ${ZIP}\n`,
      'GOSUM_INVALID_MODULE',
      'go.sum:2: example.com/m@v2.0.0: invalid version: the path wants v0 or v1, not v2',
    ],
    [
      'two go.mod suffixes',
      `example.com/m v1.0.0/go.mod/go.mod ${MOD}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: example.com/m@v1.0.0/go.mod: invalid version: not a semantic version',
    ],
    [
      'another suffix',
      `example.com/m v1.0.0/go.sum ${MOD}`,
      'GOSUM_INVALID_MODULE',
      'go.sum:1: example.com/m@v1.0.0/go.sum: invalid version: not a semantic version',
    ],
  ])('%s', (_, text, code, message) => {
    expect(refusal(() => parseGoSum(text, 'go.sum'))).toEqual({ error: 'GoSumError', code, message });
  });

  it('with the name of the file, whatever it is called', () => {
    expect(refusal(() => parseGoSum('x', '/srv/seeds/a b\u001b/go.sum')).message).toBe(
      '"/srv/seeds/a b\\u001b/go.sum":1: malformed go.sum: 1 fields in place of 3',
    );
  });

  it('with the module, where it is one', () => {
    const text = `example.com/m v1.0.0 h1:${'A'.repeat(43)}`;
    expect(() => parseGoSum(text, 'go.sum')).toThrow(
      expect.objectContaining({ module: 'example.com/m@v1.0.0' }),
    );
  });
});

describe('formatGoSum', () => {
  it('sorts by path, version and file, and writes each entry once', () => {
    const a1 = parseModuleVersion('example.com/a', 'v1.9.0');
    const a2 = parseModuleVersion('example.com/a', 'v1.10.0');
    const b = parseModuleVersion('example.com/B', 'v0.1.0');
    const entries: GoSumEntry[] = [
      { mv: a2, file: 'mod', h1: MOD },
      { mv: a1, file: 'mod', h1: MOD },
      { mv: a1, file: 'zip', h1: ZIP },
      { mv: b, file: 'mod', h1: MOD },
      { mv: a1, file: 'zip', h1: ZIP },
    ];
    expect(formatGoSum(entries)).toBe(
      `example.com/B v0.1.0/go.mod ${MOD}\n` +
        `example.com/a v1.9.0 ${ZIP}\n` +
        `example.com/a v1.9.0/go.mod ${MOD}\n` +
        `example.com/a v1.10.0/go.mod ${MOD}\n`,
    );
  });

  it('writes nothing for nothing', () => {
    expect(formatGoSum([])).toBe('');
  });

  it('writes what parseGoSum reads back, the same for every order', () => {
    const shuffled = fc
      .array(entry, { maxLength: 12 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(shuffled, ([entries, other]) => {
        const text = formatGoSum(entries);
        const read = parseGoSum(text, 'go.sum');
        expect(new Set(read.map(key))).toEqual(new Set(entries.map(key)));
        expect(formatGoSum(read)).toBe(text);
        expect(formatGoSum(other)).toBe(text);
      }),
    );
  });
});

const modules: readonly ModuleVersion[] = [
  mv,
  parseModuleVersion('example.com/m', 'v1.10.0'),
  parseModuleVersion('example.com/m', 'v2.0.0+incompatible'),
  parseModuleVersion('github.com/BurntSushi/toml', 'v0.3.1'),
  parseModuleVersion('gopkg.in/yaml.v2', 'v2.4.0'),
];

const entry: fc.Arbitrary<GoSumEntry> = fc.record({
  mv: fc.constantFrom(...modules),
  file: fc.constantFrom('zip', 'mod'),
  h1: fc.integer({ min: 0, max: 3 }).map(hash),
});

function key(line: GoSumEntry): string {
  return `${line.mv.path} ${line.mv.version} ${line.file} ${line.h1}`;
}

function hash(fill: number): H1 {
  return parseH1(`h1:${Buffer.alloc(32, fill).toString('base64')}`);
}
