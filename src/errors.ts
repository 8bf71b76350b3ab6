/**
 * The errors of the whole program. A message reads `<module>@<version>: <what failed>: <cause>`, lower case,
 * without a full stop, and names the identity once; the hint is the next step for a person. Secrets never
 * reach a message: whoever puts a URL into one redacts it first.
 *
 * Each area narrows `code` to its own union, so that a `switch` over codes is exhaustive. A bug of ours stays a
 * plain `Error`. Exit codes are not known here: only `verbs/exit.ts` maps codes to them.
 */

export interface ErrorDetails {
  /** `path@version`, or a module path, where the error is about one. */
  readonly module?: string | undefined;
  /** The next step for the person who reads the message. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

export class MirrorError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly module: string | undefined;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.module = details.module;
    this.hint = details.hint;
  }
}

/** What a person wrote is wrong: the command line, the configuration, or the list of seeds. */
export class ConfigError extends MirrorError<
  'USAGE' | 'CONFIG_NOT_FOUND' | 'CONFIG_INVALID' | 'NO_UPSTREAM' | 'SEED_NOT_FOUND' | 'NOTHING_WANTED'
> {}

/** A go.sum file that cannot be parsed; the message begins with `<file>:<line>: `. */
export class GoSumError extends MirrorError<'GOSUM_MALFORMED' | 'GOSUM_INVALID_MODULE'> {}

/** A module path, version, escaped form, hash or go.mod that breaks Go's rules. */
export class ModuleError extends MirrorError<
  'PATH_INVALID' | 'VERSION_INVALID' | 'ESCAPE_INVALID' | 'H1_INVALID' | 'GOMOD_MALFORMED' | 'PATTERN_INVALID'
> {}

/**
 * An upstream did not give what was asked for. NOT_FOUND: 404 or 410. REJECTED: another 4xx, not retried.
 * UNAVAILABLE: 5xx, 429, or the network, after all tries. TRUNCATED: fewer bytes than announced. TOO_LARGE: over
 * the cap. BAD_INFO: an `.info` of another version or shape. BAD_CONTENT: a page in place of the file, as a captive
 * portal sends. PRIVATE: no upstream may be told of this module.
 */
export class UpstreamError extends MirrorError<
  | 'NOT_FOUND'
  | 'REJECTED'
  | 'UNAVAILABLE'
  | 'TRUNCATED'
  | 'TOO_LARGE'
  | 'BAD_INFO'
  | 'BAD_CONTENT'
  | 'PRIVATE'
> {}

/** A complete body is not what its hash, or the rules for module zips, say it must be. */
export class VerificationError extends MirrorError<'HASH_MISMATCH' | 'ZIP_INVALID' | 'GOMOD_INVALID'> {}

/** The state database or the lock. */
export class StateError extends MirrorError<'LOCKED' | 'SCHEMA_TOO_NEW' | 'CORRUPT'> {}

/** The mirror's folders: what is published never changes, and a write may fail. */
export class SiteError extends MirrorError<'IMMUTABLE_MISMATCH' | 'WIPE_REFUSED' | 'DISK_FULL' | 'IO'> {}

/** The run was stopped by a signal; finished work is kept. */
export class InterruptedError extends MirrorError<'INTERRUPTED'> {}

/** SHMSIZE: the file of 32 KiB that SQLite shares with others could not be made. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']);
const BROKEN =
  /^(EIO|EROFS|EACCES|EPERM|EMFILE|ENFILE|EXDEV|ENOTDIR|EISDIR|ENAMETOOLONG|ELOOP|EBUSY|EFBIG|ESTALE|SQLITE_(IOERR|READONLY|CANTOPEN).*)$/;
/** Node has no name for what some file systems say when they find themselves damaged (EUCLEAN). */
const UNNAMED = /^Unknown system error -\d+$/;

const HINTS: Readonly<Record<string, string>> = {
  EROFS: 'mount it for writing and run it again: finished work is kept',
  EACCES: 'look at the rights of the user that runs it',
  EPERM: 'look at the rights of the user that runs it',
  EMFILE:
    'allow the process more open files (`ulimit -n`), or set fewer `connections`; finished work is kept',
  ENFILE: 'this machine has too many open files; run it again: finished work is kept',
  EIO: "look at the system's log: the disk may be failing; finished work is kept",
  EXDEV:
    'pool/, staging/, quarantine/ and public/ must lie on one file system: files get their names by renaming',
};

/**
 * What the operating system or SQLite says of a disk, as an error for people; undefined where it is something else.
 * `place` is named where the error itself names no file.
 */
export function asDiskError(error: unknown, place?: string): SiteError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path = place } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  const where = path === undefined ? '' : `${path}: `;
  if (FULL.has(code)) {
    return new SiteError('DISK_FULL', `${where}no space left on the disk: ${error.message}`, {
      cause: error,
      hint: 'make room and run it again: finished work is kept',
    });
  }
  if (!BROKEN.test(code) && !UNNAMED.test(code)) return undefined;
  return new SiteError('IO', `${where}cannot read or write: ${error.message}`, {
    cause: error,
    hint: HINTS[code],
  });
}
