/** What every verb gets: where it runs, how to print, and the configuration when it asks for it. */
import type { AppContext } from '../app/context.ts';
import type { Config } from '../config/load.ts';
import { createLog, type Log, type LogFormat, type LogLevel } from '../log.ts';

/** The process as the command line sees it; tests pass their own. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Whether stdout and stderr are terminals. */
  readonly terminal: { readonly stdout: boolean; readonly stderr: boolean; readonly columns: number };
  /** Calls back on SIGINT and SIGTERM until the answer is called. */
  readonly onSignal: (handle: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
}

/** The global options, parsed. */
export interface GlobalOptions {
  readonly config?: string | undefined;
  readonly env?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat | undefined;
}

export class VerbContext {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly log: Log;

  constructor(io: Io, options: GlobalOptions) {
    this.io = io;
    this.options = options;
    const level = options.quiet && options.logLevel === 'info' ? 'warn' : options.logLevel;
    const { logFormat: format = 'text' } = options;
    this.log = createLog({ level, format, write: io.stderr, terminal: io.terminal.stderr });
  }

  /** Imported when asked for: `--help` and `init` need no schema. */
  async loadConfig(): Promise<Config> {
    const { loadConfig } = await import('../config/load.ts');
    return loadConfig(this.io.cwd, this.options.config, this.options.env);
  }

  /** What every use case is given. */
  async loadApp(): Promise<AppContext> {
    return { config: await this.loadConfig(), env: this.io.env, log: this.log };
  }

  /** Prints a result: as one JSON document with --json, else as text. */
  print(document: unknown, text: () => string): void {
    this.io.stdout(this.options.json ? `${JSON.stringify(document, null, 2)}\n` : text());
  }
}
