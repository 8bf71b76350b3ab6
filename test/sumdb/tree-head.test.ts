import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTree, openTreeHead, parseTree } from '../../src/sumdb/tree-head.ts';
import { parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { TestLog } from '../support/test-log.ts';
import { refusal } from './refusal.ts';

const ROOT = 'vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=';
const EMPTY = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const tree = (size: string, root = ROOT, title = 'go.sum database tree') => `${title}\n${size}\n${root}\n`;

describe('parseTree', () => {
  it.each([
    ['a tree', tree('35225469'), 35225469],
    ['a tree beyond 2^32 records', tree('4294967297'), 2 ** 32 + 1],
    ['the largest exact number', tree('9007199254740991'), 2 ** 53 - 1],
    ['the empty tree', tree('0', EMPTY), 0],
    ['lines that a later format adds', `${tree('7')}something new\n`, 7],
  ])('reads %s', (_, text, size) => {
    expect(parseTree(text).size).toBe(size);
  });

  it.each([
    ['nothing', '', 'not the three lines of a tree'],
    ['another title', tree('7', ROOT, 'go.sum database tree v2'), 'not the three lines of a tree'],
    ['no root', 'go.sum database tree\n7\n', 'not the three lines of a tree'],
    ['no newline at the end', tree('7').slice(0, -1), 'not the three lines of a tree'],
    ['no size', tree(''), '"" is no number of records'],
    ['a leading zero', tree('07'), '07 is no number of records'],
    ['a sign', tree('-7'), '-7 is no number of records'],
    ['a plus sign', tree('+7'), '+7 is no number of records'],
    ['a space', tree('7 '), '"7 " is no number of records'],
    ['an exponent', tree('7e3'), '7e3 is no number of records'],
    ['hexadecimal', tree('0x7'), '0x7 is no number of records'],
    ['one more than is exact', tree('9007199254740992'), '9007199254740992 is no number of records'],
    ['2^64', tree('18446744073709551616'), '18446744073709551616 is no number of records'],
    [
      'a root of 31 bytes',
      tree('7', Buffer.alloc(31).toString('base64')),
      `${'A'.repeat(42)}== is no root hash`,
    ],
    ['a root without padding', tree('7', ROOT.slice(0, -1)), `${ROOT.slice(0, -1)} is no root hash`],
    [
      'stray bits in the root',
      tree('7', ROOT.replace('Q=', 'R=')),
      `${ROOT.replace('Q=', 'R=')} is no root hash`,
    ],
    [
      'a root of no records that is not the empty one',
      tree('0'),
      'the root of no records is not the empty hash',
    ],
  ])('refuses %s', (_, text, cause) => {
    expect(refusal(() => parseTree(text))).toBe(`NOTE_INVALID invalid tree head: ${cause}`);
  });

  it('reads what formatTree writes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, bytes) => {
        const written = {
          size: size + 1 > Number.MAX_SAFE_INTEGER ? size : size + 1,
          root: Buffer.from(bytes),
        };
        expect(parseTree(formatTree(written))).toEqual(written);
      }),
    );
  });
});

describe('openTreeHead', () => {
  const log = new TestLog('log.example');
  const key = parseVerifierKey(log.key);
  log.fill(300);

  it('keeps the note as it was signed', () => {
    const head = openTreeHead(Buffer.from(log.head()), [key]);
    expect(head.note).toBe(log.head());
    expect(formatTree(head)).toBe(log.head().split('\n\n')[0]?.concat('\n'));
  });

  it('refuses a tree that nobody known has signed', () => {
    const other = new TestLog('log.example');
    expect(refusal(() => openTreeHead(log.head(), [parseVerifierKey(other.key)]))).toBe(
      `NOTE_INVALID invalid signed note: no signature of a known key, only of ${log.key.split('+', 2).join('+')}`,
    );
  });

  it('refuses a signed text that is no tree', () => {
    expect(refusal(() => openTreeHead(log.signer.note('hello\n'), [key]))).toBe(
      'NOTE_INVALID invalid tree head: not the three lines of a tree',
    );
  });
});
