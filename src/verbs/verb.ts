/** One verb of the command line. */
import type { Options, PositionalOptions } from 'yargs';
import type { VerbContext } from './context.ts';

/** The parsed arguments of a verb; each verb reads its own by name. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface Verb {
  readonly name: string;
  /** What it does, and what it changes. */
  readonly describe: string;
  readonly flags: Readonly<Record<string, Options>>;
  readonly positional?: { readonly name: string; readonly options: PositionalOptions };
  /** Answers with the exit code. */
  readonly run: (context: VerbContext, args: Arguments) => Promise<number>;
}
