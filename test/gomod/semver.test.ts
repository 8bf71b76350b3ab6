import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalSemver,
  compareSemver,
  isValidSemver,
  parseSemver,
  prerelease,
  semverMajor,
} from '../../src/gomod/semver.ts';
import { versions } from './inputs.ts';

/** In rising order; each is strictly below the next. */
const RISING = [
  'bad',
  'v0.0.0-0',
  'v0.0.0-20200102150405-abcdef123456',
  'v0.0.0',
  'v0.9.0',
  'v0.10.0',
  'v1.0.0-0',
  'v1.0.0-1',
  'v1.0.0-2',
  'v1.0.0-10',
  'v1.0.0--',
  'v1.0.0-RC',
  'v1.0.0-alpha',
  'v1.0.0-alpha.1',
  'v1.0.0-alpha.beta',
  'v1.0.0-beta',
  'v1.0.0-beta.2',
  'v1.0.0-beta.11',
  'v1.0.0-rc.1',
  'v1.0.0-rc.1.0.20200102150405-abcdef123456',
  'v1',
  'v1.0.1',
  'v1.1',
  'v9007199254740992.0.0',
  'v9007199254740993.0.0',
  'v99999999999999999999.0.0',
];

describe('isValidSemver', () => {
  it.each([
    'v0.0.0',
    'v1',
    'v1.2',
    'v1.2.3-rc.1',
    'v1.2.3-0a',
    'v1.2.3--',
    'v1.2.3+meta.01',
    'v1.2.3-a.b-c+d-e.f',
    'v0.0.1-go1.25.3.linux-amd64',
  ])('accepts %s', (version) => {
    expect(isValidSemver(version)).toBe(true);
  });

  it.each([
    ['no v', '1.2.3'],
    ['a capital V', 'V1.2.3'],
    ['nothing but v', 'v'],
    ['four numbers', 'v1.2.3.4'],
    ['a leading zero', 'v1.02.3'],
    ['an empty number', 'v1..3'],
    ['a trailing dot', 'v1.2.'],
    ['a sign', 'v-1.2.3'],
    ['a pre-release of a short form', 'v1.2-rc'],
    ['build metadata of a short form', 'v1+meta'],
    ['an empty pre-release', 'v1.2.3-'],
    ['an empty identifier', 'v1.2.3-a..b'],
    ['a number with a leading zero in the pre-release', 'v1.2.3-01'],
    ['empty build metadata', 'v1.2.3+'],
    ['two plus signs', 'v1.2.3+a+b'],
    ['an underscore', 'v1.2.3-a_b'],
    ['a newline', 'v1.2.3\n'],
    ['white space in front', ' v1.2.3'],
    ['a digit that is not ASCII', 'v1.2.٣'],
    ['a go.mod suffix', 'v1.2.3/go.mod'],
  ])('refuses %s', (_, version) => {
    expect(isValidSemver(version)).toBe(false);
    expect([canonicalSemver(version), semverMajor(version), prerelease(version)]).toEqual(['', '', '']);
  });
});

describe('canonicalSemver', () => {
  it.each([
    ['v1', 'v1.0.0'],
    ['v1.2', 'v1.2.0'],
    ['v1.2.3', 'v1.2.3'],
    ['v1.2.3-rc.1+meta', 'v1.2.3-rc.1'],
    ['v2.0.0+incompatible', 'v2.0.0'],
  ])('makes of %s %s', (version, canonical) => {
    expect(canonicalSemver(version)).toBe(canonical);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(versions, (text) => canonicalSemver(canonicalSemver(text)) === canonicalSemver(text)),
    );
  });
});

it('parseSemver takes a version apart', () => {
  expect(parseSemver('v1.2.3-rc.1+meta')).toEqual({
    major: '1',
    minor: '2',
    patch: '3',
    prerelease: '-rc.1',
    build: '+meta',
  });
});

describe('compareSemver', () => {
  it('keeps the order of the specification, and puts what is no version first', () => {
    const wrong = RISING.flatMap((a, i) =>
      RISING.flatMap((b, j) => (Math.sign(compareSemver(a, b)) === Math.sign(i - j) ? [] : [[a, b]])),
    );
    expect(wrong).toEqual([]);
  });

  it('does not look at build metadata or at how short a version is written', () => {
    expect(compareSemver('v2.0.0+incompatible', 'v2.0.0')).toBe(0);
    expect(compareSemver('v1', 'v1.0.0')).toBe(0);
    expect(compareSemver('bad', 'worse')).toBe(0);
  });

  it('is antisymmetric and transitive', () => {
    fc.assert(
      fc.property(versions, versions, versions, (a, b, c) => {
        expect(compareSemver(a, b) + compareSemver(b, a)).toBe(0);
        if (compareSemver(a, b) <= 0 && compareSemver(b, c) <= 0) {
          expect(compareSemver(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
