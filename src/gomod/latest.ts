/**
 * What a GOPROXY says of a module's versions as a whole: the versions in `@v/list`, and the one of `@latest`.
 * Source: the module proxy protocol (go.dev/ref/mod), and how cmd/go/internal/modfetch/proxy.go reads both.
 */
import {
  compareVersions,
  isPrerelease,
  isPseudoVersion,
  isRelease,
  pseudoVersionTime,
  sortVersions,
  type Version,
} from './version.ts';

/** The content of `@v/list`: lowest first, without pseudo-versions and duplicates. */
export function listedVersions(versions: readonly Version[]): Version[] {
  const tagged = new Set(versions.filter((version) => !isPseudoVersion(version)));
  return sortVersions([...tagged]);
}

/**
 * The highest release, else the highest pre-release, else the pseudo-version of the latest commit (the higher version
 * where two have the same time); undefined for an empty list. Retractions are not looked at.
 */
export function chooseLatest(versions: readonly Version[]): Version | undefined {
  return (
    highest(versions.filter(isRelease), compareVersions) ??
    highest(versions.filter(isPrerelease), compareVersions) ??
    highest(versions, compareByTime)
  );
}

function compareByTime(a: Version, b: Version): number {
  return commitTime(a) - commitTime(b) || compareVersions(a, b);
}

/** Milliseconds since 1970; digits that are no date count as older than every date. */
function commitTime(version: Version): number {
  return pseudoVersionTime(version)?.getTime() ?? -Number.MAX_VALUE;
}

function highest(
  versions: readonly Version[],
  compare: (a: Version, b: Version) => number,
): Version | undefined {
  return versions.reduce<Version | undefined>(
    (best, version) => (best === undefined || compare(version, best) > 0 ? version : best),
    undefined,
  );
}
