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
  /** The value may not be more. */
  readonly limit: number;
  readonly unit: string;
  readonly holds: boolean;
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
 * ran beside it; peaks and requests are the worst of all rounds.
 */
export function marksOf(rounds: readonly Round[]): Mark[] {
  const seconds = (round: Round, contender: Contender) => round[contender]?.seconds ?? Number.NaN;
  const perRound = (value: (round: Round) => number) => median(rounds.map(value));
  const worst = (value: (round: Round) => number | undefined) =>
    Math.max(...rounds.map((round) => value(round) ?? Number.NaN));
  const floor = (round: Round) => seconds(round, 'curl') + seconds(round, 'hash');
  return [
    mark(
      'cold sync / `go mod download`',
      perRound((round) => seconds(round, 'cold') / seconds(round, 'go')),
      0.35,
      '×',
    ),
    mark(
      'cold sync / (curl + inflate and SHA-256)',
      perRound((round) => seconds(round, 'cold') / floor(round)),
      1.3,
      '×',
    ),
    mark(
      'nothing new',
      perRound((round) => seconds(round, 'unchanged')),
      0.6,
      's',
    ),
    mark(
      'nothing new, requests',
      worst((round) => round.unchanged?.requests),
      0,
      '',
    ),
    mark(
      'peak memory of the cold sync',
      worst((round) => round.cold?.peakMegabytes),
      512,
      'MB',
    ),
  ];
}

function mark(name: string, value: number, limit: number, unit: string): Mark {
  return { name, value, limit, unit, holds: value <= limit };
}

/** Of at least one number. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
