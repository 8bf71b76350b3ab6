import { describe, expect, it } from 'vitest';
import { compareGoVersions, supportsPruning } from '../../src/gomod/go-version.ts';

describe('compareGoVersions', () => {
  it('orders as the go command does', () => {
    const ordered = [
      'none',
      '1.9',
      '1.17rc1',
      '1.17',
      '1.17.1',
      '1.20.14',
      '1.21',
      '1.21beta1',
      '1.21rc1',
      '1.21rc2',
      '1.21.0',
      '1.21.10',
      '1.22',
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(`${a} ${b} ${Math.sign(compareGoVersions(a, b))}`).toBe(`${a} ${b} ${Math.sign(i - j)}`);
      }
    }
  });

  it('takes a language version for the same as its .0 before Go 1.21 only', () => {
    expect([compareGoVersions('1.20', '1.20.0'), Math.sign(compareGoVersions('1.21', '1.21.0'))]).toEqual([
      0, -1,
    ]);
  });
});

describe('supportsPruning', () => {
  it.each([
    [undefined, false],
    ['1.16', false],
    ['1.17rc1', false],
    ['1.17', true],
    ['1.9', false],
    ['1.26.3', true],
    ['1.27rc1', true],
  ])('of go %s is %s', (go, answer) => {
    expect(supportsPruning(go)).toBe(answer);
  });
});
