/**
 * Lookup answers: the number of a record, its text (the two go.sum lines of one module version), an empty line, and a
 * signed tree head. Hashes are taken from the record's text only, and the text must be about the module version asked
 * for and nothing else; whether the log holds the record is proved elsewhere.
 * Source: golang.org/x/mod/sumdb/tlog, ParseRecord; advisories CVE-2026-42501 and CVE-2026-56864.
 */
import { ModuleError } from '../errors.ts';
import { escapePath, escapeVersion } from '../gomod/escape.ts';
import { type H1, parseH1 } from '../gomod/h1.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { quote } from '../gomod/text.ts';
import { SumDbError } from './errors.ts';
import { decodeText, parseDecimal } from './strict.ts';

/** The parts of an answer; nothing in them is proved. */
export interface LookupBody {
  /** Number of the record in the log, from 0. */
  readonly id: number;
  /** Ends in a newline, holds no empty line. Its leaf hash is over exactly this. */
  readonly recordText: string;
  /** What follows the record, as it came: should be a signed tree head. */
  readonly note: string;
}

export interface RecordHashes {
  readonly zipH1: H1;
  readonly modH1: H1;
}

/** Bytes. A record has some 300, a note less than 20,000. */
const LONGEST_LOOKUP = 1_000_000;

/** `lookup/<escaped path>@<escaped version>`, below the base of the log. */
export function lookupPath({ path, version }: ModuleVersion): string {
  return `lookup/${escapePath(path)}@${escapeVersion(version)}`;
}

/** Throws SumDbError RECORD_INVALID where the shape is wrong. */
export function parseLookup(body: Buffer): LookupBody {
  if (body.length > LONGEST_LOOKUP) throw invalid(`${body.length} bytes, more than ${LONGEST_LOOKUP}`);
  const whole = decodeText(body);
  if (whole === undefined) throw invalid('not UTF-8 text without control characters');
  const idEnd = whole.indexOf('\n');
  // The first empty line: everything after it is the note's, whatever it looks like.
  const recordEnd = whole.indexOf('\n\n', idEnd);
  if (idEnd === -1 || recordEnd <= idEnd) throw invalid('not a number, a record and an empty line');
  const id = parseDecimal(whole.slice(0, idEnd));
  if (id === undefined) throw invalid(`${quote(whole.slice(0, idEnd))} is no record number`);
  return {
    id,
    recordText: whole.slice(idEnd + 1, recordEnd + 1),
    note: whole.slice(recordEnd + 2),
  };
}

/**
 * The answer to publish for a proved record: the same record under any signed tree head that holds it, so that one
 * head can serve all lookups of a mirror.
 */
export function recomposeLookup(id: number, recordText: string, note: string): string {
  return `${id}\n${recordText}\n${note}`;
}

/**
 * The hashes in a record's text, which must be exactly two lines: one for the zip and one for the go.mod of `mv`.
 * Throws SumDbError RECORD_INVALID.
 */
export function parseRecord(recordText: string, mv: ModuleVersion): RecordHashes {
  const lines = recordText.split('\n');
  if (lines.pop() !== '' || lines.length !== 2) {
    throw invalid(`its record must have two lines, and has ${lines.length}`);
  }
  return {
    zipH1: hashAfter(`${mv.path} ${mv.version} `, lines),
    modH1: hashAfter(`${mv.path} ${mv.version}/go.mod `, lines),
  };
}

function hashAfter(prefix: string, lines: readonly string[]): H1 {
  const [line, second] = lines.filter((candidate) => candidate.startsWith(prefix));
  if (line === undefined) {
    throw invalid(
      `its record has no line for ${quote(prefix.trimEnd())} but ${lines.map(quote).join(' and ')}`,
    );
  }
  if (second !== undefined) throw invalid(`its record has two lines for ${quote(prefix.trimEnd())}`);
  try {
    return parseH1(line.slice(prefix.length));
  } catch (error) {
    if (error instanceof ModuleError) throw invalid(`its record has ${error.message}`, error);
    throw error;
  }
}

function invalid(reason: string, cause?: ModuleError): SumDbError {
  return new SumDbError('RECORD_INVALID', `invalid lookup: ${reason}`, { cause });
}
