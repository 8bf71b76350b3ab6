/**
 * Progress of a sync on stderr: a bar on a terminal, a line now and then elsewhere. Shows module versions done of
 * those to fetch, bytes, rate and the time left.
 */
import type { SyncObserver } from '../sync/sync-deps.ts';
import type { Io } from './context.ts';

const BAR_EVERY = 200;
const LINE_EVERY = 15_000;
const BAR_WIDTH = 24;

export interface Traffic {
  readonly stats: { readonly bytes: number };
}

export class Progress implements SyncObserver {
  readonly #io: Io;
  readonly #traffic: Traffic;
  readonly #terminal: boolean;
  readonly #wanted: boolean;
  #total = 0;
  #done = 0;
  #started = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(io: Io, traffic: Traffic, wanted: boolean) {
    this.#io = io;
    this.#traffic = traffic;
    this.#terminal = io.terminal.stderr;
    this.#wanted = wanted;
  }

  /** What comes in may show that more is wanted. */
  planned(count: number): void {
    this.#total += count;
    if (this.#timer !== undefined || this.#total === 0 || !this.#wanted) return;
    this.#started = Date.now();
    this.#timer = setInterval(() => this.#show(), this.#terminal ? BAR_EVERY : LINE_EVERY);
    this.#timer.unref();
  }

  moduleDone(): void {
    this.#done++;
  }

  publishing(): void {
    this.end();
  }

  /** Takes the bar away. May be called again. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#terminal) this.#io.stderr('\r\x1b[K');
  }

  #show(): void {
    const seconds = Math.max(0.001, (Date.now() - this.#started) / 1000);
    const { bytes } = this.#traffic.stats;
    const share = this.#done / this.#total;
    const left =
      this.#done === 0 ? '' : `, ${formatDuration((seconds / this.#done) * (this.#total - this.#done))} left`;
    const counts = `${this.#done}/${this.#total} module versions, ${formatBytes(bytes)}, ${formatBytes(bytes / seconds)}/s${left}`;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
    this.#io.stderr(this.#terminal ? `\r\x1b[K${bar} ${counts}` : `fetching: ${counts}\n`);
  }
}

/** `12.3 MB`; powers of 1000, as disks and networks count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let power = 0;
  // What would be shown as 1000.0 is one of the next unit.
  while (value >= (power === 0 ? 999.5 : 999.95) && power < units.length - 1) {
    value /= 1000;
    power++;
  }
  return `${power === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[power]}`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
