import { describe, expect, it } from 'vitest';
import { type GoMod, parseGoMod, synthesizedGoMod } from '../../src/gomod/go-mod.ts';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { parseModulePath } from '../../src/gomod/module-path.ts';
import { refusal } from './refusal.ts';

const EMPTY: GoMod = {
  module: undefined,
  deprecated: undefined,
  go: undefined,
  toolchain: undefined,
  require: [],
  exclude: [],
  replace: [],
  retract: [],
  tool: [],
};

const WHOLE = `// The module.
//
// Deprecated: use example.com/m/v2
// instead.
module example.com/m

go 1.25.0

toolchain go1.25.3

godebug default=go1.21

require example.com/a v1.2.3

require (
	// why b is needed
	example.com/b/v2 v2.0.0 // indirect
	"example.com/c" v3.0.0+incompatible // indirect; for d

	gopkg.in/yaml.v2 v2.4.0 // not indirect
	corp/lib v0.0.0-20200102150405-abcdef123456
)

exclude example.com/a v1.2.2

replace (
	example.com/a => ../a
	example.com/b/v2 v2.0.0 => example.com/fork/b/v2 v2.0.1
	corp/lib => "./my lib"
)

retract (
	v1.0.1 // leaks
	[v1.1.0, v1.1.9]
)

tool example.com/a/cmd/x

ignore ./node_modules
`;

