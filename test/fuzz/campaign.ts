/**
 * Many inputs to one target. Each input is made from the seed, the target's name and its own number, so that one alone
 * can be made again: the message of a failure says how. An input that takes longer than the bound stops the process
 * from another thread, since what hangs in this one cannot be stopped from here.
 *
 *   FUZZ_SEED=…    the seed, which the table and a failure print; `npm run test:fuzz` draws one where none is given
 *   FUZZ_INPUTS=…  inputs for each target (a whole sync counts for sixty)
 *   FUZZ_ONLY=…    this one input
 */
import type { TestContext } from 'vitest';
import { Chance } from './random.ts';
import { Watchdog } from './watchdog.ts';

export interface Target<Input> {
  readonly name: string;
  readonly make: (chance: Chance) => Input;
  /** Whether the target took the input. What it throws fails the campaign, and so does a promise it rejects. */
  readonly judge: (input: Input) => boolean | Promise<boolean>;
  /** The input as a person can look at it. */
  readonly show: (input: Input) => string;
  /** How many ordinary inputs one of these counts for. */
  readonly weight?: number;
  /** Seconds for one input; only what hangs takes longer. */
  readonly bound?: number;
}

/** A row of the table. */
export interface FuzzRow {
  readonly target: string;
  readonly seed: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly milliseconds: number;
  /** Most memory that the process has had at any time so far. */
  readonly peakMegabytes: number;
}

declare module 'vitest' {
  interface TaskMeta {
    fuzz?: FuzzRow;
  }
}

/** The ordinary suite does the same each time, and little of it. */
const SEED = process.env.FUZZ_SEED ?? 'modferry';
const FEW = 300;
const BOUND_SECONDS = 5;

/** Runs the campaign; `task` takes the row for the table. */
export async function fuzz<Input>(
  target: Target<Input>,
  { task }: Pick<TestContext, 'task'>,
): Promise<FuzzRow> {
  const { name, bound = BOUND_SECONDS } = target;
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const watchdog = new Watchdog(bound, (number) => `no end after ${bound} s: ${replay(name, number)}`);
  const begin = performance.now();
  let accepted = 0;
  const numbers = inputNumbers(target.weight ?? 1);
  try {
    for (const number of numbers) {
      watchdog.begin(number);
      if (await judgeOne(target, number)) accepted++;
      // Rejections are told, and memory is given back, between the turns of the event loop.
      if (number % 32 === 0) await new Promise(setImmediate);
      if (unhandled.length > 0) throw failure(name, number, '', unhandled[0]);
    }
    await new Promise(setImmediate);
    if (unhandled.length > 0) throw failure(name, numbers.at(-1) ?? 0, '', unhandled[0]);
  } finally {
    await watchdog.stop();
    process.off('unhandledRejection', note);
  }
  const row = {
    target: name,
    seed: SEED,
    inputs: numbers.length,
    accepted,
    refused: numbers.length - accepted,
    milliseconds: Math.round(performance.now() - begin),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  task.meta.fuzz = row;
  return row;
}

async function judgeOne<Input>({ name, make, judge, show }: Target<Input>, number: number): Promise<boolean> {
  const input = make(new Chance(`${SEED}/${name}/${number}`));
  try {
    return await judge(input);
  } catch (error) {
    throw failure(name, number, show(input), error);
  }
}

function inputNumbers(weight: number): number[] {
  if (process.env.FUZZ_ONLY !== undefined) return [Number(process.env.FUZZ_ONLY)];
  const inputs = Number(process.env.FUZZ_INPUTS ?? FEW);
  return Array.from({ length: Math.ceil(inputs / weight) }, (_, number) => number);
}

function replay(name: string, number: number | string): string {
  return `FUZZ_SEED=${SEED} FUZZ_ONLY=${number} npm run test:fuzz -- -t '${name}'`;
}

function failure(name: string, number: number, input: string, cause: unknown): Error {
  const told = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new Error(`${told}\n  to repeat: ${replay(name, number)}\n  input: ${input}`, { cause });
}

/** Text for a message: all of a short input, both ends of a long one. */
export function showText(text: string): string {
  const shown = text.length > 4_000 ? `${text.slice(0, 2_000)} … ${text.slice(-2_000)}` : text;
  return `${text.length} characters ${JSON.stringify(shown)}`;
}

export function showBytes(bytes: Buffer): string {
  return `${bytes.length} bytes, base64 ${bytes.subarray(0, 6_000).toString('base64')}`;
}

/** Whether `take` gives a value; false where it throws an error of one of these classes, and only then. */
export function takes(
  classes: readonly (abstract new (...args: never[]) => Error)[],
  take: () => unknown,
): boolean {
  try {
    take();
    return true;
  } catch (error) {
    if (classes.some((known) => error instanceof known)) return false;
    throw error;
  }
}
