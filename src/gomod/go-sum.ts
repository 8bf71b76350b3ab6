/**
 * go.sum and go.work.sum: lines that name a module version and the hash of its zip or of its go.mod. Every line that
 * is returned is proved; like the Go client, lines of unknown hash algorithms and the hash of an empty go.mod are left
 * out. Source: readGoSum and WriteGoSum in cmd/go/internal/modfetch/fetch.go.
 */
import { type ErrorDetails, GoSumError, MirrorError } from '../errors.ts';
import { EMPTY_GOMOD_H1, type H1, parseH1 } from './h1.ts';
import { type ModulePath, parseModulePath } from './module-path.ts';
import {
  compareModuleVersions,
  formatModuleVersion,
  type ModuleVersion,
  withVersion,
} from './module-version.ts';
import { compareText } from './semver.ts';
import { fields, quote } from './text.ts';

export interface GoSumEntry {
  readonly mv: ModuleVersion;
  /** What the hash is of. */
  readonly file: 'zip' | 'mod';
  readonly h1: H1;
}

export interface GoSumLine extends GoSumEntry {
  /** Counted from 1. */
  readonly line: number;
}

/** The module version of the line before: lines come in pairs, and all versions of a path together. */
interface Previous {
  readonly pathText: string;
  readonly path: ModulePath;
  readonly versionText: string;
  readonly mv: ModuleVersion;
}

const GO_MOD_SUFFIX = '/go.mod';
/** The form the client writes; anything else takes the slower way through `fields`. */
const WRITTEN_LINE = /^([!-~]+) ([!-~]+) ([!-~]+)$/;

/**
 * The lines of a go.sum in their order, exact duplicates included; `file` is its name for messages. Throws GoSumError:
 * GOSUM_MALFORMED for a wrong number of fields or an impossible h1 hash, GOSUM_INVALID_MODULE for a path or version
 * that breaks Go's rules. Linear in time and memory.
 */
export function parseGoSum(text: string, file: string): GoSumLine[] {
  const lines: GoSumLine[] = [];
  let previous: Previous | undefined;
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    line += 1;
    const [path, version, hash] = splitLine(text.slice(start, end), file, line);
    start = end + 1;
    if (path === undefined || version === undefined || hash === undefined || isIgnored(hash)) continue;

    const isGoMod = version.endsWith(GO_MOD_SUFFIX);
    const versionText = isGoMod ? version.slice(0, -GO_MOD_SUFFIX.length) : version;
    previous = readModule(path, versionText, previous, file, line);
    const { mv } = previous;
    lines.push({ mv, file: isGoMod ? 'mod' : 'zip', h1: readHash(hash, mv, file, line), line });
  }
  return lines;
}

/**
 * The text the Go client would write: sorted by path and version, a zip before its go.mod, each entry once.
 * `parseGoSum` reads the same entries back.
 */
export function formatGoSum(entries: readonly GoSumEntry[]): string {
  let text = '';
  let previous = '';
  for (const { mv, file, h1 } of entries.toSorted(compareEntries)) {
    const line = `${mv.path} ${mv.version}${file === 'mod' ? GO_MOD_SUFFIX : ''} ${h1}\n`;
    if (line !== previous) text += line;
    previous = line;
  }
  return text;
}

/** Three fields, or none for a blank line. */
function splitLine(text: string, file: string, line: number): readonly string[] {
  if (text === '') return [];
  const written = WRITTEN_LINE.exec(text);
  const found = written === null ? fields(text) : written.slice(1);
  if (found.length !== 0 && found.length !== 3) {
    throw malformed(file, line, `${found.length} fields in place of 3`);
  }
  return found;
}

/** The client drops these without a look at the rest of the line, and so do we. */
function isIgnored(hash: string): boolean {
  return hash === EMPTY_GOMOD_H1 || !hash.startsWith('h1:');
}

function readModule(
  pathText: string,
  versionText: string,
  previous: Previous | undefined,
  file: string,
  line: number,
): Previous {
  const samePath = previous !== undefined && previous.pathText === pathText;
  if (samePath && previous.versionText === versionText) return previous;
  try {
    const path = samePath ? previous.path : parseModulePath(pathText);
    return { pathText, path, versionText, mv: withVersion(path, versionText) };
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    const message = `${quote(file)}:${line}: ${error.message}`;
    throw new GoSumError('GOSUM_INVALID_MODULE', message, { module: error.module, cause: error });
  }
}

function readHash(text: string, mv: ModuleVersion, file: string, line: number): H1 {
  try {
    return parseH1(text);
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    const module = formatModuleVersion(mv);
    const reason = `${module}: invalid h1 hash: not the base64 of 32 bytes`;
    throw malformed(file, line, reason, { module, cause: error });
  }
}

function malformed(file: string, line: number, reason: string, details: ErrorDetails = {}): GoSumError {
  return new GoSumError('GOSUM_MALFORMED', `${quote(file)}:${line}: malformed go.sum: ${reason}`, details);
}

function compareEntries(a: GoSumEntry, b: GoSumEntry): number {
  return compareModuleVersions(a.mv, b.mv) || compareText(b.file, a.file) || compareText(a.h1, b.h1);
}
