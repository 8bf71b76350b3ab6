import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLatest, listedVersions } from '../../src/gomod/latest.ts';
import { isPseudoVersion, parseVersion, type Version } from '../../src/gomod/version.ts';
import { versions as texts } from './inputs.ts';
import { accepted } from './refusal.ts';

describe('chooseLatest takes', () => {
  it.each([
    ['the highest release', ['v1.9.0', 'v1.10.0', 'v1.2.0'], 'v1.10.0'],
    ['a release before a higher pre-release', ['v1.0.0', 'v1.1.0-rc.1'], 'v1.0.0'],
    [
      'an incompatible release, where it is the highest',
      ['v1.0.0', 'v3.0.0+incompatible'],
      'v3.0.0+incompatible',
    ],
    [
      'the highest pre-release where there is no release',
      ['v1.0.0-rc.2', 'v1.0.0-rc.10', 'v0.9.0-beta'],
      'v1.0.0-rc.10',
    ],
    ['a pre-release before a pseudo-version', ['v0.1.0-a', 'v0.0.0-20300102150405-abcdef123456'], 'v0.1.0-a'],
    [
      'the newest pseudo-version, not the highest',
      ['v1.0.1-0.20200102150405-aaaaaaaaaaaa', 'v0.0.0-20210102150405-bbbbbbbbbbbb'],
      'v0.0.0-20210102150405-bbbbbbbbbbbb',
    ],
    [
      'the higher pseudo-version of the same second',
      ['v0.0.0-20200102150405-bbbbbbbbbbbb', 'v1.0.1-0.20200102150405-aaaaaaaaaaaa'],
      'v1.0.1-0.20200102150405-aaaaaaaaaaaa',
    ],
    [
      'any date before digits that are no date',
      ['v0.0.0-99999999999999-aaaaaaaaaaaa', 'v0.0.0-00010101000000-000000000000'],
      'v0.0.0-00010101000000-000000000000',
    ],
    ['nothing from an empty list', [], undefined],
  ])('%s', (_, versions, latest) => {
    expect(chooseLatest(versions.map(parseVersion))).toBe(latest);
    expect(chooseLatest(versions.toReversed().map(parseVersion))).toBe(latest);
  });
});

describe('listedVersions', () => {
  it('sorts, and leaves out pseudo-versions and duplicates', () => {
    const versions = ['v1.10.0', 'v0.0.0-20200102150405-abcdef123456', 'v1.9.0', 'v1.9.0-rc.1', 'v1.10.0'];
    expect(listedVersions(versions.map(parseVersion))).toEqual(['v1.9.0-rc.1', 'v1.9.0', 'v1.10.0']);
  });

  it('holds the latest version unless that is a pseudo-version', () => {
    const version = texts
      .filter((text) => accepted(() => parseVersion(text)) !== undefined)
      .map((text): Version => parseVersion(text));
    fc.assert(
      fc.property(fc.array(version, { minLength: 1, maxLength: 6 }), (versions) => {
        const latest = chooseLatest(versions);
        if (latest === undefined) throw new Error('a list without a latest version');
        expect(listedVersions(versions).includes(latest)).toBe(!isPseudoVersion(latest));
      }),
    );
  });
});
