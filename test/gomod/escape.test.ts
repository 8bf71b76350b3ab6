import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from '../../src/gomod/escape.ts';
import { parseModulePath } from '../../src/gomod/module-path.ts';
import { canonicalVersion, parseVersion } from '../../src/gomod/version.ts';
import { paths, versions } from './inputs.ts';
import { accepted, refusal } from './refusal.ts';

describe('escaping', () => {
  it('puts an exclamation mark and a small letter for each capital', () => {
    expect(escapePath(parseModulePath('github.com/BurntSushi/tomlV2'))).toBe(
      'github.com/!burnt!sushi/toml!v2',
    );
    expect(escapeVersion(parseVersion('v1.0.0-RC1'))).toBe('v1.0.0-!r!c1');
  });

  it('leaves text without capitals as it is', () => {
    expect(escapePath(parseModulePath('golang.org/x/text'))).toBe('golang.org/x/text');
    expect(escapeVersion(parseVersion('v2.0.0+incompatible'))).toBe('v2.0.0+incompatible');
  });

  it('never makes one name of two on a file system that ignores case', () => {
    fc.assert(
      fc.property(proved(paths, parseModulePath), proved(paths, parseModulePath), (a, b) => {
        expect(escapePath(a).toLowerCase() === escapePath(b).toLowerCase()).toBe(a === b);
      }),
    );
  });

  it('is undone by unescaping', () => {
    fc.assert(fc.property(proved(paths, parseModulePath), (path) => unescapePath(escapePath(path)) === path));
    const canonical = versions.filter((text) => canonicalVersion(text) === text).map(parseVersion);
    fc.assert(fc.property(canonical, (version) => unescapeVersion(escapeVersion(version)) === version));
  });

  it('is the only form that unescaping accepts', () => {
    const escaped = fc.oneof(
      paths,
      fc.array(fc.constantFrom(...'ab!AZ/.'), { maxLength: 8 }).map((all) => `a.b/${all.join('')}`),
    );
    fc.assert(
      fc.property(escaped, (text) => {
        const path = accepted(() => unescapePath(text));
        if (path !== undefined) expect(escapePath(path)).toBe(text);
      }),
    );
  });
});

describe('unescaping refuses', () => {
  it.each([
    ['a capital', 'github.com/BurntSushi', 'github.com/BurntSushi', 'it has a bare capital letter'],
    ['a mark before a capital', 'a.b/!C', 'a.b/!C', 'it has a bare capital letter'],
    ['a mark before a digit', 'a.b/!1', 'a.b/!1', 'an exclamation mark without a small letter after it'],
    ['two marks', 'a.b/!!c', 'a.b/!!c', 'an exclamation mark without a small letter after it'],
    ['a mark at the end', 'a.b/c!', 'a.b/c!', 'an exclamation mark without a small letter after it'],
    [
      'what is not ASCII',
      'a.b/é',
      '"a.b/é"',
      '"a.b/é": invalid module path: element "é" has a character that is not allowed',
    ],
    [
      'a percent sign',
      'a.b/%21c',
      'a.b/%21c',
      'a.b/%21c: invalid module path: element %21c has a character that is not allowed',
    ],
    [
      'the way out of a folder',
      'a.b/../c',
      'a.b/../c',
      'a.b/../c: invalid module path: element .. begins with a dot',
    ],
    [
      'a domain name with a capital',
      '!example.com',
      '!example.com',
      'Example.com: invalid module path: the first element is not a lower-case domain name',
    ],
    ['the empty text', '', '""', '"": invalid module path: empty'],
  ])('%s in a path', (_, escaped, quoted, cause) => {
    expect(refusal(() => unescapePath(escaped))).toEqual({
      error: 'ModuleError',
      code: 'ESCAPE_INVALID',
      message: `${quoted}: invalid escaped module path: ${cause}`,
    });
  });

  it.each([
    ['a capital', 'v1.0.0-RC1', 'it has a bare capital letter'],
    ['a branch', 'main', 'main: invalid version: not a semantic version'],
    ['a short version', 'v1', 'v1: invalid version: not canonical, which would be v1.0.0'],
    ['a folder', 'v1.0.0/../x', 'v1.0.0/../x: invalid version: not a semantic version'],
  ])('%s in a version', (_, escaped, cause) => {
    expect(refusal(() => unescapeVersion(escaped))).toEqual({
      error: 'ModuleError',
      code: 'ESCAPE_INVALID',
      message: `${escaped}: invalid escaped version: ${cause}`,
    });
  });
});

function proved<T>(texts: fc.Arbitrary<string>, parse: (text: string) => T): fc.Arbitrary<T> {
  return texts.filter((text) => accepted(() => parse(text)) !== undefined).map(parse);
}
