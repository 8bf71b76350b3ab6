import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { MetricsState } from '../../src/metrics/state.ts';
import { parseExposition, samplesOf } from './exposition.ts';

const NOW = new Date('2026-03-04T12:00:00Z');
const seconds = (iso: string) => Date.parse(iso) / 1000;

const NOTHING: MetricsState = { seeds: [], problems: [] };
const FULL: MetricsState = {
  lastRun: {
    startedAt: new Date('2026-03-04T10:00:00Z'),
    finishedAt: new Date('2026-03-04T10:01:30Z'),
    outcome: 'incomplete',
  },
  checkedAt: new Date('2026-03-04T10:01:30Z'),
  snapshot: {
    id: '20260303T080000Z-0a1b2c3d',
    createdAt: new Date('2026-03-03T08:00:00Z'),
    modules: 7,
    bytes: 900,
  },
  seeds: [{ seed: 'app/go.sum', wanted: 9, present: 6, missing: 2, accepted: 1 }],
  problems: [
    { code: 'NOT_FOUND', kind: 'gap', count: 2 },
    { code: 'HASH_MISMATCH', kind: 'integrity', count: 1 },
  ],
  badFiles: 0,
  disk: { free: 1000, total: 4000 },
  maxAge: 93_600,
};

/** Metrics over a state that the test can change. */
function make(state: MetricsState = NOTHING) {
  const world = { state: async (): Promise<MetricsState> => state, warnings: [] as string[] };
  const metrics = new Metrics({
    state: () => world.state(),
    warn: (message) => world.warnings.push(message),
    now: () => NOW,
  });
  return { world, metrics, scrape: async () => parseExposition(await metrics.text()) };
}

describe('what a sync in this process counts', () => {
  it('is there from the start for what has a fixed set of labels, so that a rate can be told', async () => {
    const { scrape } = make();
    expect(samplesOf(await scrape(), 'modferry_runs_total')).toEqual({
      'modferry_runs_total{outcome="published"}': 0,
      'modferry_runs_total{outcome="unchanged"}': 0,
      'modferry_runs_total{outcome="incomplete"}': 0,
      'modferry_runs_total{outcome="refused"}': 0,
      'modferry_runs_total{outcome="failed"}': 0,
      'modferry_runs_total{outcome="interrupted"}': 0,
    });
  });

  it('tells the time and the bytes of each exchange by upstream and status', async () => {
    const { metrics, scrape } = make();
    metrics.exchange({ upstream: 'https://a.example', status: 200, seconds: 0.2, bytes: 500 });
    metrics.exchange({ upstream: 'https://a.example', status: 200, seconds: 20, bytes: 1500 });
    metrics.exchange({ upstream: 'https://a.example', status: 'failed', seconds: 10, bytes: 0 });
    const { samples } = await scrape();
    const request = 'modferry_upstream_request_seconds';
    expect(samples.get(`${request}_count{status="200",upstream="https://a.example"}`)).toBe(2);
    expect(samples.get(`${request}_sum{status="200",upstream="https://a.example"}`)).toBe(20.2);
    expect(samples.get(`${request}_bucket{le="0.25",status="200",upstream="https://a.example"}`)).toBe(1);
    expect(samples.get(`${request}_bucket{le="30",status="200",upstream="https://a.example"}`)).toBe(2);
    expect(samples.get(`${request}_count{status="failed",upstream="https://a.example"}`)).toBe(1);
    expect(samples.get('modferry_upstream_bytes_total{upstream="https://a.example"}')).toBe(2000);
    expect(samples.get('modferry_upstream_retries_total{upstream="https://a.example"}')).toBe(0);
  });

  it('counts retries, failed checks and rereads of the configuration', async () => {
    const { metrics, scrape } = make();
    metrics.retry('https://a.example');
    metrics.retry('https://a.example');
    metrics.verificationFailure('HASH_MISMATCH');
    metrics.configReread(true);
    metrics.configReread(false);
    metrics.queueDepth(40, 8);
    const { samples } = await scrape();
    expect(samples.get('modferry_upstream_retries_total{upstream="https://a.example"}')).toBe(2);
    expect(samples.get('modferry_verification_failures_total{code="HASH_MISMATCH"}')).toBe(1);
    expect(samples.get('modferry_config_rereads_total{result="ok"}')).toBe(1);
    expect(samples.get('modferry_config_rereads_total{result="failed"}')).toBe(1);
    expect(samples.get('modferry_config_last_reread_successful')).toBe(0);
    expect(samples.get('modferry_config_last_reread_timestamp_seconds')).toBe(NOW.getTime() / 1000);
    expect(samples.get('modferry_queue_waiting')).toBe(40);
    expect(samples.get('modferry_queue_running')).toBe(8);
  });

  it('follows a run from its start to its end', async () => {
    const { metrics, scrape } = make();
    expect(samplesOf(await scrape(), 'modferry_run_')).not.toHaveProperty('modferry_run_exit_code');
    metrics.runStarted(new Date('2026-03-04T11:00:00Z'));
    metrics.queueDepth(5, 2);
    const during = (await scrape()).samples;
    expect(during.get('modferry_run_in_progress')).toBe(1);
    expect(during.get('modferry_run_start_timestamp_seconds')).toBe(seconds('2026-03-04T11:00:00Z'));
    expect(during.has('modferry_run_end_timestamp_seconds')).toBe(false);
    metrics.runEnded({
      outcome: 'incomplete',
      exit: 3,
      seconds: 90,
      at: new Date('2026-03-04T11:01:30Z'),
    });
    const after = (await scrape()).samples;
    expect(after.get('modferry_run_in_progress')).toBe(0);
    expect(after.get('modferry_queue_waiting')).toBe(0);
    expect(after.get('modferry_queue_running')).toBe(0);
    expect(after.get('modferry_run_start_timestamp_seconds')).toBe(seconds('2026-03-04T11:00:00Z'));
    expect(after.get('modferry_run_end_timestamp_seconds')).toBe(seconds('2026-03-04T11:01:30Z'));
    expect(after.get('modferry_run_exit_code')).toBe(3);
    expect(after.get('modferry_runs_total{outcome="incomplete"}')).toBe(1);
    expect(after.get('modferry_runs_total{outcome="published"}')).toBe(0);
    expect(after.get('modferry_run_seconds_sum')).toBe(90);
  });

  it('tells the next run only while there is one', async () => {
    const { metrics, scrape } = make();
    metrics.nextRun(new Date('2026-03-05T03:00:00Z'));
    const name = 'modferry_next_run_timestamp_seconds';
    expect((await scrape()).samples.get(name)).toBe(seconds('2026-03-05T03:00:00Z'));
    metrics.nextRun(undefined);
    expect((await scrape()).samples.has(name)).toBe(false);
  });
});

