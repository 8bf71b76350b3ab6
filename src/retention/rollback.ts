/**
 * Makes an earlier snapshot the current one. The published checksum database stays as it is: clients that have met its
 * newest head must find it again, and every earlier snapshot is proved by it too.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { StateError } from '../errors.ts';
import type { Layout } from '../site/layout.ts';
import { readManifest } from '../site/manifest.ts';
import { makeCurrent } from '../site/snapshot.ts';
import type { KnownSnapshot } from './known.ts';

/** Durable on return. Throws CORRUPT where the snapshot is not whole: then `current` stays. */
export async function rollBackTo(layout: Layout, snapshot: KnownSnapshot): Promise<void> {
  checkWhole(layout, snapshot);
  await makeCurrent(layout, snapshot.id);
}

/** That the manifest is the one that was published, and each file is there in its size: `verify` reads the bytes. */
function checkWhole({ snapshots }: Layout, { id, row }: KnownSnapshot): void {
  const root = join(snapshots, id);
  const { manifest, sha256 } = readManifest(root);
  if (row !== undefined && row.manifestSha256 !== sha256)
    throw damaged(id, 'its manifest is not what was published');
  const bad = manifest.files.find(
    ({ path, size }) => statSync(join(root, path), { throwIfNoEntry: false })?.size !== size,
  );
  if (bad !== undefined) throw damaged(id, `${bad.path} is not there, or has another size`);
}

function damaged(id: string, what: string): StateError {
  return new StateError('CORRUPT', `snapshot ${id}: ${what}`, {
    hint: 'run `modferry verify --full --repair`; current is as it was',
  });
}
