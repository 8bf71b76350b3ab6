/**
 * What the next snapshot holds: what is current, unless the run prunes, and every wanted file that the pool holds
 * and nobody disputes. Without what the log contradicts, and without what is held back for want of its record.
 */
import { MODULE_FILES, type ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import { compareModuleVersions, formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { parseToolchainModule } from '../gomod/toolchain.ts';
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
  /** Whole, but not to be named in `list`. */
  readonly isUnlisted: boolean;
}

/** Sorted by module in byte order, then by version. */
export type Contents = readonly SnapshotVersion[];

/** What a prune keeps although no plan holds it: a file that go.sum files dispute is wanted, whoever is right. */
export function disputedMembers(current: readonly Member[], plans: readonly ModulePlan[]): Member[] {
  const problems = plans.flatMap((plan) => plan.problems);
  const disputed = new Set(problems.map(({ module, version, file }) => `${module}@${version} ${file}`));
  return current.filter(({ module, version, file }) => disputed.has(`${module}@${version} ${file}`));
}

/** What may not be published. */
export interface Ban {
  /** By `module@version`: the log contradicts what the mirror holds of it. */
  readonly contradicted: ReadonlySet<string>;
  /** The log does not vouch for it; what is published of it already stays. */
  readonly isHeldBack: (plan: ModulePlan) => boolean;
}

interface Draft {
  readonly mv: ModuleVersion;
  requiredBy: readonly string[];
  readonly files: Map<ModuleFile, SnapshotFile>;
}

/** `plans` are those of the finished run: their `held` is what the pool holds by now. */
export function nextContents(
  current: Iterable<Member>,
  plans: readonly ModulePlan[],
  { contradicted, isHeldBack }: Ban,
): Contents {
  const versions = new Map<string, Draft>();
  const entry = (mv: ModuleVersion): Draft => {
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
  for (const plan of plans) {
    const { wanted, held } = plan;
    if (held.size === 0 || isHeldBack(plan)) continue;
    const version = entry(wanted.mv);
    version.requiredBy = wanted.seeds;
    for (const [file, holding] of held) version.files.set(file, holding);
  }
  for (const name of contradicted) versions.delete(name);
  const isUnlisted = unlistedToolchains(versions, plans);
  return [...versions.values()]
    .map((version) => ({ ...version, isUnlisted: isUnlisted(version.mv) }))
    .sort((a, b) => compareModuleVersions(a.mv, b.mv));
}

/**
 * `list` does not tell platforms apart: a client takes a toolchain that it names, and fails where its own platform is
 * not there. So a toolchain is named only when all the platforms that are wanted of it are held.
 */
function unlistedToolchains(
  versions: ReadonlyMap<string, Draft>,
  plans: readonly ModulePlan[],
): (mv: ModuleVersion) => boolean {
  const lacking = plans.flatMap(({ wanted }) => {
    const isHeld = versions.get(formatModuleVersion(wanted.mv))?.files.size === MODULE_FILES.length;
    return wanted.zip === undefined || isHeld ? [] : [parseToolchainModule(wanted.mv)?.name];
  });
  const unlisted = new Set(lacking.filter((name) => name !== undefined));
  return (mv) => unlisted.has(parseToolchainModule(mv)?.name ?? '');
}
