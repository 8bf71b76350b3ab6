/** Simple case folding, held against the engine's own `/iu` over every code point that has a case. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldCase } from '../../src/modzip/case-fold.ts';

/** Every character that any case mapping or folding changes. */
function casedCharacters(): string[] {
  const cased: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    if (/[\p{CWCF}\p{CWL}\p{CWU}\p{CWT}]/u.test(character)) cased.push(character);
  }
  return cased;
}

/** The characters that are equal to this one but for case, by the engine; sorted by code point. */
function equalInEngine(character: string, all: string): string[] {
  const code = character.codePointAt(0)?.toString(16);
  return [...new Set(all.match(new RegExp(`\\u{${code}}`, 'giu')))];
}

describe('foldCase', () => {
  it('joins exactly the characters that /iu joins', { timeout: 60_000 }, () => {
    const cased = casedCharacters();
    const all = cased.join('');
    const byFold = Map.groupBy(cased, foldCase);
    expect(cased.length).toBeGreaterThan(2_800);
    for (const character of cased) {
      expect(byFold.get(foldCase(character)), character).toEqual(equalInEngine(character, all));
    }
  });

  it.each([
    ['README', 'readme'],
    ['\u212a', 'k'],
    ['\u017f', 'S'],
    ['\u03c2', '\u03a3'],
    ['\u1e9e', '\u00df'],
    ['\u{10400}', '\u{10428}'],
  ])('takes %s and %s for one', (a, b) => {
    expect(foldCase(a)).toBe(foldCase(b));
  });

  it.each([
    ['\u0131', 'i'],
    ['\u0130', 'i'],
    ['\u00df', 'ss'],
    ['\ufb00', 'ff'],
    ['e\u0301', '\u00e9'],
  ])('keeps %s and %s apart', (a, b) => {
    expect(foldCase(a)).not.toBe(foldCase(b));
  });

  it('folds what is folded to itself, one character at a time', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'aKkSs\u017f\u212a\u00df\u1e9e\u03c3\u03c2\u{10400}.-'),
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(foldCase(foldCase(a))).toBe(foldCase(a));
        expect(foldCase(a + b)).toBe(foldCase(a) + foldCase(b));
      }),
    );
  });
});
