/**
 * Publishes a snapshot: builds the tree in staging, writes the manifest, the SBOM and the sums, makes all of it
 * durable, commits it in the ledger, gives it its name, and swaps `current` last.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reached } from '../barrier.ts';
import { MODULE_FILES, versionFolder } from '../gomod/artifact.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import { keepAboutCopy } from '../site/about-copy.ts';
import type { Layout } from '../site/layout.ts';
import { MANIFEST, SBOM, SHA256SUMS, STARTER_GOMOD } from '../site/layout.ts';
import {
  formatManifest,
  formatSha256Sums,
  type Manifest,
  type Pin,
  rootHashOf,
  snapshotId,
} from '../site/manifest.ts';
import { makeCurrent, SnapshotDraft } from '../site/snapshot.ts';
import { type HeldModule, type HeldVersion, layOutTree, type TreeFile } from '../site/tree.ts';
import type { MemberKey, SnapshotRow, Snapshots } from '../store/snapshots.ts';
import type { Contents } from './contents.ts';
import type { SbomDraft } from './snapshot-sbom.ts';

export interface PublishDeps {
  readonly layout: Layout;
  readonly snapshots: Snapshots;
  readonly now: () => Date;
  /** The text of `_mirror/go.mod`. */
  readonly starterGoMod: (contents: Contents) => string;
  readonly writeSbom: (draft: SbomDraft) => Promise<void>;
}

/** What a snapshot says of itself beside its files. */
export interface About {
  readonly gaps: SbomDraft['gaps'];
  /** The name of the checksum database that it is to carry. */
  readonly sumdb: string | null;
  readonly pins: readonly Pin[];
}

export interface Published {
  readonly id: string;
  readonly modules: number;
  readonly bytes: number;
}

/** Publishes `contents`, unless what is current holds exactly that: then undefined, and nothing was written. */
export async function publish(
  contents: Contents,
  about: About,
  previous: SnapshotRow | undefined,
  deps: PublishDeps,
): Promise<Published | undefined> {
  const files = layOutTree(heldModules(contents));
  const rootHash = rootHashOf(files);
  if (rootHash === previous?.rootHash && about.sumdb === previous.sumdb) return undefined;
  const createdAt = deps.now();
  const isTaken = (name: string) =>
    deps.snapshots.find(name) !== undefined || existsSync(join(deps.layout.snapshots, name));
  const id = snapshotId(createdAt, rootHash, isTaken);
  const manifest = manifestOf(id, createdAt, previous?.id ?? null, files, contents, about);
  const draft = new SnapshotDraft(deps.layout, id);
  try {
    draft.add(files);
    if (about.sumdb !== null) draft.linkSumDb();
    reached('snapshot not described');
    const manifestSha256 = await writeAbout(draft, manifest, { contents, gaps: about.gaps }, deps);
    reached('snapshot not synced');
    await draft.makeDurable();
    await keepAboutCopy(deps.layout, id, underivable(draft, contents));
    reached('snapshot synced');
    const size = {
      modules: contents.length,
      files: files.length,
      bytes: files.reduce((sum, file) => sum + file.size, 0),
    };
    const row = {
      id,
      createdAt: createdAt.toISOString(),
      previous: manifest.previous,
      rootHash,
      manifestSha256,
      sumdb: about.sumdb,
      ...size,
    };
    deps.snapshots.commit(row, memberKeys(contents));
    reached('snapshot committed');
    draft.publish(id);
    reached('snapshot named');
    await makeCurrent(deps.layout, id);
    return { id, modules: size.modules, bytes: size.bytes };
  } finally {
    await draft.discard();
  }
}

/** The files of `_mirror/`; SHA256SUMS covers all of the snapshot but itself. Answers with the manifest's hash. */
async function writeAbout(
  draft: SnapshotDraft,
  manifest: Manifest,
  { contents, gaps }: Pick<SbomDraft, 'contents' | 'gaps'>,
  deps: PublishDeps,
): Promise<string> {
  const sums = new Map(manifest.files.map(({ path, sha256 }) => [path, sha256]));
  const text = formatManifest(manifest);
  const manifestSha256 = sha256Of(text);
  draft.write(MANIFEST, text);
  sums.set(MANIFEST, manifestSha256);
  const goMod = deps.starterGoMod(contents);
  draft.write(STARTER_GOMOD, goMod);
  sums.set(STARTER_GOMOD, sha256Of(goMod));
  const { id: snapshotId, createdAt } = manifest;
  await deps.writeSbom({ file: draft.pathFor(SBOM), snapshotId, createdAt, manifestSha256, contents, gaps });
  sums.set(SBOM, draft.sha256(SBOM));
  const sorted = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  draft.write(SHA256SUMS, formatSha256Sums(sorted.map(([path, sha256]) => ({ path, sha256 }))));
  return manifestSha256;
}

/** Files that nobody could write again from the rest: a `list` is one where it leaves out what is whole. */
function* underivable(draft: SnapshotDraft, contents: Contents): Generator<[string, Buffer]> {
  for (const path of [MANIFEST, STARTER_GOMOD, SBOM]) yield [path, draft.read(path)];
  const unlisted = contents.filter(({ isUnlisted }) => isUnlisted);
  for (const module of new Set(unlisted.map(({ mv }) => mv.path))) {
    const list = `${versionFolder(module)}/list`;
    yield [list, draft.read(list)];
  }
}

function manifestOf(
  id: string,
  createdAt: Date,
  previous: string | null,
  files: readonly TreeFile[],
  contents: Contents,
  { sumdb, pins }: About,
): Manifest {
  return {
    format: 'modferry-snapshot/1',
    id,
    createdAt: createdAt.toISOString(),
    previous,
    ...(sumdb === null ? {} : { sumdb }),
    ...(pins.length === 0 ? {} : { pins }),
    files: files.map(({ from: _, ...file }) => file),
    modules: contents.map(({ mv, requiredBy }) => ({ module: mv.path, version: mv.version, requiredBy })),
  };
}

function heldModules(contents: Contents): HeldModule[] {
  const modules = new Map<ModulePath, HeldVersion[]>();
  for (const { mv, files, isUnlisted } of contents) {
    const versions = modules.get(mv.path);
    const held = { version: mv.version, files, isUnlisted };
    if (versions) versions.push(held);
    else modules.set(mv.path, [held]);
  }
  return [...modules].map(([path, versions]) => ({ path, versions }));
}

function memberKeys(contents: Contents): MemberKey[] {
  return contents.flatMap(({ mv, files }) =>
    MODULE_FILES.filter((file) => files.has(file)).map((file) => ({ mv, file })),
  );
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
