/**
 * Semantic versions with a leading `v`, as golang.org/x/mod/semver reads them: `v1` and `v1.2` are short for
 * `v1.0.0` and `v1.2.0`, and text that is no version sorts before every version. Numbers are compared as decimal
 * text and have no upper bound.
 */

export interface Semver {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  /** With its dash, as `-rc.1`, or empty. */
  readonly prerelease: string;
  /** With its plus sign, as `+incompatible`, or empty. */
  readonly build: string;
}

const NUMBER = /^(?:0|[1-9][0-9]*)$/;
const DIGITS = /^[0-9]+$/;
const IDENTIFIER = /^[0-9A-Za-z-]+$/;

/** The parts of a version, or undefined where `text` is none. */
export function parseSemver(text: string): Semver | undefined {
  if (!text.startsWith('v')) return undefined;
  const plus = text.indexOf('+');
  const beforeBuild = plus < 0 ? text : text.slice(0, plus);
  const dash = beforeBuild.indexOf('-');
  const core = dash < 0 ? beforeBuild : beforeBuild.slice(0, dash);
  const prerelease = dash < 0 ? '' : beforeBuild.slice(dash);
  const build = plus < 0 ? '' : text.slice(plus);

  const [major = '', minor, patch, ...rest] = core.slice(1).split('.', 4);
  if (rest.length > 0 || !isNumber(major) || !isNumber(minor ?? '0') || !isNumber(patch ?? '0')) {
    return undefined;
  }
  if (patch === undefined && (prerelease !== '' || build !== '')) return undefined;
  if (prerelease !== '' && !prerelease.slice(1).split('.').every(isPrereleaseIdentifier)) return undefined;
  if (build !== '' && !build.slice(1).split('.').every(isIdentifier)) return undefined;
  return { major, minor: minor ?? '0', patch: patch ?? '0', prerelease, build };
}

/** Source: semver.IsValid. */
export function isValidSemver(text: string): boolean {
  return parseSemver(text) !== undefined;
}

/** The version with all three numbers and without build metadata; empty for what is no version. Source: semver.Canonical. */
export function canonicalSemver(text: string): string {
  const version = parseSemver(text);
  if (version === undefined) return '';
  return `v${version.major}.${version.minor}.${version.patch}${version.prerelease}`;
}

/** `v` and the major number; empty for what is no version. Source: semver.Major. */
export function semverMajor(text: string): string {
  const version = parseSemver(text);
  return version === undefined ? '' : `v${version.major}`;
}

/** The pre-release with its dash; empty where there is none. Source: semver.Prerelease. */
export function prerelease(text: string): string {
  return parseSemver(text)?.prerelease ?? '';
}

/** Negative, zero or positive; build metadata does not count. Source: semver.Compare. */
export function compareSemver(a: string, b: string): number {
  const left = parseSemver(a);
  const right = parseSemver(b);
  if (left === undefined || right === undefined) {
    return Number(left !== undefined) - Number(right !== undefined);
  }
  return (
    compareNumbers(left.major, right.major) ||
    compareNumbers(left.minor, right.minor) ||
    compareNumbers(left.patch, right.patch) ||
    comparePrereleases(left.prerelease, right.prerelease)
  );
}

/** Order of two ASCII texts by bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const left = a.slice(1).split('.');
  const right = b.slice(1).split('.');
  for (const [index, identifier] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return -1;
}

function compareIdentifiers(a: string, b: string): number {
  const aIsNumber = DIGITS.test(a);
  const bIsNumber = DIGITS.test(b);
  if (aIsNumber && bIsNumber) return compareNumbers(a, b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return compareText(a, b);
}

/** Decimal numbers without leading zeros: the longer one is the greater. */
function compareNumbers(a: string, b: string): number {
  return Math.sign(a.length - b.length) || compareText(a, b);
}

function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

function isPrereleaseIdentifier(text: string): boolean {
  return IDENTIFIER.test(text) && (!DIGITS.test(text) || NUMBER.test(text));
}

function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}
