/** One run of the daemon: a sync, what it says of itself in the log and the figures, and the clearing up after it. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/load.ts';
import type { RunEnd } from '../daemon/daemon.ts';
import type { Reason } from '../daemon/due.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { stamp } from '../site/stamp.ts';
import type { Outcome } from '../store/runs.ts';
import { isIntegrity } from '../sync/problem.ts';
import type { SyncReport } from '../sync/report.ts';
import type { SyncObserver } from '../sync/sync-deps.ts';
import type { AppContext, Environment } from './context.ts';
import { gc, prune } from './retention.ts';
import { DEFAULT_CONCURRENCY, type Signals, sync } from './sync.ts';

/** Exit codes are the command line's: it says what one means. */
export interface JudgeRun {
  readonly ofReport: (report: SyncReport) => number;
  /** Of what was thrown before there was a report. */
  readonly ofError: (error: unknown) => { readonly exit: number; readonly message: string };
  /** It may go better soon. */
  readonly isWorthRetry: (exit: number) => boolean;
}

export interface ScheduledRunDeps {
  readonly env: Environment;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly signals: Signals;
  readonly judge: JudgeRun;
}

/** A log is read by people: the rest is in `modferry status`. */
const MOST_PROBLEMS = 20;

export class ScheduledRun {
  readonly #deps: ScheduledRunDeps;
  /** Whether a signal cut a run short. */
  wasInterrupted = false;

  constructor(deps: ScheduledRunDeps) {
    this.#deps = deps;
  }

  /** Never throws. */
  async once(config: Config, reason: Reason): Promise<RunEnd> {
    const { metrics, judge } = this.#deps;
    const started = new Date();
    const log = this.#deps.log.child({ run: runId(started) });
    const context = { config, env: this.#deps.env, log, figures: metrics };
    log.info(`sync begins (${reason})`);
    metrics.runStarted(started);
    const { outcome, exit } = await this.#sync(context);
    const at = new Date();
    metrics.queueDepth(0, 0);
    metrics.runEnded({ outcome, exit, seconds: (at.getTime() - started.getTime()) / 1000, at });
    if (outcome === 'interrupted') this.wasInterrupted = true;
    else if (outcome === 'published') await clearUp(context);
    return { exit, isWorthRetry: judge.isWorthRetry(exit) };
  }

  async #sync(context: AppContext): Promise<{ outcome: Outcome; exit: number }> {
    const { judge, signals, metrics } = this.#deps;
    const { config, log } = context;
    const options = { prune: false, force: false, strict: config.strict };
    try {
      const observer = new QueueFigures(metrics, config.connections ?? DEFAULT_CONCURRENCY);
      const report = await sync(context, options, signals, () => observer);
      const exit = judge.ofReport(report);
      for (const problem of report.problems)
        if (isIntegrity(problem)) metrics.verificationFailure(problem.code);
      tell(report, exit, log);
      return { outcome: report.outcome, exit };
    } catch (error) {
      const { exit, message } = judge.ofError(error);
      log.error(`failed: exit ${exit}: ${message}`);
      return { outcome: signals.stop.aborted ? 'interrupted' : 'failed', exit };
    }
  }
}

/** Old snapshots, where the configuration says how many to keep. A failure is said, and changes nothing of the run. */
async function clearUp(context: AppContext): Promise<void> {
  const { keep } = context.config;
  if (keep === undefined) return;
  try {
    const removed = await prune(context, keep, false);
    const garbage = removed.length > 0 ? await gc(context, false) : [];
    if (removed.length > 0)
      context.log.info(`keep: removed ${removed.length} snapshots and ${garbage.length} files of the pool`);
  } catch (error) {
    context.log.error(`keep: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tell(
  { outcome, modules, problems, snapshot, requests, seconds, error }: SyncReport,
  exit: number,
  log: Log,
): void {
  for (const { code, message } of problems.slice(0, MOST_PROBLEMS)) log.warn(`${code}: ${message}`);
  const more = problems.length - MOST_PROBLEMS;
  if (more > 0) log.warn(`and ${more} more problems`);
  if (error !== undefined) log.error(error.message);
  const { wanted, fetched, missing, mismatched } = modules;
  const counts = `${wanted} module versions wanted, ${fetched} fetched, ${missing} missing, ${mismatched} mismatched`;
  log.info(
    `${outcome}: exit ${exit}: ${counts}; ${requests} requests, ${seconds} s; current: ${snapshot?.id ?? 'nothing'}`,
  );
}

class QueueFigures implements SyncObserver {
  readonly #metrics: Metrics;
  readonly #limit: number;
  #left = 0;

  constructor(metrics: Metrics, limit: number) {
    this.#metrics = metrics;
    this.#limit = limit;
  }

  planned(count: number): void {
    this.#left += count;
    this.#tell();
  }

  moduleDone(): void {
    this.#left--;
    this.#tell();
  }

  publishing(): void {}

  #tell(): void {
    const running = Math.min(this.#left, this.#limit);
    this.#metrics.queueDepth(this.#left - running, running);
  }
}

/** Short, and told apart in a log of years by its time. */
function runId(now: Date): string {
  return `${stamp(now)}-${randomBytes(2).toString('hex')}`;
}