describe('parseGoMod', () => {
  it('reads every directive strictly', () => {
    expect(strict(WHOLE)).toEqual({
      module: 'example.com/m',
      deprecated: 'use example.com/m/v2\ninstead.',
      go: '1.25.0',
      toolchain: 'go1.25.3',
      require: [
        { mv: { path: 'example.com/a', version: 'v1.2.3' }, indirect: false, line: 13 },
        { mv: { path: 'example.com/b/v2', version: 'v2.0.0' }, indirect: true, line: 17 },
        { mv: { path: 'example.com/c', version: 'v3.0.0+incompatible' }, indirect: true, line: 18 },
        { mv: { path: 'gopkg.in/yaml.v2', version: 'v2.4.0' }, indirect: false, line: 20 },
        {
          mv: { path: 'corp/lib', version: 'v0.0.0-20200102150405-abcdef123456' },
          indirect: false,
          line: 21,
        },
      ],
      exclude: [{ mv: { path: 'example.com/a', version: 'v1.2.2' }, line: 24 }],
      replace: [
        {
          old: { path: 'example.com/a', version: undefined },
          by: { kind: 'directory', path: '../a' },
          line: 27,
        },
        {
          old: { path: 'example.com/b/v2', version: 'v2.0.0' },
          by: { kind: 'module', path: 'example.com/fork/b/v2', version: 'v2.0.1' },
          line: 28,
        },
        {
          old: { path: 'corp/lib', version: undefined },
          by: { kind: 'directory', path: './my lib' },
          line: 29,
        },
      ],
      retract: [
        { low: 'v1.0.1', high: 'v1.0.1', rationale: 'leaks', line: 33 },
        { low: 'v1.1.0', high: 'v1.1.9', rationale: '', line: 34 },
      ],
      tool: ['example.com/a/cmd/x'],
    });
  });

  it('reads of a dependency what builds need: module, go, require and retract', () => {
    const whole = strict(WHOLE);
    expect(lax(WHOLE)).toEqual({ ...whole, toolchain: undefined, exclude: [], replace: [], tool: [] });
  });

  it('reads the same with CRLF', () => {
    expect(strict(WHOLE.replaceAll('\n', '\r\n'))).toEqual(strict(WHOLE));
  });

  it('reads an empty file, and one of comments, as nothing', () => {
    expect(strict('')).toEqual(EMPTY);
    expect(strict('// nothing\n\n  // at all')).toEqual(EMPTY);
  });

  it.each([
    ['a module in a block', 'module (\n\ta.b/c\n)', { module: 'a.b/c' }],
    ['a module in a string', 'module "a.b/c"', { module: 'a.b/c' }],
    ['escapes in a string', 'module "a.b/\\x63\\144\\u0065\\U00000066\\t"', { module: 'a.b/cdef\t' }],
    ['bytes that make up a letter', 'module "a.b/\\xc3\\xa9\\303\\251"', { module: 'a.b/éé' }],
    ['a comment right behind a word', 'module a.b/c//d', { module: 'a.b/c' }],
    ['an empty block', 'module a.b/c\nrequire ()\nrequire (\n)', { module: 'a.b/c' }],
    ['comments at brackets', 'module ( // open\n\ta.b/c\n) // done', { module: 'a.b/c' }],
    [
      'a deprecation behind the line',
      'module a.b/c // Deprecated: gone',
      { module: 'a.b/c', deprecated: 'gone' },
    ],
    [
      'a deprecation above the block',
      '// Deprecated: gone\nmodule (\n\ta.b/c\n)',
      { module: 'a.b/c', deprecated: 'gone' },
    ],
    ['no deprecation across a blank line', '// Deprecated: gone\n\nmodule a.b/c', { module: 'a.b/c' }],
    ['no deprecation within a paragraph', '// Not\n// Deprecated: gone\nmodule a.b/c', { module: 'a.b/c' }],
    ['go with a pre-release', 'go 1.21rc1', { go: '1.21rc1' }],
    ['the default toolchain', 'toolchain default', { toolchain: 'default' }],
  ])('reads %s', (_, text, expected) => {
    expect(strict(text)).toEqual({ ...EMPTY, ...expected });
  });

  it.each([
    ['a short version', 'v1.2', 'v1.2.0'],
    ['build metadata', 'v1.2.3+meta', 'v1.2.3'],
    ['a version in a string', '"v1.2.3"', 'v1.2.3'],
  ])('makes %s canonical, as Go does in dependencies', (_, written, version) => {
    for (const read of [strict, lax]) {
      expect(read(`require a.b/c ${written}`).require).toEqual([
        { mv: { path: 'a.b/c', version }, indirect: false, line: 1 },
      ]);
    }
  });

  it.each([
    ['// indirect', true],
    ['//indirect', true],
    ['//  indirect  ', true],
    ['// indirect; because', true],
    ['// indirect because', false],
    ['// indirectly', false],
    ['// not indirect', false],
    ['//', false],
  ])('takes the comment %s for indirect: %s', (comment, indirect) => {
    expect(strict(`require a.b/c v1.0.0 ${comment}`).require[0]?.indirect).toBe(indirect);
  });
});

it('parseGoMod gives a retraction the comment of its block, unless a comment or a blank line comes between', () => {
  const text =
    '// whole\nretract (\n\n\tv1.0.0\n\tv1.0.1\n\n\tv1.0.2\n\t// own\n\n\tv1.0.3\n\tv1.0.4 // behind\n)';
  expect(strict(text).retract.map(({ low, rationale }) => [low, rationale])).toEqual([
    ['v1.0.0', 'whole'],
    ['v1.0.1', 'whole'],
    ['v1.0.2', ''],
    ['v1.0.3', 'own'],
    ['v1.0.4', 'behind'],
  ]);
});

