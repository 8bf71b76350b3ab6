import { describe, expect, it } from 'vitest';
import { matchesPatterns, parsePatterns } from '../../src/gomod/pattern.ts';
import { refusal } from './refusal.ts';

describe('a pattern matches', () => {
  it.each([
    ['the path itself', 'corp.example/lib', 'corp.example/lib'],
    ['the paths below it', 'corp.example/lib', 'corp.example/lib/a/b'],
    ['every path of a domain', 'corp.example', 'corp.example/lib'],
    ['a star within one element', '*.corp.example', 'git.corp.example/lib'],
    ['a star that stands for nothing', 'a*.b', 'a.b'],
    ['two stars', 'a*c*e/x', 'abcde/x'],
    ['stars in a row as one', 'a**e', 'abcde'],
    ['a question mark for one character', 'a?c', 'abc/d'],
    ['a range', 'host[0-9].b', 'host7.b'],
    ['a negated class', 'host[^0-9].b', 'hostx.b'],
    ['a character behind a backslash', 'a\\*b', 'a*b'],
    ['a bracket behind a backslash in a class', 'a[\\]]b', 'a]b'],
    ['in spite of a slash at its end', 'corp.example/', 'corp.example/lib'],
    ['if any of a list does', 'x.y,,corp.example/lib', 'corp.example/lib'],
  ])('%s', (_, patterns, path) => {
    expect(matchesPatterns(parsePatterns(patterns), path)).toBe(true);
  });
});

describe('a pattern does not match', () => {
  it.each([
    ['a longer name', 'corp.example/lib', 'corp.example/library'],
    ['the path above it', 'corp.example/lib', 'corp.example'],
    ['a star across a slash', 'corp*lib', 'corp.example/lib'],
    ['a star across a slash, where a class has taken the slash', '*[/a]', 'x/a'],
    ['more elements than a path has', 'corp.example/*', 'corp.example'],
    ['a question mark for nothing', 'a?', 'a'],
    ['a question mark for a slash', 'a?b/c', 'a/b/c'],
    ['a class of one for two', 'a[bc]', 'abc'],
    ['another case', 'corp.example', 'Corp.example'],
    ['anything, where it is empty', '', 'corp.example'],
    ['anything, where it is only commas', ',,', 'corp.example'],
    ['anything, where it is a lone slash', '/', 'corp.example'],
  ])('%s', (_, patterns, path) => {
    expect(matchesPatterns(parsePatterns(patterns), path)).toBe(false);
  });

  it('in time that grows with every star: fifty of them against a long name', () => {
    const patterns = parsePatterns(`${'*a'.repeat(50)}b`);
    expect(matchesPatterns(patterns, 'a'.repeat(5_000))).toBe(false);
  });
});

describe('parsePatterns refuses', () => {
  it.each([
    ['a class that is not closed', 'a[b', 'a[b: invalid pattern: a character class is not closed'],
    ['a class that ends in a backslash', 'a[\\', 'a[\\: invalid pattern: a character class is not closed'],
    ['an empty class', 'a[]', 'a[]: invalid pattern: ] in a character class needs a backslash'],
    ['a negated empty class', 'a[^]', 'a[^]: invalid pattern: ] in a character class needs a backslash'],
    ['a range without an end', 'a[b-]', 'a[b-]: invalid pattern: ] in a character class needs a backslash'],
    [
      'a range without a beginning',
      'a[-b]',
      'a[-b]: invalid pattern: - in a character class needs a backslash',
    ],
    ['a backslash at the end', 'a\\', 'a\\: invalid pattern: it ends in a backslash'],
    [
      'white space behind a comma',
      'a.b, c.d',
      '" c.d": invalid pattern: white space around it is part of the pattern',
    ],
    ['one bad pattern among good ones', 'a.b,[,c.d', '[: invalid pattern: a character class is not closed'],
  ])('%s', (_, text, message) => {
    expect(refusal(() => parsePatterns(text))).toEqual({
      error: 'ModuleError',
      code: 'PATTERN_INVALID',
      message,
    });
  });
});
