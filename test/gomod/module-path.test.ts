import { describe, expect, it } from 'vitest';
import { checkFilePath, parseModulePath, splitPathVersion } from '../../src/gomod/module-path.ts';
import { refusal } from './refusal.ts';

describe('parseModulePath accepts', () => {
  it.each([
    ['a domain name alone', 'example.com'],
    ['elements of all allowed characters', 'example.com/aZ09/a-b/a.b/a_b/a~b'],
    ['capitals behind the first element', 'github.com/BurntSushi/toml'],
    ['a tilde before text that is not all digits', 'example.com/a~1b'],
    ['a tilde and digits behind the first dot', 'example.com/a.b~1'],
    ['an element that merely begins like a reserved name', 'example.com/console/com10/com0/lpt/auxx'],
    ['a dash inside the first element', 'a-b.example.com'],
    ['a major version', 'example.com/m/v2'],
    ['a major version of two digits', 'example.com/m/v10'],
    ['a number in an element that is not the last', 'example.com/v1/m'],
    ['gopkg.in with a version', 'gopkg.in/yaml.v2'],
    ['gopkg.in with version zero', 'gopkg.in/yaml.v0'],
    ['gopkg.in unstable', 'gopkg.in/yaml.v3-unstable'],
  ])('%s', (_, path) => {
    expect(parseModulePath(path)).toBe(path);
  });
});

describe('parseModulePath refuses', () => {
  it.each([
    ['the empty text', '', '""', 'empty'],
    ['a leading dash', '-a.b/c', '-a.b/c', 'it begins with a dash'],
    ['a leading slash', '/a.b', '/a.b', 'empty element'],
    ['a double slash', 'a.b//c', 'a.b//c', 'empty element'],
    ['a trailing slash', 'a.b/c/', 'a.b/c/', 'empty element'],
    ['a dot for an element', 'a.b/./c', 'a.b/./c', 'element . begins with a dot'],
    ['two dots for an element', 'a.b/../c', 'a.b/../c', 'element .. begins with a dot'],
    ['a leading dot', 'a.b/.c', 'a.b/.c', 'element .c begins with a dot'],
    ['a trailing dot', 'a.b/c./d', 'a.b/c./d', 'element c. ends in a dot'],
    ['a blank', 'a.b/c d', '"a.b/c d"', 'element "c d" has a character that is not allowed'],
    ['a plus sign', 'a.b/c+d', 'a.b/c+d', 'element c+d has a character that is not allowed'],
    ['an exclamation mark', 'a.b/!c', 'a.b/!c', 'element !c has a character that is not allowed'],
    ['an at sign', 'a.b/c@v1', 'a.b/c@v1', 'element c@v1 has a character that is not allowed'],
    ['a backslash', 'a.b/c\\d', 'a.b/c\\d', 'element c\\d has a character that is not allowed'],
    ['a percent sign', 'a.b/%2e', 'a.b/%2e', 'element %2e has a character that is not allowed'],
    ['a letter that is not ASCII', 'a.b/é', '"a.b/é"', 'element "é" has a character that is not allowed'],
    [
      'a Kelvin sign that folds to k',
      'a.b/\u212a',
      '"a.b/\u212a"',
      'element "\u212a" has a character that is not allowed',
    ],
    ['a newline', 'a.b/c\n', '"a.b/c\\n"', 'element "c\\n" has a character that is not allowed'],
    [
      'half a surrogate pair',
      'a.b/\ud800',
      '"a.b/\\ud800"',
      'element "\\ud800" has a character that is not allowed',
    ],
    ['CON', 'a.b/CON', 'a.b/CON', 'element CON is reserved on Windows'],
    ['aux with an ending', 'a.b/aux.go', 'a.b/aux.go', 'element aux.go is reserved on Windows'],
    ['lPt9 in mixed case', 'a.b/lPt9/c', 'a.b/lPt9/c', 'element lPt9 is reserved on Windows'],
    [
      'a Windows short name',
      'a.b/longna~1',
      'a.b/longna~1',
      'element longna~1 looks like a Windows short name',
    ],
    [
      'a short name with an ending',
      'a.b/x~12.go',
      'a.b/x~12.go',
      'element x~12.go looks like a Windows short name',
    ],
    ['no dot in the first element', 'corp/lib', 'corp/lib', 'the first element has no dot'],
    [
      'a capital in the first element',
      'Example.com/m',
      'Example.com/m',
      'the first element is not a lower-case domain name',
    ],
    [
      'an underscore in the first element',
      'a_b.c/m',
      'a_b.c/m',
      'the first element is not a lower-case domain name',
    ],
    ['a tilde in the first element', 'a~b.c', 'a~b.c', 'the first element is not a lower-case domain name'],
    ['major version 1', 'a.b/c/v1', 'a.b/c/v1', 'the major version suffix is malformed'],
    ['major version 0', 'a.b/c/v0', 'a.b/c/v0', 'the major version suffix is malformed'],
    ['a leading zero in the version', 'a.b/c/v02', 'a.b/c/v02', 'the major version suffix is malformed'],
    ['a minor version', 'a.b/c/v2.0', 'a.b/c/v2.0', 'the major version suffix is malformed'],
    ['gopkg.in without a version', 'gopkg.in/yaml', 'gopkg.in/yaml', 'the major version suffix is malformed'],
    [
      'gopkg.in with a slash version',
      'gopkg.in/yaml/v2',
      'gopkg.in/yaml/v2',
      'the major version suffix is malformed',
    ],
    [
      'gopkg.in with a leading zero',
      'gopkg.in/yaml.v02',
      'gopkg.in/yaml.v02',
      'the major version suffix is malformed',
    ],
  ])('%s', (_, path, quoted, reason) => {
    expect(refusal(() => parseModulePath(path))).toEqual({
      error: 'ModuleError',
      code: 'PATH_INVALID',
      message: `${quoted}: invalid module path: ${reason}`,
    });
  });

  it('a path of a million characters with a message of a few hundred', () => {
    const { message } = refusal(() => parseModulePath(`a.b/${'é'.repeat(1_000_000)}`));
    expect(message.length).toBeLessThan(700);
  });
});