describe('parseGoMod reads a dependency laxly:', () => {
  it.each([
    ['an unknown directive', 'module a.b/c\nfuture thing\n'],
    ['an unknown block', 'module a.b/c\nfuture (\n\tx y z\n)\n'],
    ['a block with two words', 'module a.b/c\nrequire x (\n\ty\n)\n'],
    ['a replacement that is wrong', 'module a.b/c\nreplace x\n'],
    ['an exclusion that is wrong', 'module a.b/c\nexclude x y z\n'],
    [
      'a retraction of a later form',
      'module a.b/c\nretract (v1, v2)\nretract [v1.0.0,\nretract `x`\nretract ["\\q", v2]\n',
    ],
    ['a toolchain that is wrong', 'module a.b/c\ntoolchain a b\n'],
  ])('passes over %s', (_, text) => {
    expect(lax(text)).toEqual({ ...EMPTY, module: 'a.b/c' });
    expect(refusal(() => strict(text)).code).toBe('GOMOD_MALFORMED');
  });

  it.each([
    ['go v1.20.1', '1.20'],
    ['go 1.20.x', '1.20'],
    ['go 1.14.0.5', '1.14'],
  ])('reads %s as %s', (text, go) => {
    expect(lax(text).go).toBe(go);
    expect(refusal(() => strict(text)).code).toBe('GOMOD_MALFORMED');
  });

  it('still refuses a requirement that is wrong', () => {
    expect(refusal(() => lax('module a.b/c\n\nrequire x.y/z master\n'))).toEqual({
      error: 'ModuleError',
      code: 'GOMOD_MALFORMED',
      message: 'go.mod:3: x.y/z@master: invalid version: not a semantic version',
    });
  });
});

