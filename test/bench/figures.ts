/** From timings to figures: medians, spreads, and whether the marks hold. Pure. */
import { CONTENDERS, type Contender, type Round, type Timing } from './contenders.ts';

export interface Figure {
  readonly contender: Contender;
  /** Of the rounds: median, least and most. */
  readonly seconds: number;
  readonly least: number;
  readonly most: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  /** Undefined where nobody counts them. */
  readonly requests: number | undefined;
}

export interface Mark {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The value may not be more. Undefined where it is only told. */
  readonly limit: number | undefined;
}

/** One for each contender that was timed, in the order of CONTENDERS. */
export function figuresOf(rounds: readonly Round[]): Figure[] {
  return CONTENDERS.flatMap((contender) => {
    const timings = rounds.map((round) => round[contender]).filter((timing) => timing !== undefined);
    return timings.length === 0 ? [] : [figureOf(contender, timings)];
  });
}

function figureOf(contender: Contender, timings: readonly Timing[]): Figure {
  const seconds = timings.map((timing) => timing.seconds);
  const requests = timings.map((timing) => timing.requests).filter((count) => count !== undefined);
  return {
    contender,
    seconds: median(seconds),
    least: Math.min(...seconds),
    most: Math.max(...seconds),
    cpuSeconds: median(timings.map((timing) => timing.cpuSeconds)),
    peakMegabytes: Math.max(...timings.map((timing) => timing.peakMegabytes)),
    requests: requests.length === 0 ? undefined : Math.max(...requests),
  };
}

/**
 * What the project asks of itself. A ratio is the median of the rounds' ratios, since what a round is compared with
 * ran beside it; peaks and requests are the worst of all rounds. CPU time suffers less from what else the machine
 * does, so its ratio is told too.
 */
export function marksOf(rounds: readonly Round[]): Mark[] {
  const typical = (value: (round: Round) => number) => median(rounds.map(value));
  const worst = (value: (round: Round) => number) => Math.max(...rounds.map(value));
  const perGo = typical((round) => seconds(round.cold) / seconds(round.go));
  const perFloor = typical((round) => seconds(round.cold) / (seconds(round.curl) + seconds(round.hash)));
  const perLog = typical((round) => seconds(round.coldLog) / seconds(round.cold));
  const cpuPerGo = typical((round) => cpuSeconds(round.cold) / cpuSeconds(round.go));
  const unchanged = typical((round) => seconds(round.unchanged));
  const requests = worst(
    ({ unchanged, unchangedLog }) =>
      (unchanged?.requests ?? Number.NaN) + (unchangedLog?.requests ?? Number.NaN),
  );
  const peak = worst((round) => round.cold?.peakMegabytes ?? Number.NaN);
  return [
    { name: 'cold sync / `go mod download`', value: perGo, unit: '×', limit: 0.35 },
    { name: 'cold sync / (curl + inflate and SHA-256)', value: perFloor, unit: '×', limit: 1.3 },
    {
      name: 'CPU time of the cold sync / of `go mod download`',
      value: cpuPerGo,
      unit: '×',
      limit: undefined,
    },
    { name: 'cold sync with the checksum database / without', value: perLog, unit: '×', limit: 1.5 },
    { name: 'nothing new', value: unchanged, unit: 's', limit: 0.6 },
    { name: 'nothing new, requests', value: requests, unit: '', limit: 0 },
    { name: 'peak memory of the cold sync', value: peak, unit: 'MB', limit: 512 },
  ];
}

function seconds(timing: Timing | undefined): number {
  return timing?.seconds ?? Number.NaN;
}

function cpuSeconds(timing: Timing | undefined): number {
  return timing?.cpuSeconds ?? Number.NaN;
}

/** Of at least one number. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
