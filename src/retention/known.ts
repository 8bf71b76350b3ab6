/** The snapshots of a mirror as people see them: those of the ledger, and those that only the disk knows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, StateError } from '../errors.ts';
import { type Layout, MANIFEST } from '../site/layout.ts';
import { type Manifest, readManifest } from '../site/manifest.ts';
import { readPins, type SnapshotPin } from '../site/pins.ts';
import { currentSnapshot, snapshotFolders } from '../site/snapshot.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';

/** Times are RFC 3339 in UTC, bytes those that it serves. */
export interface KnownSnapshot {
  readonly id: string;
  readonly createdAt: string;
  readonly previous: string | null;
  /** Module versions. */
  readonly modules: number;
  readonly files: number;
  readonly bytes: number;
  readonly sumdb: string | null;
  readonly current: boolean;
  readonly pinned: boolean;
  readonly pin: SnapshotPin | null;
  /** Undefined where the ledger does not know it, as after it was lost. */
  readonly row: SnapshotRow | undefined;
}

/** Oldest first. A row whose folder is gone is left out: the next writer drops it. */
export function knownSnapshots(layout: Layout, store: Store | undefined): KnownSnapshot[] {
  const pins = readPins(layout);
  const current = currentSnapshot(layout);
  const rows = new Map((store?.snapshots.all() ?? []).map((row) => [row.id, row]));
  const known = snapshotFolders(layout).map((id) => {
    const row = rows.get(id);
    const pin = pins.get(id) ?? null;
    return { ...(row ?? onDisk(layout, id)), current: id === current, pinned: pin !== null, pin, row };
  });
  return known.sort(byAge);
}

/** Ids tell the second only. */
function byAge(a: KnownSnapshot, b: KnownSnapshot): number {
  if (a.row && b.row) return a.row.seq - b.row.seq;
  return Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.id < b.id ? -1 : 1);
}

type Facts = Omit<KnownSnapshot, 'current' | 'pinned' | 'pin' | 'row'>;

function onDisk(layout: Layout, id: string): Facts {
  const { createdAt, previous, modules, files, sumdb = null } = manifestOf(layout, id);
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return { id, createdAt, previous, modules: modules.length, files: files.length, bytes, sumdb };
}

/** Throws CORRUPT where it is not there or is none. */
export function manifestOf({ snapshots }: Layout, id: string): Manifest {
  const root = join(snapshots, id);
  if (existsSync(join(root, MANIFEST))) return readManifest(root).manifest;
  throw new StateError('CORRUPT', `snapshot ${id}: has no ${MANIFEST}`, {
    hint: 'run `modferry verify --full --repair`',
  });
}

/** By its id, the beginning of one, or `current`. Throws USAGE where that names none, or several. */
export function findSnapshot(known: readonly KnownSnapshot[], query: string): KnownSnapshot {
  const found = known.filter((one) =>
    query === 'current' ? one.current : one.id === query || (query !== '' && one.id.startsWith(query)),
  );
  const [first] = found;
  if (first && (found.length === 1 || first.id === query)) return first;
  const hint = '`modferry snapshots list` shows them';
  if (first === undefined) throw new ConfigError('USAGE', `there is no snapshot '${query}'`, { hint });
  throw new ConfigError('USAGE', `'${query}' begins ${found.length} snapshots: write more of it`, { hint });
}
