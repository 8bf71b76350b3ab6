/**
 * The errors of the checksum database. Functions that read text or bytes say only what is wrong; who asked adds, by
 * `inContext`, which module or log it is about.
 */
import { MirrorError } from '../errors.ts';

/**
 * KEY_INVALID: a verifier key that cannot be used. NOTE_INVALID: a signed note, or the tree head in it. RECORD_INVALID:
 * a lookup that is malformed, speaks of something else, or is not in the log. TILE_INVALID: a tile that does not hash
 * to what the signed tree says. TREE_FORK: two signed tree heads that no one log can have (always a `TreeForkError`).
 * HEAD_MISSING: nobody has given a tree head.
 */
export type SumDbCode =
  | 'KEY_INVALID'
  | 'NOTE_INVALID'
  | 'RECORD_INVALID'
  | 'TILE_INVALID'
  | 'TREE_FORK'
  | 'HEAD_MISSING';

/** What the checksum database sent does not prove what it should, or contradicts what it has proved before. */
export class SumDbError extends MirrorError<SumDbCode> {}

/** Runs `read`; a SumDbError of it gets `context` before its message, and `module` if there is one. */
export function inContext<T>(context: string, module: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SumDbError)) throw error;
    throw new SumDbError(error.code, `${context}: ${error.message}`, { module, cause: error });
  }
}
