/**
 * A module version: a module path and a canonical version that belong together, so that `example.com/m/v2` goes with
 * v2 only. It is what a go.sum line, an artifact and a URL are about. Source: module.Check.
 */
import { ModuleError } from '../errors.ts';
import { type ModulePath, parseModulePath, splitPathVersion } from './module-path.ts';
import { compareText, isValidSemver, parseSemver, semverMajor } from './semver.ts';
import { quote } from './text.ts';
import { canonicalVersion, compareVersions, type Version } from './version.ts';

export interface ModuleVersion {
  readonly path: ModulePath;
  readonly version: Version;
}

/**
 * Proves path, version and that they match; the version must be canonical. Throws ModuleError PATH_INVALID or
 * VERSION_INVALID.
 */
export function parseModuleVersion(path: string, version: string): ModuleVersion {
  return withVersion(parseModulePath(path), version);
}

/** The same for a path that is proved already, as in a list of versions. Throws ModuleError VERSION_INVALID. */
export function withVersion(path: ModulePath, version: string): ModuleVersion {
  const canonical = canonicalVersion(version);
  const problem = versionProblem(path, version, canonical);
  if (canonical === undefined || problem !== undefined) {
    const message = `${path}@${quote(version)}: invalid version: ${problem}`;
    throw new ModuleError('VERSION_INVALID', message, { module: `${path}@${quote(version)}` });
  }
  return { path, version: canonical };
}

/** `path@version`, the identity in messages and logs. */
export function formatModuleVersion(mv: ModuleVersion): string {
  return `${mv.path}@${mv.version}`;
}

/** By path, in byte order, then by version. */
export function compareModuleVersions(a: ModuleVersion, b: ModuleVersion): number {
  return compareText(a.path, b.path) || compareVersions(a.version, b.version);
}

/** The highest version of each module, by path, in the order in which the paths come first. */
export function highestByPath(mvs: Iterable<ModuleVersion>): Map<string, ModuleVersion> {
  const highest = new Map<string, ModuleVersion>();
  for (const mv of mvs) {
    const known = highest.get(mv.path);
    if (known === undefined || compareVersions(known.version, mv.version) < 0) highest.set(mv.path, mv);
  }
  return highest;
}

/**
 * Why `version` does not belong to a path with this major version suffix; undefined where it does. The suffix is
 * `pathMajor` of `splitPathVersion`. Source: module.CheckPathMajor.
 */
export function pathMajorProblem(version: string, pathMajor: string): string | undefined {
  const suffix = pathMajor.startsWith('.v') ? pathMajor.replace(/-unstable$/, '') : pathMajor;
  // gopkg.in once made pseudo-versions v0.0.0-… for paths in .v1, and files still name them.
  if (suffix === '.v1' && version.startsWith('v0.0.0-')) return undefined;
  const major = semverMajor(version);
  const wanted = suffix.slice(1);
  if (suffix !== '') return major === wanted ? undefined : `the path wants ${wanted}, not ${major}`;
  if (major === 'v0' || major === 'v1') return undefined;
  if (parseSemver(version)?.build === '+incompatible') return undefined;
  return `the path wants v0 or v1, not ${major}`;
}

function versionProblem(
  path: ModulePath,
  version: string,
  canonical: string | undefined,
): string | undefined {
  if (!isValidSemver(version)) return 'not a semantic version';
  if (canonical !== version) return `not canonical, which would be ${quote(canonical ?? '')}`;
  return pathMajorProblem(version, splitPathVersion(path).pathMajor);
}
