/** Writes what the mirror on disk says of itself as figures. */
import type { Registry } from 'prom-client';
import { addFamily, addGauge } from './gauge.ts';
import { redactName } from './redact-name.ts';
import { type MetricsState, RUN_OUTCOMES, type SeedFigures } from './state.ts';

const READABLE = 'modferry_state_readable';
const READABLE_HELP =
  "1 if the mirror's state could be read for this scrape, else 0 and its figures are absent.";

export function addUnreadable(registry: Registry): void {
  addGauge(registry, READABLE, READABLE_HELP, 0);
}

export function addState(registry: Registry, state: MetricsState, now: Date): void {
  addGauge(registry, READABLE, READABLE_HELP, 1);
  addLastRun(registry, state);
  addAges(registry, state, now);
  addSnapshot(registry, state);
  addSeeds(registry, state.seeds);
  addFamily(
    registry,
    'modferry_problems',
    'Problems that the newest finished run found, by code; of kind integrity or gap.',
    state.problems.map(({ code, kind, count }) => ({ labels: { code, kind }, value: count })),
  );
  addGauge(registry, 'modferry_bad_files', 'Files that the last verify found bad.', state.badFiles);
  addGauge(
    registry,
    'modferry_disk_free_bytes',
    'Room that is left where the mirror lies.',
    state.disk?.free,
  );
  addGauge(
    registry,
    'modferry_disk_size_bytes',
    'Size of the file system where the mirror lies.',
    state.disk?.total,
  );
}

function addLastRun(registry: Registry, { lastRun }: MetricsState): void {
  if (lastRun === undefined) return;
  const { startedAt, finishedAt, outcome } = lastRun;
  addGauge(registry, 'modferry_last_run_start_timestamp_seconds', 'When the newest run began.', startedAt);
  addGauge(registry, 'modferry_last_run_end_timestamp_seconds', 'When the newest run ended.', finishedAt);
  addGauge(
    registry,
    'modferry_last_run_seconds',
    'Time that the newest run took.',
    finishedAt === undefined ? undefined : secondsBetween(startedAt, finishedAt),
  );
  addFamily(
    registry,
    'modferry_last_run_outcome',
    '1 for the outcome of the newest run, 0 for the others; 0 for all while it goes on or where it was killed.',
    RUN_OUTCOMES.map((each) => ({ labels: { outcome: each }, value: Number(each === outcome) })),
  );
}

function addAges(registry: Registry, { checkedAt, snapshot, maxAge }: MetricsState, now: Date): void {
  const ageOf = (moment: Date | undefined) =>
    moment === undefined ? undefined : secondsBetween(moment, now);
  addGauge(
    registry,
    'modferry_last_check_timestamp_seconds',
    'When a run last compared the seeds with what is current, and went through.',
    checkedAt,
  );
  addGauge(registry, 'modferry_last_check_age_seconds', 'Time since that check.', ageOf(checkedAt));
  addGauge(
    registry,
    'modferry_snapshot_age_seconds',
    'Time since the current snapshot was made.',
    ageOf(snapshot?.createdAt),
  );
  addGauge(registry, 'modferry_max_age_seconds', 'Age at which the last check counts as too old.', maxAge);
}

function addSnapshot(registry: Registry, { snapshot }: MetricsState): void {
  const { id, createdAt, modules, bytes } = snapshot ?? {};
  addFamily(
    registry,
    'modferry_snapshot_info',
    'The current snapshot, as a label.',
    id === undefined ? [] : [{ labels: { id }, value: 1 }],
  );
  addGauge(
    registry,
    'modferry_snapshot_created_timestamp_seconds',
    'When the current snapshot was made.',
    createdAt,
  );
  addGauge(
    registry,
    'modferry_snapshot_modules',
    'Module versions that the current snapshot serves.',
    modules,
  );
  addGauge(registry, 'modferry_snapshot_bytes', 'Bytes that the current snapshot serves.', bytes);
}

function addSeeds(registry: Registry, seeds: readonly SeedFigures[]): void {
  const add = (what: Exclude<keyof SeedFigures, 'seed'>, help: string) =>
    addFamily(
      registry,
      `modferry_seed_${what}_modules`,
      help,
      seeds.map((seed) => ({ labels: { seed: redactName(seed.seed) }, value: seed[what] })),
    );
  add('wanted', 'Module versions that a seed wants.');
  add('present', 'Module versions that a seed wants and that are wholly held.');
  add('missing', 'Module versions that a seed wants and that are not wholly held.');
  add('accepted', 'Module versions that a seed wants and whose absence the configuration accepts.');
}

/** Never negative: clocks are set back. */
function secondsBetween(earlier: Date, later: Date): number {
  return Math.max(0, (later.getTime() - earlier.getTime()) / 1000);
}
