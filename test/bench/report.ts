/** The figures as Markdown, as docs/benchmarks.md shows them. Pure. */
import type { Contender } from './contenders.ts';
import type { Figure, Mark } from './figures.ts';

export interface Report {
  /** Where and with what it was measured. */
  readonly machine: Readonly<Record<string, string>>;
  /** What was fetched, in words. */
  readonly work: string;
  readonly rounds: number;
  readonly figures: readonly Figure[];
  readonly marks: readonly Mark[];
}

const NAMES: Readonly<Record<Contender, string>> = {
  curl: 'floor: `curl --parallel-max 32`, all files',
  hash: 'floor: inflate and SHA-256 of all zips, all cores',
  go: '`go mod download`, all zips',
  cold: '`modferry sync`, cold',
  unchanged: '`modferry sync`, nothing new',
  coldLog: '`modferry sync`, cold, with the checksum database',
  unchangedLog: '`modferry sync`, nothing new, with the checksum database',
  diskGo: '`go mod download`, on a disk',
  diskCold: '`modferry sync`, cold, on a disk',
};

export function renderReport({ machine, work, rounds, figures, marks }: Report): string {
  return [
    ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`),
    `- work: ${work}`,
    '',
    `Median of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, least and most in brackets; peaks are the worst.`,
    '',
    '| | seconds | CPU seconds | peak MB | requests |',
    '|---|---|---|---|---|',
    ...figures.map(figureRow),
    '',
    '| mark | measured | at most | |',
    '|---|---|---|---|',
    ...marks.map(markRow),
    '',
  ].join('\n');
}

function figureRow({ contender, seconds, least, most, cpuSeconds, peakMegabytes, requests }: Figure): string {
  const spread = `${seconds.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
  return `| ${NAMES[contender]} | ${spread} | ${cpuSeconds.toFixed(1)} | ${peakMegabytes.toFixed(0)} | ${requests ?? '–'} |`;
}

function markRow({ name, value, unit, limit }: Mark): string {
  const digits = unit === '×' || unit === 's' ? 2 : 0;
  const written = (amount: string) => `${amount} ${unit}`.trimEnd();
  if (limit === undefined) return `| ${name} | ${written(value.toFixed(digits))} | – | |`;
  // Compared before it is rounded; what was not measured is NaN, which never holds.
  const verdict = value <= limit ? 'holds' : 'does not hold';
  return `| ${name} | ${written(value.toFixed(digits))} | ${written(String(limit))} | ${verdict} |`;
}
