/** Builds the daemon: the loop over runs, what is done in each, and the server with its figures. */

import { parseDuration } from '../config/duration.ts';
import type { Config } from '../config/load.ts';
import { Daemon, type Loaded } from '../daemon/daemon.ts';
import { Schedule } from '../daemon/schedule.ts';
import { REAL_CLOCK } from '../daemon/wait.ts';
import { ConfigError } from '../errors.ts';
import type { RunningServer } from '../http/server.ts';
import type { Log } from '../log.ts';
import { Metrics } from '../metrics/metrics.ts';
import { type Environment, withStore } from './context.ts';
import { type JudgeRun, ScheduledRun } from './daemon-run.ts';
import { readMirrorState } from './mirror-state.ts';
import { type Listen, serveWith } from './serve.ts';
import type { Signals } from './sync.ts';

export interface DaemonInput {
  /** Reads the configuration; throws where it is wrong. */
  readonly readConfig: () => Promise<Config>;
  readonly env: Environment;
  readonly log: Log;
  readonly signals: Signals;
  readonly judge: JudgeRun;
  /** Undefined: serves nothing. */
  readonly listenOf: (config: Config) => Listen | undefined;
  /** Says in words why an address cannot be listened on. */
  readonly cannotListen: (error: unknown, config: Config) => unknown;
  /** Told the address once it is served. */
  readonly onListening: (server: RunningServer) => void;
}

/** Resolves once it was stopped; true where that cut a run short. */
export async function runDaemon(input: DaemonInput): Promise<boolean> {
  const { readConfig, env, log, signals, judge } = input;
  const first = loadedOf(await readConfig());
  let config = first.config;
  const maxAge = () => (config.maxAge === undefined ? undefined : parseDuration(config.maxAge));
  const metrics = new Metrics({
    state: () => readMirrorState(config, maxAge()),
    warn: (message) => log.warn(message),
  });
  const run = new ScheduledRun({ env, log, metrics, signals, judge });
  const daemon = new Daemon(first, {
    load: async () => {
      const loaded = loadedOf(await readConfig());
      warnOfRestart(config, loaded.config, log);
      config = loaded.config;
      return loaded;
    },
    run: (current, reason) => run.once(current, reason),
    lastRun: lastRunOf,
    clock: REAL_CLOCK,
    random: Math.random,
    stop: signals.stop,
    log,
    onReread: (ok) => metrics.configReread(ok),
    onDue: (due) => metrics.nextRun(due?.at),
  });
  const listen = input.listenOf(config);
  const refuse = (error: unknown) => {
    throw input.cannotListen(error, config);
  };
  const server = listen && (await serveWith({ config, env, log }, listen, maxAge, metrics).catch(refuse));
  try {
    if (server) input.onListening(server);
    await daemon.run();
  } finally {
    await server?.close();
  }
  return run.wasInterrupted;
}

function loadedOf(config: Config): Loaded<Config> {
  const { schedule, timezone, jitter, retryAfter, file } = config;
  if (schedule === undefined) {
    throw new ConfigError('CONFIG_INVALID', `${file}: schedule: the daemon needs one`, {
      hint: "write a cron line, as schedule: '30 3 * * *'",
    });
  }
  return {
    config,
    schedule: new Schedule(schedule, timezone, file),
    jitter: milliseconds(jitter),
    retryAfter: milliseconds(retryAfter),
  };
}

/** The schema has let nothing else through. */
function milliseconds(duration: string): number {
  return (parseDuration(duration) ?? 0) * 1000;
}

/** These two are what the server was begun with. */
function warnOfRestart(before: Config, after: Config, log: Log): void {
  for (const field of ['mirror', 'listen'] as const) {
    if (before[field] !== after[field])
      log.warn(`${after.file}: ${field} was changed: what is served changes with a restart`);
  }
}

function lastRunOf(config: Config): Promise<Date | undefined> {
  return withStore(config, async (store) => {
    const startedAt = store?.runs.last()?.startedAt;
    return startedAt === undefined ? undefined : new Date(startedAt);
  });
}
