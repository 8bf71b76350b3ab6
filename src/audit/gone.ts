/** What a prune or gc beside a verify removed on purpose while it read: that is missing, and not bad. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseModuleFilePath } from '../gomod/artifact.ts';
import type { Layout } from '../site/layout.ts';
import { currentSnapshot } from '../site/snapshot.ts';
import type { Store } from '../store/store.ts';

interface Mirror {
  readonly layout: Layout;
  readonly store: Store | undefined;
}

/** A prune takes the folder away first, and then its row; never what is current. */
export function isPruned(id: string, { layout, store }: Mirror): boolean {
  if (store === undefined || id === currentSnapshot(layout)) return false;
  return !existsSync(join(layout.snapshots, id)) && store.snapshots.find(id) === undefined;
}

/** `path` is below the mirror's folder. */
export function hasGone(path: string, mirror: Mirror): boolean {
  const [, id] = /^(?:public\/snapshots|about)\/([^/]+)/.exec(path) ?? [];
  if (id !== undefined) return isPruned(id, mirror);
  const [, pooled] = /^pool\/(.*\/@v\/.*)$/.exec(path) ?? [];
  if (pooled === undefined || mirror.store === undefined) return false;
  const named = parseModuleFilePath(pooled);
  return named !== undefined && !mirror.store.ledger.held(named.mv).has(named.file);
}
