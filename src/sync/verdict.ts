/**
 * Who is right about the hash of a file: go.sum lines, the log, and what the mirror holds already must say the same.
 * The log decides between lines that disagree. Pure.
 */

import type { H1 } from '../gomod/h1.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { HeldFile } from '../store/ledger.ts';
import type { LogRecord } from '../store/log-records.ts';
import type { Problem } from './problem.ts';
import { type HashedFile, type Hashes, sourcesOf, type WantedModule } from './wanted.ts';

/** A record, and the name of the log that holds it. */
export interface Judge {
  readonly log: string;
  readonly record: LogRecord;
}

export interface Verdict {
  /** What the file must hash to; undefined where nobody can say, or the file is held back. */
  readonly expected: H1 | undefined;
  /** Who is wrong. With `expected` the file is carried all the same: somebody else is right. */
  readonly problems: readonly Problem[];
}

/** `judge` is undefined where the log does not know the module version, or is not asked. */
export function judgeFile(wanted: WantedModule, file: HashedFile, judge: Judge | undefined): Verdict {
  const hashes: Hashes = wanted[file] ?? new Map();
  if (judge === undefined) return judgeWithoutLog(wanted, file, hashes);
  const truth = loggedHash(judge.record, file);
  const wrong = [...hashes].filter(([h1]) => h1 !== truth);
  if (wrong.length === 0) return { expected: truth, problems: [] };
  const right = hashes.get(truth);
  const problem = contradiction(wanted, file, wrong, judge, right);
  return { expected: right === undefined ? undefined : truth, problems: [problem] };
}

export function loggedHash(record: LogRecord, file: HashedFile): H1 {
  return file === 'zip' ? record.zipH1 : record.modH1;
}

/** What the mirror holds is not what it should: it stays held, since published bytes never change. */
export function contradictionOfHeld(
  wanted: WantedModule,
  held: HeldFile,
  expected: H1,
  judge: Judge | undefined,
): Problem {
  const name = formatModuleVersion(wanted.mv);
  const { file, h1, fetchedAt } = held;
  const by = judge === undefined ? 'go.sum' : judge.log;
  const heldFor = `the mirror has held ${h1} since ${fetchedAt}`;
  return {
    ...about(wanted, file),
    code: judge === undefined ? 'HASH_MISMATCH' : 'SUMDB_MISMATCH',
    message: `${name}: ${file}: hash mismatch: ${by} says ${expected}, ${heldFor}`,
    hint:
      judge === undefined
        ? "one of the two go.sum files was written from other bytes: compare them, or ask the module's author"
        : 'the mirror was filled from other bytes than the rest of the world has: the version leaves the next snapshot',
    sources: sourcesOf(wanted, file),
  };
}

function judgeWithoutLog(wanted: WantedModule, file: HashedFile, hashes: Hashes): Verdict {
  const [first, ...others] = hashes.keys();
  if (others.length === 0) return { expected: first, problems: [] };
  const name = formatModuleVersion(wanted.mv);
  const problem = {
    ...about(wanted, file),
    code: 'GOSUM_CONFLICT',
    message: `${name}: ${file}: go.sum files disagree: ${sides([...hashes])}`,
    hint: 'find out which line is wrong (go mod verify in each project); the file is held back until they agree',
    sources: [...hashes.values()].flat(),
  };
  return { expected: undefined, problems: [problem] };
}

/** `right`: the lines that agree with the log. */
function contradiction(
  wanted: WantedModule,
  file: HashedFile,
  wrong: readonly (readonly [H1, readonly string[]])[],
  { log, record }: Judge,
  right: readonly string[] | undefined,
): Problem {
  const name = formatModuleVersion(wanted.mv);
  const truth = loggedHash(record, file);
  const sources = wrong.flatMap(([, lines]) => lines);
  const isDecided = right !== undefined;
  const what = isDecided ? 'go.sum files disagree' : 'go.sum contradicts the log';
  const with_ = isDecided ? `${log} says ${truth}, as ${right.join(', ')}` : `${log} says ${truth}`;
  return {
    ...about(wanted, file),
    code: isDecided ? 'GOSUM_CONFLICT' : 'SUMDB_MISMATCH',
    message: `${name}: ${file}: ${what}: ${sides(wrong)}; ${with_}`,
    hint: isDecided
      ? `${sources.join(', ')}: wrong, run go mod verify there; the file that the log vouches for is carried`
      : 'that go.sum was written from other bytes than the rest of the world has: run go mod verify there; the file is held back',
    sources,
  };
}

function about({ mv }: WantedModule, file: HeldFile['file']) {
  return { module: mv.path, version: mv.version, file };
}

function sides(hashes: readonly (readonly [H1, readonly string[]])[]): string {
  return hashes.map(([h1, lines]) => `${h1} in ${lines.join(', ')}`).join('; ');
}