describe('splitPathVersion', () => {
  it.each([
    ['finds no version in a plain path', 'a.b/c', 'a.b/c', '', true],
    ['parts a slash version', 'a.b/c/v2', 'a.b/c', '/v2', true],
    ['sees no version in a bare v', 'a.b/c/v', 'a.b/c/v', '', true],
    ['sees no version in a longer word', 'a.b/c/rev2', 'a.b/c/rev2', '', true],
    ['refuses version 1', 'a.b/c/v1', 'a.b/c/v1', '', false],
    ['refuses dots', 'a.b/c/v2.1', 'a.b/c/v2.1', '', false],
    ['parts a dot version of gopkg.in', 'gopkg.in/a.v1', 'gopkg.in/a', '.v1', true],
    ['keeps unstable with the version', 'gopkg.in/a.v1-unstable', 'gopkg.in/a', '.v1-unstable', true],
    ['refuses gopkg.in without version', 'gopkg.in/a', 'gopkg.in/a', '', false],
    ['refuses a version that is the whole path', 'v2', 'v2', '', true],
  ])('%s', (_, path, prefix, pathMajor, ok) => {
    expect(splitPathVersion(path)).toEqual({ prefix, pathMajor, ok });
  });
});

describe('checkFilePath', () => {
  it.each([
    ['every allowed punctuation mark', 'a!#$%&()+,-.=@[]^_{}~ b'],
    ['letters of any script', 'docs/é世界𐐀.md'],
    ['a leading dot', '.github/workflows'],
    ['a leading dash', '-x/-y'],
    ['something like a short name', 'longna~1'],
    ['elements that merely begin like reserved names', 'console/com0/com10/nulx/lpt'],
    ['a reserved name behind a dot', 'a.con'],
    ['spaces at both ends', ' a '],
  ])('accepts %s', (_, path) => {
    expect(checkFilePath(path)).toBeUndefined();
  });

  it.each([
    ['the empty text', '', '""', 'empty'],
    ['a leading slash', '/a', '/a', 'empty element'],
    ['a double slash', 'a//b', 'a//b', 'empty element'],
    ['a trailing slash', 'a/', 'a/', 'empty element'],
    ['a single dot', './a', './a', 'an element ends in a dot'],
    ['two dots', 'a/../b', 'a/../b', 'an element ends in a dot'],
    ['a trailing dot', 'a./b', 'a./b', 'an element ends in a dot'],
    ['NUL with an ending', 'x/nul.txt', 'x/nul.txt', 'element nul.txt is reserved on Windows'],
    ['PRN', 'PRN', 'PRN', 'element PRN is reserved on Windows'],
    ['com1', 'com1/x', 'com1/x', 'element com1 is reserved on Windows'],
    ...[...'"\'*<>?`|\\:\n\t\0\x7f'].map((char) => {
      const quoted = /["\n\t\0\x7f]/.test(char)
        ? JSON.stringify(`a${char}`).replace('\x7f', '\\u{7f}')
        : `a${char}`;
      return [`the character ${JSON.stringify(char)}`, `a${char}`, quoted, 'a character that is not allowed'];
    }),
    ['a digit that is not ASCII', 'a٣', '"a٣"', 'a character that is not allowed'],
    ['a combining mark', 'e\u0301', '"e\u0301"', 'a character that is not allowed'],
    ['a no-break space', 'a\u00a0b', '"a\u00a0b"', 'a character that is not allowed'],
    ['a sign that turns text around', 'a\u202eb', '"a\\u{202e}b"', 'a character that is not allowed'],
    ['an emoji', 'a\u{1f600}', '"a\u{1f600}"', 'a character that is not allowed'],
    ['half a surrogate pair', 'a\udc00', '"a\\udc00"', 'a character that is not allowed'],
  ])('refuses %s', (_, path, quoted, reason) => {
    expect(refusal(() => checkFilePath(path ?? ''))).toEqual({
      error: 'ModuleError',
      code: 'PATH_INVALID',
      message: `${quoted}: invalid file path: ${reason}`,
    });
  });
});
