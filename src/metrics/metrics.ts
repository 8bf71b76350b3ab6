/**
 * The figures that a monitoring system scrapes, in Prometheus' text format: what a sync in this process counts as it
 * goes, what the mirror on disk says when it is asked, and the process itself. Names of upstreams and seeds are
 * redacted on their way in.
 */
import { Registry } from 'prom-client';
import { type Exchange, LiveFigures } from './live.ts';
import { addProcessFigures } from './process-figures.ts';
import type { MetricsState, RunOutcome } from './state.ts';
import { addState, addUnreadable } from './state-figures.ts';

export interface RunEnd {
  readonly outcome: RunOutcome;
  /** The exit code that a run of its own would have ended with. */
  readonly exit: number;
  readonly seconds: number;
  readonly at: Date;
}

export interface MetricsOptions {
  /** Asked at each scrape. When it fails the scrape answers with the rest. */
  readonly state: () => Promise<MetricsState>;
  /** Told why the state could not be read; once, until it can be read again. */
  readonly warn?: (message: string) => void;
  readonly now?: () => Date;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #live = new LiveFigures(this.#registry);
  readonly #options: MetricsOptions;
  readonly #now: () => Date;
  #scrape: Promise<string> | undefined;
  #isReadable = true;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    addProcessFigures(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** One answer to a scrape. Scrapes that come at the same time share it. */
  text(): Promise<string> {
    this.#scrape ??= this.#write().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  /** One request to an upstream has ended, whatever came of it. */
  exchange(exchange: Exchange): void {
    this.#live.exchange(exchange);
  }

  /** A request to an upstream is sent once more. */
  retry(upstream: string): void {
    this.#live.retry(upstream);
  }

  /** Something complete was not what its hash, signature or proof says. */
  verificationFailure(code: string): void {
    this.#live.verificationFailures.inc({ code });
  }

  queueDepth(waiting: number, running: number): void {
    this.#live.waiting.set(waiting);
    this.#live.running.set(running);
  }

  runStarted(at: Date): void {
    this.#live.runStarted(at);
  }

  runEnded({ outcome, exit, seconds, at }: RunEnd): void {
    this.#live.runEnded(outcome, exit, seconds, at);
  }

  /** The configuration was read again; `ok` is false where the old one stays in force. */
  configReread(ok: boolean): void {
    this.#live.configReread(ok, this.#now());
  }

  /** When the schedule starts the next run; undefined where it has none. */
  nextRun(at: Date | undefined): void {
    this.#live.nextRunAt = at;
  }

  /**
   * What may be absent or go away, as the label of a seed, stands in a registry that lives for one scrape: nothing of
   * an earlier one can stay behind.
   */
  async #write(): Promise<string> {
    const passing = new Registry();
    this.#live.addPassing(passing);
    const state = await this.#readState();
    if (state === undefined) addUnreadable(passing);
    else addState(passing, state, this.#now());
    const texts = [await this.#registry.metrics(), await passing.metrics()];
    return texts.map((text) => `${text.trimEnd()}\n`).join('\n');
  }

  async #readState(): Promise<MetricsState | undefined> {
    try {
      const state = await this.#options.state();
      this.#isReadable = true;
      return state;
    } catch (error) {
      if (this.#isReadable)
        this.#options.warn?.(`metrics: the mirror's state cannot be read: ${said(error)}`);
      this.#isReadable = false;
      return undefined;
    }
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
