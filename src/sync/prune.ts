/** The guard of `sync --prune`: a list that lost its lines by accident must not empty a mirror. */
import { SiteError } from '../errors.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { Member, SnapshotRow } from '../store/snapshots.ts';
import type { WantedModule } from './wanted.ts';

/** The share of the current module versions that a prune may drop without --force. */
const MOST_DROPPED = 0.4;

export function guardPrune(
  members: Iterable<Member>,
  current: SnapshotRow,
  wanted: readonly WantedModule[],
): void {
  const kept = new Set(wanted.map((one) => formatModuleVersion(one.mv)));
  const versions = new Set<string>();
  for (const { module, version } of members) versions.add(`${module}@${version}`);
  const dropped = versions.difference(kept).size;
  if (dropped <= versions.size * MOST_DROPPED) return;
  throw new SiteError(
    'WIPE_REFUSED',
    `snapshot ${current.id}: refusing to prune ${dropped} of its ${versions.size} module versions, over ${MOST_DROPPED * 100} %`,
    { hint: 'look at `modferry plan` first; if the seeds are right, pass --force' },
  );
}
