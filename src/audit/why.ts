/** `why`: which go.sum lines want a module, whence its files came, their hashes, their state, and its record in the log. */
import type { ModuleFile } from '../gomod/artifact.ts';
import { type ModulePath, parseModulePath } from '../gomod/module-path.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { compareVersions, type Version } from '../gomod/version.ts';
import { type Layout, STARTER_GOMOD } from '../site/layout.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { HeldFile, KnownGap } from '../store/ledger.ts';
import type { WantingLine } from '../store/runs.ts';
import type { Store } from '../store/store.ts';

export interface WhyVersion {
  readonly version: string;
  /** `published`: the current snapshot serves all that is held of it; `held`: some of it is in the pool only. */
  readonly state: 'published' | 'held' | 'missing';
  readonly files: readonly (HeldFile & { readonly published: boolean })[];
  readonly gaps: readonly KnownGap[];
  /** What a checksum database says of it, proved under a head of so many records. */
  readonly record: {
    readonly log: string;
    readonly id: number;
    readonly provedUnder: number;
    /** Of the head in the published lookup; null where none is published. */
    readonly publishedUnder: number | null;
  } | null;
  /** Lines of the newest run, and texts that want it as a whole (line 0). */
  readonly wantedBy: readonly Omit<WantingLine, 'version'>[];
}

export interface WhyReport {
  readonly module: string;
  readonly versions: readonly WhyVersion[];
}

/** `query` is a module path, or `path@version`. */
export function explainModule(query: string, layout: Layout, store: Store | undefined): WhyReport {
  const at = query.indexOf('@');
  const path = parseModulePath(at === -1 ? query : query.slice(0, at));
  const only = at === -1 ? undefined : query.slice(at + 1);
  if (!store) return { module: path, versions: [] };
  const id = currentSnapshot(layout);
  const seq = id === null ? undefined : store.snapshots.find(id)?.seq;
  const lines = store.runs.wantingLines(path);
  const versions = store.ledger.versionsOf(path).filter((version) => only === undefined || version === only);
  return {
    module: path,
    versions: versions
      .sort(compareVersions)
      .map((version) => explainVersion(path, version, seq, lines, store)),
  };
}

function explainVersion(
  path: ModulePath,
  version: string,
  seq: number | undefined,
  lines: readonly WantingLine[],
  store: Store,
): WhyVersion {
  // The ledger holds only versions that were parsed before they were written.
  const mv = { path, version: version as Version };
  const published = (file: ModuleFile) => seq !== undefined && store.snapshots.holds(seq, mv, file);
  const files = [...store.ledger.held(mv).values()].map((held) => ({
    ...held,
    published: published(held.file),
  }));
  const gaps = [...store.ledger.gaps(mv).values()];
  const state = files.length === 0 ? 'missing' : files.every((file) => file.published) ? 'published' : 'held';
  const all = lines.filter((line) => line.version === version).map(({ version: _, ...line }) => line);
  // What new modules start from is a reason only where there is no other.
  const own = all.filter(({ source }) => !source.startsWith(STARTER_GOMOD));
  const wantedBy = own.length > 0 ? own : all;
  return { version, state, files, gaps, record: recordOf(mv, store), wantedBy };
}

function recordOf(mv: ModuleVersion, store: Store): WhyVersion['record'] {
  const [found] = store.log.records(mv);
  if (found === undefined) return null;
  const { log, id, provedSize: provedUnder, publishedSize: publishedUnder } = found;
  return { log, id, provedUnder, publishedUnder };
}
