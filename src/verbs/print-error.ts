/** Prints what ended a verb: the message, the next step, and for a bug of ours where it happened. */
import { asDiskError, MirrorError } from '../errors.ts';
import type { Io } from './context.ts';
import { EXIT, exitOfError } from './exit.ts';

/** Answers with the exit code. */
export function printError(error: unknown, io: Io, json: boolean): number {
  const known = error instanceof MirrorError ? error : asDiskError(error);
  const { code, message, hint } = known ?? bug(error);
  if (json) {
    const document = { error: { code, message, ...(hint ? { hint } : {}) } };
    io.stdout(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    io.stderr(`modferry: error: ${message}\n`);
    if (hint) io.stderr(`  hint: ${hint}\n`);
  }
  if (known) return exitOfError(known);
  io.stderr(`${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.bug;
}

function bug(error: unknown): { code: string; message: string; hint: string } {
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'BUG',
    message: `a bug: ${message}`,
    hint: 'please report it with the lines that follow on stderr',
  };
}
