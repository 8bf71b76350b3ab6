/** Versions that a module takes back: `retract` in the go.mod of its highest version. Source: go.dev/ref/mod#go-mod-file-retract. */
import type { Retraction } from './go-mod.ts';
import { compareSemver } from './semver.ts';
import type { Version } from './version.ts';

/**
 * Both ends belong to an interval. An end that is no version comes before all that are, as for the go command: an
 * interval up to it holds nothing, one from it on all that is not above the other end. Source: CheckRetractions in
 * cmd/go/internal/modload.
 */
export function isRetracted(version: Version, retractions: readonly Retraction[]): boolean {
  return retractions.some(
    ({ low, high }) => compareSemver(low, version) <= 0 && compareSemver(version, high) <= 0,
  );
}
