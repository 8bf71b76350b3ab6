/** Versions that a module takes back: `retract` in the go.mod of its highest version. Source: go.dev/ref/mod#go-mod-file-retract. */
import type { Retraction } from './go-mod.ts';
import { compareSemver, isValidSemver } from './semver.ts';
import type { Version } from './version.ts';

/** Intervals whose ends are no versions hold nothing, as for the go command. */
export function isRetracted(version: Version, retractions: readonly Retraction[]): boolean {
  return retractions.some(
    ({ low, high }) =>
      isValidSemver(low) &&
      isValidSemver(high) &&
      compareSemver(low, version) <= 0 &&
      compareSemver(version, high) <= 0,
  );
}
