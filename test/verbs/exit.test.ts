import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/sync/problem.ts';
import type { SyncReport } from '../../src/sync/report.ts';
import { EXIT, exitOfError, exitOfProblems, exitOfSync } from '../../src/verbs/exit.ts';
import { REPO } from '../house/sources.ts';

/** The contract, code by code. */
const EXIT_OF: Readonly<Record<string, number>> = {
  USAGE: 2,
  CONFIG_NOT_FOUND: 2,
  CONFIG_INVALID: 2,
  NO_UPSTREAM: 2,
  SEED_NOT_FOUND: 2,
  NOTHING_WANTED: 2,
  GOSUM_MALFORMED: 2,
  GOSUM_INVALID_MODULE: 2,
  PATH_INVALID: 2,
  VERSION_INVALID: 2,
  ESCAPE_INVALID: 2,
  H1_INVALID: 2,
  GOMOD_MALFORMED: 2,
  PATTERN_INVALID: 2,
  SCHEMA_TOO_NEW: 2,
  NOT_FOUND: 3,
  REJECTED: 3,
  UNAVAILABLE: 3,
  TRUNCATED: 3,
  TOO_LARGE: 3,
  BAD_INFO: 3,
  BAD_CONTENT: 3,
  PRIVATE: 3,
  HASH_MISMATCH: 4,
  ZIP_INVALID: 4,
  GOMOD_INVALID: 4,
  IMMUTABLE_MISMATCH: 4,
  WIPE_REFUSED: 5,
  LOCKED: 6,
  CORRUPT: 7,
  DISK_FULL: 7,
  IO: 7,
  INTERRUPTED: 130,
};

const problem = (code: string): Problem => ({
  module: 'm',
  version: 'v1.0.0',
  file: 'zip',
  code,
  message: '',
  sources: [],
});

function report(outcome: SyncReport['outcome'], codes: readonly string[] = [], error?: string): SyncReport {
  return {
    outcome,
    snapshot: null,
    modules: { wanted: 0, present: 0, fetched: 0, missing: 0, mismatched: 0, accepted: 0 },
    problems: codes.map(problem),
    acceptedGaps: [],
    seeds: [],
    sumdb: null,
    requests: 0,
    bytes: 0,
    seconds: 0,
    ...(error === undefined ? {} : { error: { code: error, message: '' } }),
  };
}

describe('the exit status', () => {
  it('has the numbers of the contract', () => {
    expect(EXIT).toEqual({
      done: 0,
      bug: 1,
      usage: 2,
      incomplete: 3,
      integrity: 4,
      refused: 5,
      locked: 6,
      disk: 7,
      stale: 8,
      policy: 9,
      sigint: 130,
      sigterm: 143,
    });
  });

  it('is told here for every code of errors.ts, and for no other', () => {
    const text = readFileSync(`${REPO}src/errors.ts`, 'utf8');
    const unions = [...text.matchAll(/extends MirrorError<([^>]+)>/g)].map(([, union = '']) => union);
    const codes = unions.flatMap((union) => union.match(/[A-Z][A-Z_0-9]+/g) ?? []);
    expect(codes.sort()).toEqual(Object.keys(EXIT_OF).sort());
  });

  it.each(Object.entries(EXIT_OF))('of %s is %i', (code, exit) => {
    expect(exitOfError({ code })).toBe(exit);
  });

  it.each([
    ['nothing', [], 0],
    ['a file that is missing', ['NOT_FOUND'], 3],
    ['a seed that cannot be read', ['SEED_UNAVAILABLE'], 3],
    ['a file that nobody has a hash for', ['NO_HASH'], 3],
    ['a wrong hash', ['HASH_MISMATCH'], 4],
    ['a zip against the rules', ['ZIP_INVALID'], 4],
    ['a go.mod that is not the one in the zip', ['GOMOD_INVALID'], 4],
    ['go.sum files that disagree', ['GOSUM_CONFLICT'], 4],
    ['the graver of several, whatever their order', ['NOT_FOUND', 'HASH_MISMATCH', 'UNAVAILABLE'], 4],
  ] as const)('for %s is the third: %j → %i', (_, codes, exit) => {
    expect(exitOfProblems(codes.map(problem))).toBe(exit);
  });

  it.each([
    ['published', report('published'), undefined, 0],
    ['unchanged', report('unchanged'), undefined, 0],
    ['incomplete for a file that is missing', report('incomplete', ['NOT_FOUND']), undefined, 3],
    ['incomplete for a wrong hash', report('incomplete', ['NOT_FOUND', 'HASH_MISMATCH']), undefined, 4],
    ['interrupted by SIGINT', report('interrupted'), 'SIGINT', 130],
    ['interrupted by SIGTERM', report('interrupted'), 'SIGTERM', 143],
    [
      'interrupted, and a wrong hash was seen before',
      report('interrupted', ['HASH_MISMATCH']),
      'SIGTERM',
      143,
    ],
    ['failed for a full disk', report('failed', [], 'DISK_FULL'), undefined, 7],
    [
      'failed for a full disk, and a file is missing',
      report('failed', ['NOT_FOUND'], 'DISK_FULL'),
      undefined,
      7,
    ],
    ['failed for a bug', report('failed', [], 'BUG'), undefined, 1],
    ['refused', report('refused', [], 'WIPE_REFUSED'), undefined, 5],
    ['refused, and a file is missing', report('refused', ['NOT_FOUND'], 'WIPE_REFUSED'), undefined, 5],
    [
      'refused, and a wrong hash, which is graver',
      report('refused', ['HASH_MISMATCH'], 'WIPE_REFUSED'),
      undefined,
      4,
    ],
  ] as const)('of a sync that was %s', (_, document, signal, exit) => {
    expect(exitOfSync(document, signal)).toBe(exit);
  });
});
