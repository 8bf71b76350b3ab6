/**
 * The log: one line an event on stderr, for a person, journald or cron mail. Results never go here. The time is
 * left out on a terminal, where it is now.
 */
import pino from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly terminal: boolean;
}

export function createLog({ level, write, terminal }: LogOptions): Log {
  return pino({ level, base: null }, { write: (line) => write(formatLine(line, terminal)) });
}

function formatLine(line: string, terminal: boolean): string {
  // pino wrote the line just now: its fields are these.
  const { level, time, msg } = JSON.parse(line) as { level: number; time: number; msg: string };
  const label = pino.levels.labels[level] ?? String(level);
  const when = terminal ? '' : `${new Date(time).toISOString()} `;
  return `${when}${label}: ${msg}\n`;
}
