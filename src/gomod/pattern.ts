/**
 * Patterns of module paths, as in GOPRIVATE: globs that match a path or the paths below it. `*` and `?` match within
 * one element, `[a-z]` and `[^a-z]` one character, `\` takes the next character as it is. A malformed pattern is an
 * error here; Go ignores it, and a private module would go unprotected.
 * Sources: module.MatchPrefixPatterns and path.Match.
 */
import { ModuleError } from '../errors.ts';
import { quote } from './text.ts';

export interface Pattern {
  /** As it was written, without a slash at the end. */
  readonly text: string;
  /** The number of path elements it is matched with. */
  readonly elements: number;
  /** Between them, and nowhere else, are stars. */
  readonly chunks: readonly Chunk[];
}

interface Chunk {
  /** Whether any run of characters other than `/` may come first. */
  readonly afterStar: boolean;
  readonly terms: readonly Term[];
}

type Term =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly Range[] };

/** Both ends belong to it. */
type Range = readonly [low: string, high: string];

/** Parses a comma-separated list; empty parts are ignored. Throws ModuleError PATTERN_INVALID. */
export function parsePatterns(text: string): Pattern[] {
  return text
    .split(',')
    .map((part) => part.replace(/\/$/, ''))
    .filter((part) => part !== '')
    .map(parsePattern);
}

/** Whether any pattern matches the path or one of the paths above it. */
export function matchesPatterns(patterns: readonly Pattern[], modulePath: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, modulePath));
}

function matchesPattern(pattern: Pattern, modulePath: string): boolean {
  const elements = modulePath.split('/');
  if (elements.length < pattern.elements) return false;
  const name = Array.from(elements.slice(0, pattern.elements).join('/'));
  let position = 0;
  for (const [index, chunk] of pattern.chunks.entries()) {
    const isLast = index === pattern.chunks.length - 1;
    const end = findChunk(chunk, name, position, isLast);
    if (end < 0) return false;
    position = end;
  }
  return position === name.length;
}

/**
 * Where the first match of a chunk ends, or -1. Like Go this takes the first place that fits and never comes back to
 * it, so the work is bounded; the last chunk must end with the name.
 */
function findChunk(chunk: Chunk, name: readonly string[], from: number, isLast: boolean): number {
  for (let start = from; start <= name.length; start++) {
    const end = matchTerms(chunk.terms, name, start);
    if (end >= 0 && (!isLast || end === name.length)) return end;
    if (!chunk.afterStar || name[start] === '/') return -1;
  }
  return -1;
}

function matchTerms(terms: readonly Term[], name: readonly string[], start: number): number {
  let position = start;
  for (const term of terms) {
    const character = name[position];
    if (character === undefined || !matchesTerm(term, character)) return -1;
    position++;
  }
  return position;
}

function matchesTerm(term: Term, character: string): boolean {
  switch (term.kind) {
    case 'character':
      return term.character === character;
    case 'any':
      return character !== '/';
    case 'class':
      return term.ranges.some(([low, high]) => isWithin(character, low, high)) !== term.negated;
  }
}

function isWithin(character: string, low: string, high: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return (low.codePointAt(0) ?? 0) <= code && code <= (high.codePointAt(0) ?? 0);
}

function parsePattern(text: string): Pattern {
  if (/^\s|\s$/.test(text)) throw invalid(text, 'white space around it is part of the pattern');
  const characters = Array.from(text);
  const chunks: Chunk[] = [];
  let terms: Term[] = [];
  let afterStar = false;
  for (let at = 0; at < characters.length; ) {
    if (characters[at] === '*') {
      if (at > 0 && (terms.length > 0 || !afterStar)) chunks.push({ afterStar, terms });
      terms = [];
      afterStar = true;
      at++;
      continue;
    }
    const [term, next] = parseTerm(characters, at, text);
    terms.push(term);
    at = next;
  }
  chunks.push({ afterStar, terms });
  return { text, elements: text.split('/').length, chunks };
}

function parseTerm(characters: readonly string[], at: number, text: string): [term: Term, next: number] {
  const character = characters[at];
  if (character === '?') return [{ kind: 'any' }, at + 1];
  if (character === '[') return parseClass(characters, at + 1, text);
  const [literal, next] = character === '\\' ? [characters[at + 1], at + 2] : [character, at + 1];
  if (literal === undefined) throw invalid(text, 'it ends in a backslash');
  return [{ kind: 'character', character: literal }, next];
}

/** Parses from behind the opening bracket. */
function parseClass(characters: readonly string[], start: number, text: string): [term: Term, next: number] {
  const negated = characters[start] === '^';
  const ranges: Range[] = [];
  let at = negated ? start + 1 : start;
  while (ranges.length === 0 || characters[at] !== ']') {
    const [low, afterLow] = parseEnd(characters, at, text);
    const [high, next] =
      characters[afterLow] === '-' ? parseEnd(characters, afterLow + 1, text) : [low, afterLow];
    ranges.push([low, high]);
    at = next;
  }
  return [{ kind: 'class', negated, ranges }, at + 1];
}

/** One end of a range: a character that is neither `-` nor `]`, or any character behind a backslash. */
function parseEnd(
  characters: readonly string[],
  at: number,
  text: string,
): [character: string, next: number] {
  const first = characters[at];
  if (first === '-' || first === ']') throw invalid(text, `${first} in a character class needs a backslash`);
  const escaped = first === '\\';
  const character = escaped ? characters[at + 1] : first;
  if (character === undefined) throw invalid(text, 'a character class is not closed');
  return [character, at + (escaped ? 2 : 1)];
}

function invalid(text: string, cause: string): ModuleError {
  return new ModuleError('PATTERN_INVALID', `${quote(text)}: invalid pattern: ${cause}`);
}
