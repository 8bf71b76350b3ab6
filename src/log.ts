/**
 * The log: one line an event on stderr, for a person, journald or cron mail. Results never go here. The time is
 * left out on a terminal, where it is now.
 */
import pino from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `json`: pino's own lines, one object an event with the level's name, the time, and the run that it belongs to. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  readonly terminal: boolean;
}

export function createLog({ level, format, write, terminal }: LogOptions): Log {
  if (format === 'text')
    return pino({ level, base: null }, { write: (line) => write(formatLine(line, terminal)) });
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, { write });
}

function formatLine(line: string, terminal: boolean): string {
  // pino wrote the line just now: its fields are these.
  const { level, time, msg, run } = JSON.parse(line) as TextFields;
  const label = pino.levels.labels[level] ?? String(level);
  const when = terminal ? '' : `${new Date(time).toISOString()} `;
  return `${when}${run === undefined ? '' : `[${run}] `}${label}: ${msg}\n`;
}

interface TextFields {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  /** Where the daemon does one run after the other. */
  readonly run?: string;
}
