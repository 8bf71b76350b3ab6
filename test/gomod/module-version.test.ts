import { describe, expect, it } from 'vitest';
import {
  compareModuleVersions,
  formatModuleVersion,
  parseModuleVersion,
  pathMajorProblem,
  withVersion,
} from '../../src/gomod/module-version.ts';
import { refusal } from './refusal.ts';

describe('parseModuleVersion accepts', () => {
  it.each([
    ['v0 without a suffix', 'example.com/m', 'v0.1.0'],
    ['v1 without a suffix', 'example.com/m', 'v1.0.0'],
    ['a higher version marked as incompatible', 'example.com/m', 'v4.0.0+incompatible'],
    ['the version of the suffix', 'example.com/m/v2', 'v2.3.4'],
    ['a pseudo-version of the suffix', 'example.com/m/v3', 'v3.0.0-20200102150405-abcdef123456'],
    ['the version of a gopkg.in path', 'gopkg.in/yaml.v2', 'v2.4.0'],
    ['the version of an unstable gopkg.in path', 'gopkg.in/yaml.v2-unstable', 'v2.4.0'],
    [
      'the old v0.0.0 pseudo-version of a .v1 path',
      'gopkg.in/check.v1',
      'v0.0.0-20161208181325-20d25e280405',
    ],
    ['a toolchain', 'golang.org/toolchain', 'v0.0.1-go1.25.3.linux-amd64'],
  ])('%s', (_, path, version) => {
    const mv = parseModuleVersion(path, version);
    expect(mv).toEqual({ path, version });
    expect(formatModuleVersion(mv)).toBe(`${path}@${version}`);
  });
});

describe('parseModuleVersion refuses', () => {
  it.each([
    ['a branch', 'example.com/m', 'main', 'not a semantic version'],
    ['the empty version', 'example.com/m', '', 'not a semantic version'],
    ['a short version', 'example.com/m', 'v1', 'not canonical, which would be v1.0.0'],
    ['build metadata', 'example.com/m', 'v1.0.0+meta', 'not canonical, which would be v1.0.0'],
    ['a higher version without a suffix', 'example.com/m', 'v2.0.0', 'the path wants v0 or v1, not v2'],
    ['another version than the suffix', 'example.com/m/v2', 'v1.0.0', 'the path wants v2, not v1'],
    [
      'incompatible in a path with another suffix',
      'example.com/m/v2',
      'v3.0.0+incompatible',
      'the path wants v2, not v3',
    ],
    ['another version than gopkg.in names', 'gopkg.in/yaml.v2', 'v3.0.0', 'the path wants v2, not v3'],
    ['v0 in a .v1 path', 'gopkg.in/check.v1', 'v0.0.1', 'the path wants v1, not v0'],
    [
      'a v0.0.0 pseudo-version in a .v2 path',
      'gopkg.in/yaml.v2',
      'v0.0.0-20161208181325-20d25e280405',
      'the path wants v2, not v0',
    ],
  ])('%s', (_, path, version, reason) => {
    const shown = version === '' ? '""' : version;
    expect(refusal(() => parseModuleVersion(path, version))).toEqual({
      error: 'ModuleError',
      code: 'VERSION_INVALID',
      message: `${path}@${shown}: invalid version: ${reason}`,
    });
  });

  it('a bad path before it looks at the version', () => {
    expect(refusal(() => parseModuleVersion('corp', 'main'))).toEqual({
      error: 'ModuleError',
      code: 'PATH_INVALID',
      message: 'corp: invalid module path: the first element has no dot',
    });
  });

  it('a version that would rewrite the terminal, without printing it', () => {
    const { message } = refusal(() => parseModuleVersion('example.com/m', 'v1\u001b[2J\u202e'));
    expect(message).toBe('example.com/m@"v1\\u001b[2J\\u{202e}": invalid version: not a semantic version');
  });
});

it('withVersion checks the version against a path that is proved', () => {
  const { path } = parseModuleVersion('example.com/m/v2', 'v2.0.0');
  expect(withVersion(path, 'v2.1.0')).toEqual({ path, version: 'v2.1.0' });
  expect(refusal(() => withVersion(path, 'v1.1.0')).code).toBe('VERSION_INVALID');
});

it('pathMajorProblem lets no version into a path of `.v-unstable`', () => {
  expect(pathMajorProblem('v1.0.0', '.v-unstable')).toBe('the path wants v, not v1');
});

it('compareModuleVersions goes by the bytes of the path, then by version', () => {
  const rising = [
    parseModuleVersion('example.com/A', 'v1.0.0'),
    parseModuleVersion('example.com/a', 'v1.9.0'),
    parseModuleVersion('example.com/a', 'v1.10.0'),
    parseModuleVersion('example.com/a-b', 'v0.1.0'),
    parseModuleVersion('example.com/a.b', 'v0.1.0'),
    parseModuleVersion('example.com/a/v2', 'v2.0.0'),
    parseModuleVersion('example.com/a_b', 'v0.1.0'),
  ];
  expect(rising.toReversed().toSorted(compareModuleVersions)).toEqual(rising);
});
