import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unquote } from '../../src/gomod/go-string.ts';

it.each([
  ['plain text', '"a b"', 'a b'],
  ['nothing', '""', ''],
  ['the short escapes', '"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\x07\b\f\n\r\t\v\\"'],
  ['bytes in both notations', '"\\x41\\102\\xe4\\xb8\\x96"', 'AB世'],
  ['code points', '"\\u4e16\\U0001f600"', '世\u{1f600}'],
  ['a byte that is no UTF-8 as U+FFFD', '"\\xff"', '\ufffd'],
])('unquote reads %s', (_, literal, text) => {
  expect(unquote(literal)).toBe(text);
});

it.each([
  ['no quotation marks', 'a'],
  ['one quotation mark', '"'],
  ['no mark at the end', '"a'],
  ['a mark in the middle', '"a"b"'],
  ['a newline', '"a\nb"'],
  ['a raw string', '`a`'],
  ['a backslash at the end', '"a\\"'],
  ['an escaped apostrophe', '"\\\'"'],
  ['an unknown escape', '"\\q"'],
  ['an octal escape above 255', '"\\400"'],
  ['an octal escape of two digits', '"\\12"'],
  ['a byte of one digit', '"\\x1"'],
  ['a code point of three digits', '"\\u123"'],
  ['half a surrogate pair', '"\\udfff"'],
  ['a code point above Unicode', '"\\U00110000"'],
])('unquote refuses %s', (_, literal) => {
  expect(unquote(literal)).toBeUndefined();
});

it('unquote reads back every text whose marks, backslashes and newlines are escaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const literal = `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
      expect(unquote(literal)).toBe(text);
    }),
  );
});
