/**
 * Versions of modules: canonical semantic versions, whose only build metadata is `+incompatible`, and among them
 * pseudo-versions, which name a commit. Sources: module.CanonicalVersion, and golang.org/x/mod/module/pseudo.go.
 */
import { ModuleError } from '../errors.ts';
import type { Branded } from './brand.ts';
import { canonicalSemver, compareSemver, compareText, parseSemver } from './semver.ts';
import { quote } from './text.ts';

/** A canonical version in plain form, as `v1.2.3`, `v2.0.0+incompatible` or `v0.0.0-20200102150405-abcdef123456`. */
export type Version = Branded<string, 'Version'>;

/** `vX.0.0-T-R`, `vX.Y.Z-0.T-R` and `vX.Y.Z-pre.0.T-R`, without build metadata; T is caught. */
const PSEUDO_VERSION = /^v\d+\.(?:0\.0-|\d+\.\d+-(?:.*\.)?0\.)(\d{14})-[0-9A-Za-z]+$/;
const TIMESTAMP = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/;

/** Proves that `text` is a canonical version, or throws ModuleError VERSION_INVALID. */
export function parseVersion(text: string): Version {
  const version = canonicalVersion(text);
  if (version === undefined) {
    throw new ModuleError('VERSION_INVALID', `${quote(text)}: invalid version: not a semantic version`);
  }
  if (version !== text) {
    const message = `${quote(text)}: invalid version: not canonical, which would be ${quote(version)}`;
    throw new ModuleError('VERSION_INVALID', message);
  }
  return version;
}

/**
 * The canonical form of any semantic version, with `+incompatible` kept and other build metadata dropped; undefined
 * for what is no version. Source: module.CanonicalVersion.
 */
export function canonicalVersion(text: string): Version | undefined {
  const canonical = canonicalSemver(text);
  if (canonical === '') return undefined;
  const incompatible = parseSemver(text)?.build === '+incompatible' ? '+incompatible' : '';
  // The cast is true: this is the canonical form by definition.
  return (canonical + incompatible) as Version;
}

/** Source: module.IsPseudoVersion. */
export function isPseudoVersion(version: string): boolean {
  return timestamp(version) !== undefined;
}

/**
 * The commit time in a pseudo-version; undefined where the version is another one, or its fourteen digits are no
 * date. Source: module.PseudoVersionTime.
 */
export function pseudoVersionTime(version: string): Date | undefined {
  const parts = TIMESTAMP.exec(timestamp(version) ?? '');
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(text);
  // JavaScript moves 30 February into March and hour 24 into the next day; the text then comes back changed.
  return Number.isNaN(time.getTime()) || time.toISOString() !== text ? undefined : time;
}

/** A tagged version without pre-release. */
export function isRelease(version: string): boolean {
  return parseSemver(version)?.prerelease === '';
}

/** A tagged version with a pre-release; a pseudo-version is none, although it looks like one. */
export function isPrerelease(version: string): boolean {
  return (parseSemver(version)?.prerelease ?? '') !== '' && !isPseudoVersion(version);
}

/** A total order: by semantic version, and where that says equal (`+incompatible`) by text. Source: semver.Sort. */
export function compareVersions(a: string, b: string): number {
  return compareSemver(a, b) || compareText(a, b);
}

/** A sorted copy, lowest version first. */
export function sortVersions<V extends string>(versions: readonly V[]): V[] {
  return versions.toSorted(compareVersions);
}

function timestamp(version: string): string | undefined {
  const parsed = parseSemver(version);
  if (parsed === undefined || parsed.prerelease === '') return undefined;
  const withoutBuild = version.slice(0, version.length - parsed.build.length);
  return PSEUDO_VERSION.exec(withoutBuild)?.[1];
}
