/** What the mirror on disk says of itself when it is asked: a scrape's view of the ledger, the snapshots and the disk. */

export const RUN_OUTCOMES = [
  'published',
  'unchanged',
  'incomplete',
  'refused',
  'failed',
  'interrupted',
] as const;

export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Module versions that a seed wants; `wanted` is the sum of the other three. */
export interface SeedFigures {
  readonly seed: string;
  readonly wanted: number;
  readonly present: number;
  readonly missing: number;
  readonly accepted: number;
}

export interface ProblemCount {
  readonly code: string;
  /** `integrity`: somebody is lying or two sources disagree. `gap`: something is not there. */
  readonly kind: 'integrity' | 'gap';
  readonly count: number;
}

export interface MetricsState {
  /** The newest run, whichever process did it; outcome and end are absent while it goes on, or where it was killed. */
  readonly lastRun?: {
    readonly startedAt: Date;
    readonly finishedAt?: Date;
    readonly outcome?: RunOutcome;
  };
  /** When a run last compared the seeds with what is current, and went through. */
  readonly checkedAt?: Date;
  /** What is current. */
  readonly snapshot?: {
    readonly id: string;
    readonly createdAt: Date;
    /** Absent where only the snapshot is there and no ledger, as on the far side of a gap. */
    readonly modules?: number;
    readonly bytes?: number;
  };
  /** As the newest run that recorded them found them. */
  readonly seeds: readonly SeedFigures[];
  readonly problems: readonly ProblemCount[];
  /** Files that the last verify found bad; absent where none is on record. */
  readonly badFiles?: number;
  /** The file system that the mirror lies on, in bytes; `free` is what an unprivileged process may fill. */
  readonly disk?: { readonly free: number; readonly total: number };
  /** Seconds after which the last check counts as too old, where the configuration says. */
  readonly maxAge?: number;
}
