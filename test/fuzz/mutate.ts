/**
 * Damage of the kinds that parsers fall over: flipped bits, parts cut out, doubled and put elsewhere, a piece of
 * another valid input, numbers that are huge, lines that are very long, and text of every odd sort.
 */
import type { Chance } from './random.ts';

/** Text that means something special to somebody. */
const ODD: readonly string[] = [
  '\0',
  '\r\n',
  '\r',
  '\t',
  '\v',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\u{1f600}',
  '\u0301',
  'İ',
  '..',
  '../',
  '/',
  '\\',
  '//',
  '%2e%2e%2f',
  '!',
  '!!',
  '@',
  '@v',
  '"',
  '`',
  "'",
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ';',
  '=>',
  '//',
  '/*',
  '*/',
  '\n',
  '\n\n',
  ' ',
  '-',
  '+',
  'h1:',
  '\u2014 ',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-1',
  '1e999',
];

const HUGE: readonly string[] = [
  '0',
  '00',
  '-0',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551616',
  '9'.repeat(40),
  '9'.repeat(5_000),
];

type Change = (bytes: Buffer, chance: Chance, others: readonly Buffer[]) => Buffer;

const CHANGES: readonly Change[] = [
  flip,
  flip,
  cutEnd,
  cutPart,
  doublePart,
  insertOdd,
  insertOdd,
  replaceNumber,
  splice,
  dropLine,
  doubleLine,
  moveLine,
  lengthen,
  insertNoise,
];

/** One of the valid inputs with one to four changes. */
export function mutate(chance: Chance, valid: readonly Buffer[]): Buffer {
  let bytes = chance.pick(valid);
  for (const change of chance.many(1, 4, () => chance.pick(CHANGES))) bytes = change(bytes, chance, valid);
  return bytes;
}

export function mutateText(chance: Chance, valid: readonly string[]): string {
  return mutate(
    chance,
    valid.map((text) => Buffer.from(text)),
  ).toString('utf8');
}

/** A piece of odd text, a number or a word. */
export function oddText(chance: Chance): string {
  return chance.pick(chance.once(4) ? HUGE : ODD);
}

function flip(bytes: Buffer, chance: Chance): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const at = chance.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
  return copy;
}

function cutEnd(bytes: Buffer, chance: Chance): Buffer {
  return bytes.subarray(0, chance.below(bytes.length + 1));
}

function cutPart(bytes: Buffer, chance: Chance): Buffer {
  const [from, to] = range(bytes, chance);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function doublePart(bytes: Buffer, chance: Chance): Buffer {
  const [from, to] = range(bytes, chance);
  return insert(bytes, chance.below(bytes.length + 1), bytes.subarray(from, to));
}

function insertOdd(bytes: Buffer, chance: Chance): Buffer {
  return insert(bytes, chance.below(bytes.length + 1), Buffer.from(oddText(chance)));
}

function insertNoise(bytes: Buffer, chance: Chance): Buffer {
  return insert(bytes, chance.below(bytes.length + 1), chance.bytes(chance.between(1, 8)));
}

/** A run of digits becomes another number; a file without digits gets one. */
function replaceNumber(bytes: Buffer, chance: Chance): Buffer {
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return insertOdd(bytes, chance);
  const { index, 0: digits } = chance.pick(numbers);
  const number = Buffer.from(chance.pick(HUGE));
  return Buffer.concat([bytes.subarray(0, index), number, bytes.subarray(index + digits.length)]);
}

/** The beginning of this with the end of another. */
function splice(bytes: Buffer, chance: Chance, others: readonly Buffer[]): Buffer {
  const other = chance.pick(others);
  const head = bytes.subarray(0, chance.below(bytes.length + 1));
  return Buffer.concat([head, other.subarray(chance.below(other.length + 1))]);
}

function dropLine(bytes: Buffer, chance: Chance): Buffer {
  return withLines(bytes, (lines) => lines.splice(chance.below(lines.length), 1));
}

function doubleLine(bytes: Buffer, chance: Chance): Buffer {
  return withLines(bytes, (lines) =>
    lines.splice(chance.below(lines.length), 0, lines[chance.below(lines.length)] ?? ''),
  );
}

function moveLine(bytes: Buffer, chance: Chance): Buffer {
  return withLines(bytes, (lines) => {
    const [line = ''] = lines.splice(chance.below(lines.length), 1);
    lines.splice(chance.below(lines.length + 1), 0, line);
  });
}

/** One byte, many times over: a long line, deep nesting, or a long number. */
function lengthen(bytes: Buffer, chance: Chance): Buffer {
  if (bytes.length === 0) return bytes;
  const at = chance.below(bytes.length);
  const times = chance.once(20) ? 200_000 : chance.between(2, 3_000);
  return insert(bytes, at, Buffer.alloc(times, bytes.subarray(at, at + 1)));
}

function withLines(bytes: Buffer, change: (lines: string[]) => void): Buffer {
  const lines = bytes.toString('latin1').split('\n');
  change(lines);
  return Buffer.from(lines.join('\n'), 'latin1');
}

function insert(bytes: Buffer, at: number, what: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

function range(bytes: Buffer, chance: Chance): [number, number] {
  const from = chance.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + chance.between(1, 64))];
}