describe('parseGoMod refuses', () => {
  it.each([
    ['an unknown directive', 'future thing', 1, 'unknown directive: future'],
    ['an unknown block', '\nfuture (\n)', 2, 'unknown block: future'],
    ['a go block', 'go (\n1.21\n)', 1, 'unknown block: go'],
    ['a block with two words', 'require a.b/c (\n)', 1, 'unknown block: "require a.b/c"'],
    ['a block that is not closed', 'module a.b/c\nrequire (\n\ta.b/c v1.0.0', 2, 'the block is not closed'],
    ['text behind a closing parenthesis', 'require (\n) x', 2, 'a closing parenthesis must end its line'],
    ['a parenthesis that closes nothing', ')', 1, 'unknown directive: )'],
    ['a comment of C', 'module a.b/c /* why */', 1, 'comments begin with //, not with /*'],
    ['a comment of C within a word', 'module a.b/c/*why*/', 1, 'comments begin with //, not with /*'],
    ['a byte order mark', '\ufeffmodule a.b/c', 1, 'unexpected character "\\u{feff}"'],
    ['a no-break space', 'module\u00a0a.b/c', 1, 'unexpected character "\u00a0"'],
    ['a null byte', 'module a.b/c\0', 1, 'unexpected character "\\u0000"'],
    ['a string that is not closed', 'module "a.b/c\n"', 1, 'a string is not closed'],
    ['a raw string that is not closed', 'module `a.b/c\n`', 1, 'a string is not closed'],
    ['a backslash that hides the end of a string', 'module "a.b/c\\"', 1, 'a string is not closed'],
    ['a raw string, as Go does', 'module `a.b/c`', 1, 'malformed string: `a.b/c`'],
    ['an unknown escape', 'module "a.b/\\q"', 1, 'malformed string: "\\"a.b/\\\\q\\""'],
    ['an escape for no byte', 'module "\\777"', 1, 'malformed string: "\\"\\\\777\\""'],
    ['an escape for half a surrogate pair', 'module "\\ud800"', 1, 'malformed string: "\\"\\\\ud800\\""'],
    ['a quotation mark within a word', 'module a"b', 1, 'malformed string: "a\\"b"'],
    ['two modules', 'module a.b/c\nmodule a.b/d', 2, 'repeated module directive'],
    ['two go directives', 'go 1.20\ngo 1.21', 2, 'repeated go directive'],
    ['two toolchains', 'toolchain go1.20\ntoolchain go1.21', 2, 'repeated toolchain directive'],
    ['a module without a path', 'module', 1, 'module takes one argument, not 0'],
    ['a module with two paths', 'module a b', 1, 'module takes one argument, not 2'],
    ['a go version with a v', 'go v1.20', 1, 'invalid go version: v1.20'],
    ['a go version of one number', 'go 1', 1, 'invalid go version: 1'],
    ['a go version in a string', 'go "1.20"', 1, 'invalid go version: "\\"1.20\\""'],
    ['a toolchain without go', 'toolchain 1.21', 1, 'invalid toolchain: 1.21'],
    ['a setting without a value', 'godebug x', 1, 'godebug takes key=value'],
    ['a requirement without a version', 'require a.b/c', 1, 'require takes a module path and a version'],
    [
      'a requirement of three words',
      'require a.b/c v1.0.0 x',
      1,
      'require takes a module path and a version',
    ],
    ['a branch', 'require a.b/c main', 1, 'a.b/c@main: invalid version: not a semantic version'],
    [
      'a version of another major',
      'require a.b/c/v2 v1.0.0',
      1,
      'a.b/c/v2@v1.0.0: invalid version: the path wants v2, not v1',
    ],
    [
      'an exclusion of another major',
      'exclude a.b/c v2.0.0',
      1,
      'a.b/c@v2.0.0: invalid version: the path wants v0 or v1, not v2',
    ],
    [
      'a path with a wrong suffix',
      'require a.b/c/v1 v1.0.0',
      1,
      'a.b/c/v1: invalid module path: the major version suffix is malformed',
    ],
    [
      'a replacement without an arrow',
      'replace a.b/c ../c',
      1,
      'replace takes path [version] => path version, or path [version] => directory',
    ],
    [
      'a replacement by nothing',
      'replace a.b/c =>',
      1,
      'replace takes path [version] => path version, or path [version] => directory',
    ],
    [
      'a replacement by too much',
      'replace a.b/c => a.b/d v1.0.0 x',
      1,
      'replace takes path [version] => path version, or path [version] => directory',
    ],
    [
      'a replacement by a path without version',
      'replace a.b/c => a.b/d',
      1,
      'a.b/d has no version and is no directory beginning with ./ or ../',
    ],
    [
      'a folder with a version',
      'replace a.b/c => ../d v1.0.0',
      1,
      'the directory ../d cannot have a version',
    ],
    ['a Windows folder', 'replace a.b/c => ..\\d', 1, 'the directory ..\\d is a Windows path'],
    [
      'a replacement of a path with a wrong suffix',
      'replace a.b/c/v1 => ../d',
      1,
      'a.b/c/v1: invalid module path: the major version suffix is malformed',
    ],
    [
      'a replacement of another major',
      'replace a.b/c v2.0.0 => ../d',
      1,
      'a.b/c@v2.0.0: invalid version: the path wants v0 or v1, not v2',
    ],
    ['a retraction without a version', 'retract', 1, 'retract takes a version or [low, high]'],
    [
      'a retraction of half an interval',
      'retract [v1.0.0, v1.1.0',
      1,
      'retract takes a version or [low, high]',
    ],
    ['a retraction with text behind it', 'retract v1.0.0 x', 1, 'retract takes a version or [low, high]'],
    ['two tools', 'tool a b', 1, 'tool takes one argument, not 2'],
    ['a folder to ignore in a raw string', 'ignore `x`', 1, 'malformed string: `x`'],
  ])('%s', (_, text, line, reason) => {
    expect(refusal(() => strict(text))).toEqual({
      error: 'ModuleError',
      code: 'GOMOD_MALFORMED',
      message: `go.mod:${line}: ${reason}`,
    });
  });
});

describe('synthesizedGoMod', () => {
  it('is the module line alone, with the hash that the checksum database has', () => {
    const bytes = synthesizedGoMod(parseModulePath('golang.org/toolchain'));
    expect(bytes.toString()).toBe('module golang.org/toolchain\n');
    expect(hashGoMod(bytes)).toBe('h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=');
  });
});

function strict(text: string): GoMod {
  return parseGoMod(text, 'go.mod', { lax: false });
}

function lax(text: string): GoMod {
  return parseGoMod(text, 'go.mod', { lax: true });
}
