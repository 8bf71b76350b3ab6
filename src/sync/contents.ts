/**
 * What the next snapshot holds: what is current, unless the run prunes, and every wanted file that the pool holds
 * and nobody disputes.
 */
import type { ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import { compareModuleVersions, formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Version } from '../gomod/version.ts';
import type { Member } from '../store/snapshots.ts';
import type { ModulePlan } from './plan.ts';

export interface SnapshotFile {
  readonly size: number;
  readonly sha256: string;
  readonly sha512: string | null;
  readonly h1: H1 | null;
}

export interface SnapshotVersion {
  readonly mv: ModuleVersion;
  /** The seeds that want it, or wanted it when last they did. */
  readonly requiredBy: readonly string[];
  readonly files: ReadonlyMap<ModuleFile, SnapshotFile>;
}

/** Sorted by module in byte order, then by version. */
export type Contents = readonly SnapshotVersion[];

/** What a prune keeps although no plan holds it: a file that go.sum files dispute is wanted, whoever is right. */
export function disputedMembers(current: readonly Member[], plans: readonly ModulePlan[]): Member[] {
  const problems = plans.flatMap((plan) => plan.problems);
  const disputed = new Set(problems.map(({ module, version, file }) => `${module}@${version} ${file}`));
  return current.filter(({ module, version, file }) => disputed.has(`${module}@${version} ${file}`));
}

/** `plans` are those of the finished run: their `held` is what the pool holds by now. */
export function nextContents(current: Iterable<Member>, plans: readonly ModulePlan[]): Contents {
  const versions = new Map<
    string,
    { mv: ModuleVersion; requiredBy: readonly string[]; files: Map<ModuleFile, SnapshotFile> }
  >();
  const entry = (mv: ModuleVersion) => {
    const key = formatModuleVersion(mv);
    const found = versions.get(key) ?? { mv, requiredBy: [], files: new Map<ModuleFile, SnapshotFile>() };
    versions.set(key, found);
    return found;
  };
  for (const member of current) {
    // The ledger holds only paths and versions that were parsed before they were written.
    const version = entry({ path: member.module as ModulePath, version: member.version as Version });
    version.requiredBy = JSON.parse(member.requiredBy) as string[];
    version.files.set(member.file, member);
  }
  for (const { wanted, held } of plans) {
    if (held.size === 0) continue;
    const version = entry(wanted.mv);
    version.requiredBy = wanted.seeds;
    for (const [file, holding] of held) version.files.set(file, holding);
  }
  return [...versions.values()].sort((a, b) => compareModuleVersions(a.mv, b.mv));
}
