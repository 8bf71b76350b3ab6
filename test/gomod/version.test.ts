import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalVersion,
  isPrerelease,
  isPseudoVersion,
  isRelease,
  parseVersion,
  pseudoVersionTime,
  sortVersions,
} from '../../src/gomod/version.ts';
import { versions } from './inputs.ts';
import { refusal } from './refusal.ts';

describe('parseVersion', () => {
  it.each([
    'v1.2.3',
    'v2.0.0+incompatible',
    'v0.0.0-20200102150405-abcdef123456',
    'v1.0.0-rc.1+incompatible',
  ])('accepts the canonical %s', (version) => {
    expect(parseVersion(version)).toBe(version);
  });

  it.each([
    ['a branch', 'master', 'master: invalid version: not a semantic version'],
    ['the empty text', '', '"": invalid version: not a semantic version'],
    ['a short form', 'v1.2', 'v1.2: invalid version: not canonical, which would be v1.2.0'],
    ['build metadata', 'v1.2.3+meta', 'v1.2.3+meta: invalid version: not canonical, which would be v1.2.3'],
  ])('refuses %s', (_, version, message) => {
    expect(refusal(() => parseVersion(version))).toEqual({
      error: 'ModuleError',
      code: 'VERSION_INVALID',
      message,
    });
  });
});

it('canonicalVersion keeps +incompatible and no other build metadata', () => {
  expect(canonicalVersion('v3.0.0+incompatible')).toBe('v3.0.0+incompatible');
  expect(canonicalVersion('v3.0.0+incompatible.1')).toBe('v3.0.0');
  expect(canonicalVersion('v3')).toBe('v3.0.0');
  expect(canonicalVersion('three')).toBeUndefined();
});

describe('isPseudoVersion', () => {
  it.each([
    'v0.0.0-20200102150405-abcdef123456',
    'v2.0.0-20200102150405-abcdef123456',
    'v1.2.4-0.20200102150405-abcdef123456',
    'v1.2.3-rc.1.0.20200102150405-abcdef123456',
    'v2.0.1-0.20200102150405-abcdef123456+incompatible',
    'v0.0.0-99999999999999-A',
  ])('recognises %s', (version) => {
    expect(isPseudoVersion(version)).toBe(true);
    expect([isRelease(version), isPrerelease(version)]).toEqual([false, false]);
  });

  it.each([
    ['a release', 'v1.2.3'],
    ['a pre-release with dashes', 'v1.2.3-a-b'],
    ['thirteen digits', 'v0.0.0-2020010215040-abcdef123456'],
    ['no revision', 'v0.0.0-20200102150405'],
    ['a base without the zero', 'v1.2.4-20200102150405-abcdef123456'],
    ['a base with another number', 'v1.2.4-1.20200102150405-abcdef123456'],
    ['a minor version before a plain timestamp', 'v0.1.0-20200102150405-abcdef123456'],
    ['a toolchain', 'v0.0.1-go1.25.3.linux-amd64'],
    ['what is no version at all', 'v01.0.0-20200102150405-abcdef123456'],
  ])('does not take %s for one', (_, version) => {
    expect(isPseudoVersion(version)).toBe(false);
    expect(pseudoVersionTime(version)).toBeUndefined();
  });
});

describe('pseudoVersionTime', () => {
  it.each([
    ['v0.0.0-20200102150405-abcdef123456', '2020-01-02T15:04:05.000Z'],
    ['v1.2.4-0.20200229235959-abc+incompatible', '2020-02-29T23:59:59.000Z'],
    ['v0.0.0-00010101000000-000000000000', '0001-01-01T00:00:00.000Z'],
  ])('reads that of %s', (version, time) => {
    expect(pseudoVersionTime(version)?.toISOString()).toBe(time);
  });

  it.each([
    '20200230000000',
    '20210229000000',
    '20201301000000',
    '20200100000000',
    '20200102240000',
    '20200102006000',
  ])('does not move %s to another day', (timestamp) => {
    const version = `v0.0.0-${timestamp}-abcdef123456`;
    expect(isPseudoVersion(version)).toBe(true);
    expect(pseudoVersionTime(version)).toBeUndefined();
  });
});

it('a release has no pre-release, a pre-release is no pseudo-version, and nothing else is either', () => {
  expect(['v1.0.0', 'v2.0.0+incompatible', 'v1.0.0-rc.1', 'master'].map(isRelease)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(['v1.0.0', 'v1.0.0-rc.1', 'v1.0.0-a-b', 'master'].map(isPrerelease)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

describe('sortVersions', () => {
  it('gives the same list for every order of the same versions, and leaves its argument alone', () => {
    const list = fc.array(versions, { maxLength: 12 });
    fc.assert(
      fc.property(
        list.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const before = [...shuffled];
          expect(sortVersions(shuffled)).toEqual(sortVersions(all));
          expect(shuffled).toEqual(before);
        },
      ),
    );
  });

  it('puts v2.0.0 before v2.0.0+incompatible, which semver calls equal', () => {
    expect(sortVersions(['v2.0.0+incompatible', 'v10.0.0', 'v2.0.0'])).toEqual([
      'v2.0.0',
      'v2.0.0+incompatible',
      'v10.0.0',
    ]);
  });
});
