/** The figures that a sync in this process feeds as it goes. They begin at zero when the process starts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { addGauge } from './gauge.ts';
import { redactName } from './redact-name.ts';
import { RUN_OUTCOMES, type RunOutcome } from './state.ts';

export interface Exchange {
  /** The upstream's URL or name. */
  readonly upstream: string;
  /** The answer's status code, or `failed` where none came. */
  readonly status: number | 'failed';
  readonly seconds: number;
  /** Of the body that arrived, wanted or not. */
  readonly bytes: number;
}

/** From a file in a cache nearby to a large zip over a thin line. */
const REQUEST_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
/** From a run that finds nothing new to the first one of a large mirror. */
const RUN_BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200];

export class LiveFigures {
  readonly verificationFailures: Counter<'code'>;
  readonly waiting: Gauge;
  readonly running: Gauge;
  nextRunAt: Date | undefined;
  readonly #seconds: Histogram<'upstream' | 'status'>;
  readonly #bytes: Counter<'upstream'>;
  readonly #retries: Counter<'upstream'>;
  readonly #runs: Counter<'outcome'>;
  readonly #runSeconds: Histogram;
  readonly #inProgress: Gauge;
  readonly #rereads: Counter<'result'>;
  #run: { readonly startedAt: Date; readonly endedAt?: Date; readonly exit?: number } | undefined;
  #reread: { readonly ok: boolean; readonly at: Date } | undefined;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#seconds = new Histogram({
      name: 'modferry_upstream_request_seconds',
      help: 'Time that a request to an upstream took, to the last byte of its answer.',
      labelNames: ['upstream', 'status'],
      buckets: REQUEST_BUCKETS,
      registers,
    });
    this.#bytes = new Counter({
      name: 'modferry_upstream_bytes_total',
      help: 'Bytes of bodies that arrived from an upstream, wanted or not.',
      labelNames: ['upstream'],
      registers,
    });
    this.#retries = new Counter({
      name: 'modferry_upstream_retries_total',
      help: 'Requests to an upstream that were sent once more.',
      labelNames: ['upstream'],
      registers,
    });
    this.verificationFailures = new Counter({
      name: 'modferry_verification_failures_total',
      help: 'Complete files, records or tiles that were not what their hash, signature or proof says.',
      labelNames: ['code'],
      registers,
    });
    this.waiting = new Gauge({
      name: 'modferry_queue_waiting',
      help: 'Files that wait to be fetched.',
      registers,
    });
    this.running = new Gauge({
      name: 'modferry_queue_running',
      help: 'Files that are being fetched.',
      registers,
    });
    this.#runs = new Counter({
      name: 'modferry_runs_total',
      help: 'Runs of this process that have ended, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.#runSeconds = new Histogram({
      name: 'modferry_run_seconds',
      help: 'Time that a run of this process took.',
      buckets: RUN_BUCKETS,
      registers,
    });
    this.#inProgress = new Gauge({
      name: 'modferry_run_in_progress',
      help: '1 while this process does a run, else 0.',
      registers,
    });
    this.#rereads = new Counter({
      name: 'modferry_config_rereads_total',
      help: 'How often the configuration was read again; after `failed` the old one stays in force.',
      labelNames: ['result'],
      registers,
    });
    // A rate can be told only of a counter that was there before its first event.
    for (const outcome of RUN_OUTCOMES) this.#runs.inc({ outcome }, 0);
    for (const result of ['ok', 'failed']) this.#rereads.inc({ result }, 0);
  }

  exchange({ upstream, status, seconds, bytes }: Exchange): void {
    const name = redactName(upstream);
    this.#seconds.observe({ upstream: name, status: String(status) }, seconds);
    this.#bytes.inc({ upstream: name }, bytes);
    this.#retries.inc({ upstream: name }, 0);
  }

  retry(upstream: string): void {
    this.#retries.inc({ upstream: redactName(upstream) });
  }

  runStarted(at: Date): void {
    this.#run = { startedAt: at };
    this.#inProgress.set(1);
  }

  runEnded(outcome: RunOutcome, exit: number, seconds: number, at: Date): void {
    const startedAt = this.#run?.startedAt ?? new Date(at.getTime() - seconds * 1000);
    this.#run = { startedAt, endedAt: at, exit };
    this.#runs.inc({ outcome });
    this.#runSeconds.observe(seconds);
    this.#inProgress.set(0);
    this.waiting.set(0);
    this.running.set(0);
  }

  configReread(ok: boolean, at: Date): void {
    this.#rereads.inc({ result: ok ? 'ok' : 'failed' });
    this.#reread = { ok, at };
  }

  /** What is told only once it is known, and no longer when it is not: a zero would be a time in 1970. */
  addPassing(registry: Registry): void {
    const { startedAt, endedAt, exit } = this.#run ?? {};
    addGauge(
      registry,
      'modferry_run_start_timestamp_seconds',
      'When the newest run of this process began.',
      startedAt,
    );
    addGauge(
      registry,
      'modferry_run_end_timestamp_seconds',
      'When the newest run of this process ended.',
      endedAt,
    );
    addGauge(
      registry,
      'modferry_run_exit_code',
      'Exit code that the newest run of this process stands for.',
      exit,
    );
    addGauge(
      registry,
      'modferry_next_run_timestamp_seconds',
      'When the schedule starts the next run.',
      this.nextRunAt,
    );
    const { ok, at } = this.#reread ?? {};
    addGauge(
      registry,
      'modferry_config_last_reread_successful',
      '1 if the configuration was good when last it was read again, else 0.',
      ok === undefined ? undefined : Number(ok),
    );
    addGauge(
      registry,
      'modferry_config_last_reread_timestamp_seconds',
      'When the configuration was last read again.',
      at,
    );
  }
}
