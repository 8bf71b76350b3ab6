/** What is taken for a page, and how many bytes are too many: piece by piece, as bodies come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyJudge, type ExpectedBody, MemorySink } from '../../src/upstream/body.ts';
import { HttpFailure } from '../../src/upstream/failure.ts';

const PAGE = 'BAD_CONTENT: wrong content: a web page in place of the file';
const MUCH = 1 << 20;

/** What the judge says of each piece, in order; it is not asked again after a refusal. */
function verdicts(expected: ExpectedBody, ...pieces: (string | Buffer)[]): string[] {
  const judge = new BodyJudge(expected);
  const said: string[] = [];
  for (const piece of pieces) {
    const failure = judge.check(Buffer.from(piece));
    said.push(failure instanceof HttpFailure ? `${failure.code}: ${failure.message}` : 'taken');
    if (failure !== undefined) break;
  }
  return said;
}

describe('a body', () => {
  it.each([
    ['begins with <', ['<html>']],
    ['begins with < after spaces, tabs and lines', [' \t\r\n<html>']],
    ['begins with < after a byte order mark', ['\ufeff<?xml?>']],
    ['is one byte', ['<']],
  ])('is a page where it %s', (_, pieces) => {
    expect(verdicts({ maxBytes: MUCH }, ...pieces)).toEqual([PAGE]);
  });

  it('is a page where the first byte that counts comes in a later piece', () => {
    expect(verdicts({ maxBytes: MUCH }, ' ', '\r\n', '', '\ufeff', '<html>')).toEqual([
      'taken',
      'taken',
      'taken',
      'taken',
      PAGE,
    ]);
  });

  it('is content where its first byte that counts is another, whatever comes later', () => {
    expect(verdicts({ maxBytes: MUCH }, ' {', '<html>')).toEqual(['taken', 'taken']);
  });

  it('is content where it holds nothing, or nothing that counts', () => {
    expect(verdicts({ maxBytes: MUCH })).toEqual([]);
    expect(verdicts({ maxBytes: MUCH }, '', ' \n')).toEqual(['taken', 'taken']);
  });

  it.each([true, false])('of so many bytes is taken, and one byte more is refused (binary: %s)', (binary) => {
    expect(verdicts({ maxBytes: 5, binary }, 'abc', 'de')).toEqual(['taken', 'taken']);
    expect(verdicts({ maxBytes: 5, binary }, 'abc', 'def')).toEqual([
      'taken',
      'TOO_LARGE: too large: more than 5 bytes',
    ]);
    expect(verdicts({ maxBytes: 0, binary }, '', 'a')).toEqual([
      'taken',
      'TOO_LARGE: too large: more than 0 bytes',
    ]);
  });

  it('that is a page and too large is told as too large', () => {
    expect(verdicts({ maxBytes: 3 }, '<html>')).toEqual(['TOO_LARGE: too large: more than 3 bytes']);
  });

  it('is counted to the byte, the piece that was refused included', () => {
    const judge = new BodyJudge({ maxBytes: 4 });
    expect(judge.received).toBe(0);
    judge.check(Buffer.from('abc'));
    judge.check(Buffer.from('defg'));
    expect(judge.received).toBe(7);
  });
});

describe('the rest of a body', () => {
  it('counts from where it begins', () => {
    const judge = new BodyJudge({ maxBytes: 5 }, 3);
    expect([judge.received, judge.check(Buffer.from('de')), judge.received]).toEqual([3, undefined, 5]);
    expect(judge.check(Buffer.from('f'))?.message).toBe('too large: more than 5 bytes');
  });

  it('may begin with what would be a page at the start', () => {
    const judge = new BodyJudge({ maxBytes: MUCH }, 3);
    expect([judge.isContent, judge.check(Buffer.from('<html>'))]).toEqual([true, undefined]);
  });

  it('is no rest as long as nothing but spaces came', () => {
    const judge = new BodyJudge({ maxBytes: MUCH });
    judge.check(Buffer.from(' \n'));
    expect(judge.isContent).toBe(false);
    judge.check(Buffer.from('P'));
    expect(judge.isContent).toBe(true);
  });
});

describe('a binary body', () => {
  it.each(['<', '<html>', '\ufeff<', ' <'])('may begin with %j', (piece) => {
    expect(verdicts({ maxBytes: MUCH, binary: true }, piece, '<')).toEqual(['taken', 'taken']);
  });

  it('may be of any bytes, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes))), (pieces) => {
        expect(verdicts({ maxBytes: MUCH, binary: true }, ...pieces)).toEqual(pieces.map(() => 'taken'));
      }),
    );
  });

  it('is not what a body is by default', () => {
    expect(verdicts({ maxBytes: MUCH, binary: undefined }, '<')).toEqual([PAGE]);
    expect(verdicts({ maxBytes: MUCH, binary: false }, '<')).toEqual([PAGE]);
  });
});

describe('any other body', () => {
  it('is judged the same, however it is cut into pieces', () => {
    const text = fc
      .array(fc.constantFrom(' ', '\n', '\ufeff', '<', 'a'), { maxLength: 8 })
      .map((all) => Buffer.from(all.join('')));
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (body, cuts) => {
        const ends = [...cuts.filter((cut) => cut < body.length), body.length].sort((a, b) => a - b);
        const pieces = ends.map((end, index) => body.subarray(ends[index - 1] ?? 0, end));
        expect(verdicts({ maxBytes: MUCH }, ...pieces).at(-1)).toBe(
          verdicts({ maxBytes: MUCH }, body).at(-1),
        );
      }),
    );
  });
});

describe('a sink in memory', () => {
  it('holds the pieces in order, and always has room', async () => {
    const sink = new MemorySink();
    expect([
      sink.write(Buffer.from('ab')),
      sink.write(Buffer.from('')),
      sink.write(Buffer.from('c')),
    ]).toEqual([true, true, true]);
    await sink.drained();
    await sink.finish();
    expect(sink.bytes).toEqual(Buffer.from('abc'));
  });

  it('is empty where nothing came', () => {
    expect(new MemorySink().bytes).toHaveLength(0);
  });
});