describe('what the mirror on disk says', () => {
  it('is told in base units', async () => {
    const { scrape } = make(FULL);
    const { samples } = await scrape();
    const expected = {
      modferry_state_readable: 1,
      modferry_last_run_start_timestamp_seconds: seconds('2026-03-04T10:00:00Z'),
      modferry_last_run_end_timestamp_seconds: seconds('2026-03-04T10:01:30Z'),
      modferry_last_run_seconds: 90,
      'modferry_last_run_outcome{outcome="incomplete"}': 1,
      'modferry_last_run_outcome{outcome="published"}': 0,
      modferry_last_check_timestamp_seconds: seconds('2026-03-04T10:01:30Z'),
      modferry_last_check_age_seconds: 7110,
      'modferry_snapshot_info{id="20260303T080000Z-0a1b2c3d"}': 1,
      modferry_snapshot_created_timestamp_seconds: seconds('2026-03-03T08:00:00Z'),
      modferry_snapshot_age_seconds: 100_800,
      modferry_snapshot_modules: 7,
      modferry_snapshot_bytes: 900,
      'modferry_seed_wanted_modules{seed="app/go.sum"}': 9,
      'modferry_seed_present_modules{seed="app/go.sum"}': 6,
      'modferry_seed_missing_modules{seed="app/go.sum"}': 2,
      'modferry_seed_accepted_modules{seed="app/go.sum"}': 1,
      'modferry_problems{code="NOT_FOUND",kind="gap"}': 2,
      'modferry_problems{code="HASH_MISMATCH",kind="integrity"}': 1,
      modferry_bad_files: 0,
      modferry_disk_free_bytes: 1000,
      modferry_disk_size_bytes: 4000,
      modferry_max_age_seconds: 93_600,
    };
    for (const [key, value] of Object.entries(expected))
      expect([key, samples.get(key)]).toEqual([key, value]);
  });

  it('leaves out what is not known rather than giving a zero', async () => {
    const { scrape } = make();
    const names = [...(await scrape()).samples.keys()];
    const state = /^modferry_(state|last|snapshot|seed|problems|bad|disk|max)_?/;
    expect(names.filter((name) => state.test(name))).toEqual(['modferry_state_readable']);
  });

  it('gives a killed run no outcome and no end', async () => {
    const { scrape } = make({ ...NOTHING, lastRun: { startedAt: NOW } });
    const { samples } = await scrape();
    const outcomes = [...samples].filter(([key]) => key.startsWith('modferry_last_run_outcome'));
    expect(outcomes.map(([, value]) => value)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(samples.has('modferry_last_run_end_timestamp_seconds')).toBe(false);
    expect(samples.has('modferry_last_run_seconds')).toBe(false);
  });

  it('drops the labels of a seed, a problem and a snapshot that are gone', async () => {
    const { world, scrape } = make(FULL);
    await scrape();
    world.state = async () => ({
      ...FULL,
      seeds: [{ seed: 'other/go.sum', wanted: 1, present: 1, missing: 0, accepted: 0 }],
      problems: [],
      snapshot: { id: 'next', createdAt: NOW, modules: 1, bytes: 1 },
    });
    const keys = [...(await scrape()).samples.keys()];
    expect(keys.filter((key) => /app\/go\.sum|NOT_FOUND|0a1b2c3d/.test(key))).toEqual([]);
    expect(keys).toContain('modferry_seed_wanted_modules{seed="other/go.sum"}');
    expect(keys).toContain('modferry_snapshot_info{id="next"}');
  });

  it('has no age below zero, though a clock was set back', async () => {
    const { scrape } = make({ ...NOTHING, checkedAt: new Date('2026-03-05T00:00:00Z') });
    expect((await scrape()).samples.get('modferry_last_check_age_seconds')).toBe(0);
  });
});

describe('a state that cannot be read', () => {
  it('leaves the rest of the answer as it is, and is warned of once until it can be read again', async () => {
    const { world, metrics, scrape } = make(FULL);
    metrics.runEnded({ outcome: 'published', exit: 0, seconds: 1, at: NOW });
    const good = world.state;
    world.state = () => Promise.reject(new Error('state.db: is damaged'));
    for (let count = 0; count < 3; count++) {
      const { samples } = await scrape();
      expect(samples.get('modferry_state_readable')).toBe(0);
      expect(samples.get('modferry_runs_total{outcome="published"}')).toBe(1);
      expect(samples.has('modferry_snapshot_modules')).toBe(false);
    }
    expect(world.warnings).toEqual(["metrics: the mirror's state cannot be read: state.db: is damaged"]);
    const bad = world.state;
    world.state = good;
    expect((await scrape()).samples.get('modferry_state_readable')).toBe(1);
    world.state = bad;
    await scrape();
    expect(world.warnings).toHaveLength(2);
  });
});

describe('the answer to a scrape', () => {
  it('is shared by scrapes that come at once, and asked for anew by the next', async () => {
    const { world, metrics } = make();
    let asked = 0;
    world.state = async () => {
      asked++;
      return NOTHING;
    };
    const texts = await Promise.all(Array.from({ length: 50 }, () => metrics.text()));
    expect(new Set(texts).size).toBe(1);
    expect(asked).toBe(1);
    await metrics.text();
    expect(asked).toBe(2);
  });

  it('names no secret of an upstream or a seed', async () => {
    const { metrics } = make({
      ...NOTHING,
      seeds: [
        {
          seed: 'https://bob:hunter2@h/go.sum?token=hunter2',
          wanted: 1,
          present: 1,
          missing: 0,
          accepted: 0,
        },
      ],
    });
    metrics.exchange({ upstream: 'https://bob:hunter2@h/p?key=hunter2', status: 200, seconds: 1, bytes: 1 });
    metrics.retry('https://bob:hunter2@h/p?key=hunter2');
    const text = await metrics.text();
    expect(text).not.toMatch(/hunter2|bob/);
    expect(text).toContain('upstream="https://h/p"');
    expect(text).toContain('seed="https://h/go.sum"');
  });

  it('adds up two seeds that are one once their secrets are gone', async () => {
    const seed = (ref: string) => ({
      seed: `https://h/go.sum?ref=${ref}`,
      wanted: 2,
      present: 1,
      missing: 1,
      accepted: 0,
    });
    const { scrape } = make({ ...NOTHING, seeds: [seed('a'), seed('b')] });
    expect((await scrape()).samples.get('modferry_seed_wanted_modules{seed="https://h/go.sum"}')).toBe(4);
  });

  it('survives names that would break its format', async () => {
    const seed = 'a "quoted" \\ path\nwith two lines';
    const { metrics } = make({
      ...NOTHING,
      seeds: [{ seed, wanted: 1, present: 1, missing: 0, accepted: 0 }],
    });
    expect(await metrics.text()).toContain(
      'modferry_seed_wanted_modules{seed="a \\"quoted\\" \\\\ path\\nwith two lines"} 1\n',
    );
  });

  it('has names, units and endings as Prometheus wants them, and a help for each family', async () => {
    const { metrics, scrape } = make(FULL);
    metrics.verificationFailure('HASH_MISMATCH');
    const text = await metrics.text();
    const { types } = await scrape();
    expect(types.size).toBeGreaterThan(40);
    for (const [name, type] of types) {
      expect(name).toMatch(/^(modferry|process|nodejs)_[a-z0-9_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/milliseconds|_ms$|_kb$|minutes|hours|percent/);
      expect(text).toContain(`# HELP ${name} `);
    }
    expect(text).toMatch(/[^\n]\n$/);
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('tells of the process itself', async () => {
    const { scrape } = make();
    const { samples } = await scrape();
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    expect(samples.get('process_start_time_seconds')).toBeGreaterThan(1_600_000_000);
    expect(samples.has('nodejs_eventloop_lag_p99_seconds')).toBe(true);
  });

  it('shares nothing with other Metrics of the same process', async () => {
    const one = make();
    const other = make();
    one.metrics.runEnded({ outcome: 'failed', exit: 7, seconds: 1, at: NOW });
    expect((await other.scrape()).samples.get('modferry_runs_total{outcome="failed"}')).toBe(0);
  });
});
