/**
 * Names the moments between two steps at which a crash must do no harm. In the program they do nothing; the crash tests
 * put a listener here that stops the process at one of them, to be killed there.
 */

export const BARRIERS = [
  // A download into staging.
  'download opened',
  'download half written',
  'download complete',
  // A file into the pool, and its batch into the ledger.
  'pool file staged',
  'pool file renamed',
  'batch not synced',
  'batch synced',
  'batch in the transaction',
  'batch committed',
  'records committed',
  // The checksum database.
  'log heads committed',
  'log tile published',
  'log tiles not committed',
  'log lookup published',
  'log lookups synced',
  'log head published',
  // A snapshot.
  'snapshot half linked',
  'snapshot not described',
  'snapshot not synced',
  'snapshot synced',
  'snapshot in the transaction',
  'snapshot committed',
  'snapshot named',
  'link not swapped',
  'link swapped',
  'link durable',
  'run not recorded',
  // Small files that are replaced as a whole.
  'replacement written',
  'replacement synced',
  'replacement renamed',
  // Old snapshots, and the pool.
  'prune moved the folder',
  'prune dropped the row',
  'gc forgot the files',
  'gc removed a file',
] as const;

export type Barrier = (typeof BARRIERS)[number];

let listener: ((barrier: Barrier) => void) | undefined;

export function reached(barrier: Barrier): void {
  listener?.(barrier);
}

/** For tests. */
export function onBarrier(listen: (barrier: Barrier) => void): void {
  listener = listen;
}
