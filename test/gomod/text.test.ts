import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fields, quote, trimSpace } from '../../src/gomod/text.ts';

describe('white space is that of Go', () => {
  it('in fields: U+0085 parts them, U+FEFF does not', () => {
    expect(fields(' a\u0085b\u00a0c\u2003d\u3000e\ufefff\t')).toEqual(['a', 'b', 'c', 'd', 'e\ufefff']);
    expect(fields(' \n ')).toEqual([]);
  });

  it('in trimSpace, which agrees with fields on every text', () => {
    const text = fc.array(
      fc.constantFrom(
        ...'ab \t\n\v\f\r\u0085\u00a0\u1680\u2000\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff',
      ),
    );
    fc.assert(
      fc.property(text, (characters) => {
        const trimmed = trimSpace(characters.join(''));
        const found = fields(characters.join(''));
        expect(fields(trimmed)).toEqual(found);
        expect(trimmed.startsWith(found.at(0) ?? '')).toBe(true);
        expect(trimmed.endsWith(found.at(-1) ?? '')).toBe(true);
        expect(trimmed === '').toBe(found.length === 0);
      }),
    );
  });
});

describe('quote', () => {
  it.each([
    ['plain text as it is', 'github.com/a/B@v1.0.0', 'github.com/a/B@v1.0.0'],
    ['nothing as two quotation marks', '', '""'],
    ['a blank in quotation marks', 'a b', '"a b"'],
    ['a quotation mark escaped', 'a"b', '"a\\"b"'],
    ['a letter of another script as it is', 'é', '"é"'],
    ['a newline escaped', 'a\nb', '"a\\nb"'],
    ['an escape sequence escaped', '\u001b[31m', '"\\u001b[31m"'],
    ['a control character above ASCII escaped', '\u009b1m', '"\\u{9b}1m"'],
    ['a change of direction escaped', '\u202e', '"\\u{202e}"'],
    ['a line separator escaped', 'a\u2028b', '"a\\u{2028}b"'],
    ['half a surrogate pair escaped', '\ud83d', '"\\ud83d"'],
  ])('shows %s', (_, text, shown) => {
    expect(quote(text)).toBe(shown);
  });

  it('cuts long text', () => {
    expect(quote('a'.repeat(300))).toBe(`${'a'.repeat(256)}…`);
  });

  it('never shows anything that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(quote(text))),
    );
  });
});
