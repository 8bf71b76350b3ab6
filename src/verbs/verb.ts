/** One verb of the command line, and one action of a verb that has several. */
import type { Options, PositionalOptions } from 'yargs';
import type { VerbContext } from './context.ts';

/** The parsed arguments of a verb; each verb reads its own by name. */
export type Arguments = Readonly<Record<string, unknown>>;

export type Verb = Action | VerbWithActions;

/** A verb that needs a second word, as `snapshots list`. */
export interface VerbWithActions extends Omit<Action, 'run' | 'positional'> {
  readonly actions: readonly Action[];
}

export interface Action {
  readonly name: string;
  /** What it does, and what it changes. */
  readonly describe: string;
  readonly flags: Readonly<Record<string, Options>>;
  readonly positional?: { readonly name: string; readonly options: PositionalOptions };
  /** Answers with the exit code. */
  readonly run: (context: VerbContext, args: Arguments) => Promise<number>;
}
