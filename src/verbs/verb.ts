/** One verb of the command line. */
import type { Argv } from 'yargs';
import type { VerbContext } from './context.ts';

/** The parsed arguments of a verb; each verb reads its own by name. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface Verb {
  /** As yargs writes it: the name and its positionals. */
  readonly command: string;
  /** What it does, and what it changes. */
  readonly describe: string;
  readonly options: (program: Argv) => Argv;
  /** Answers with the exit code. */
  readonly run: (context: VerbContext, args: Arguments) => Promise<number>;
}
