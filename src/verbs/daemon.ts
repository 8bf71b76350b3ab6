/** `daemon`: sync on the schedule until stopped, and serve. */
import type { JudgeRun } from '../app/daemon-run.ts';
import { asDiskError, MirrorError } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import type { VerbContext } from './context.ts';
import { EXIT, exitOfError, exitOfSignal, exitOfSync } from './exit.ts';
import { cannotListen, parseListen } from './serve.ts';
import { SignalWatch } from './signals.ts';
import type { Verb } from './verb.ts';

export const daemonVerb: Verb = {
  name: 'daemon',
  describe:
    "sync on the configuration's schedule until stopped; serves public/ and /metrics on its listen address",
  flags: {},
  run: async (context) => {
    const log = daemonLog(context);
    const watch = new SignalWatch(context.io, () =>
      log.warn('stopping: a run under way finishes its downloads; a second signal ends them'),
    );
    return watch.guard(context.io, context.options.json, async () => {
      const { runDaemon } = await import('../app/daemon.ts');
      const wasInterrupted = await runDaemon({
        readConfig: () => context.loadConfig(),
        env: context.io.env,
        log,
        signals: { stop: watch.stop, abort: watch.abort },
        judge: judgeOf(watch, log),
        listenOf: ({ listen }) => (listen === undefined ? undefined : parseListen(listen)),
        onListening: ({ url }) => log.info(`serving: GOPROXY=${url}/current`),
        cannotListen: (error, { listen = '' }) => cannotListen(error, listen),
      });
      return wasInterrupted ? exitOfSignal(watch.signal) : EXIT.done;
    });
  },
};

/** For machines, unless a person is looking or says otherwise. */
function daemonLog({ io, options, log }: VerbContext): Log {
  if (io.terminal.stderr || options.logFormat !== undefined) return log;
  return createLog({ level: options.logLevel, format: 'json', write: io.stderr, terminal: false });
}

function judgeOf(watch: SignalWatch, log: Log): JudgeRun {
  const soon: ReadonlySet<number> = new Set([EXIT.incomplete, EXIT.locked, EXIT.disk]);
  return {
    ofReport: (report) => exitOfSync(report, watch.signal),
    ofError: (error) => {
      const known = error instanceof MirrorError ? error : asDiskError(error);
      if (known !== undefined) return { exit: exitOfError(known), message: known.message };
      log.error(`a bug: ${error instanceof Error ? error.stack : String(error)}`);
      return { exit: EXIT.bug, message: error instanceof Error ? error.message : String(error) };
    },
    isWorthRetry: (exit) => soon.has(exit),
  };
}
