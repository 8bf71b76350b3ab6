/**
 * The grammar that go.mod and go.work share: lines of tokens, blocks of such lines in parentheses, and comments. It
 * knows no directive. Time and memory are linear in the text, whoever wrote it.
 * Source: golang.org/x/mod/modfile/read.go; the grammar is in go.dev/ref/mod#go-mod-file-grammar.
 */
import { ModuleError } from '../errors.ts';
import { quote } from './text.ts';

export interface Line {
  readonly kind: 'line';
  /** Counted from 1. */
  readonly line: number;
  /** At least one; strings keep their quotation marks. */
  readonly tokens: readonly string[];
  /** The comments above it, from `//` on. Within a block, an empty string stands for a blank line. */
  readonly before: readonly string[];
  /** The comment at its end, from `//` on. */
  readonly suffix: string | undefined;
}

export interface Block {
  readonly kind: 'block';
  readonly line: number;
  /** What stands before the parenthesis, at least one token. */
  readonly tokens: readonly string[];
  readonly before: readonly string[];
  readonly lines: readonly Line[];
}

interface LexedLine {
  readonly line: number;
  readonly tokens: readonly string[];
  readonly comment: string | undefined;
}

const PUNCTUATION: ReadonlySet<string> = new Set(['(', ')', '[', ']', '{', '}', ',']);
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;

/** A block whose closing parenthesis is still to come. */
interface OpenBlock extends Block {
  readonly lines: Line[];
  /** The comments above its next line. */
  pending: string[];
}

/** Throws ModuleError GOMOD_MALFORMED with `<file>:<line>`. */
export function parseSyntax(text: string, file: string): (Line | Block)[] {
  const statements: (Line | Block)[] = [];
  let open: OpenBlock | undefined;
  let before: string[] = [];
  for (const lexed of lexLines(text, file)) {
    if (open !== undefined) {
      if (closesBlock(lexed, file)) open = undefined;
      else addToBlock(open, lexed);
    } else if (lexed.tokens.length > 0) {
      const block = toBlock(lexed, before);
      statements.push(block ?? toLine(lexed, before));
      if (lexed.tokens.at(-1) === '(') open = block;
      before = [];
    } else if (lexed.comment !== undefined) {
      before.push(lexed.comment);
    } else {
      // A blank line parts a comment from the statement below it.
      before = [];
    }
  }
  if (open !== undefined) throw malformed(file, open.line, 'the block is not closed');
  return statements;
}

/** Refuses the text of `file` at a line, which every message names. */
export function malformed(file: string, line: number, reason: string): ModuleError {
  return new ModuleError('GOMOD_MALFORMED', `${quote(file)}:${line}: ${reason}`);
}

/** The block of a line that ends in a parenthesis, or in `()` where nothing more comes. */
function toBlock({ line, tokens }: LexedLine, before: readonly string[]): OpenBlock | undefined {
  const isOpen = tokens.at(-1) === '(';
  const isEmpty = tokens.at(-2) === '(' && tokens.at(-1) === ')';
  const verb = tokens.slice(0, isEmpty ? -2 : -1);
  if (verb.length === 0 || !(isOpen || isEmpty)) return undefined;
  return { kind: 'block', line, tokens: verb, before, lines: [], pending: [] };
}

function closesBlock({ line, tokens }: LexedLine, file: string): boolean {
  if (tokens[0] !== ')') return false;
  if (tokens.length > 1) throw malformed(file, line, 'a closing parenthesis must end its line');
  return true;
}

function addToBlock(block: OpenBlock, lexed: LexedLine): void {
  const { lines, pending } = block;
  if (lexed.tokens.length > 0) {
    lines.push(toLine(lexed, pending));
    block.pending = [];
  } else if (lexed.comment !== undefined) {
    pending.push(lexed.comment);
  } else if (pending.length === 0 && lines.length > 0) {
    // It keeps the comment above the block from the line below it.
    pending.push('');
  }
}

function toLine({ line, tokens, comment }: LexedLine, before: readonly string[]): Line {
  return { kind: 'line', line, tokens, before, suffix: comment };
}

function* lexLines(text: string, file: string): Generator<LexedLine> {
  let line = 0;
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    line += 1;
    yield lexLine(text.slice(start, end), file, line);
    start = end + 1;
  }
}

function lexLine(source: string, file: string, line: number): LexedLine {
  const tokens: string[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source[at];
    if (char === ' ' || char === '\t' || char === '\r') {
      at++;
      continue;
    }
    if (source.startsWith('//', at)) return { line, tokens, comment: source.slice(at) };
    const end = tokenEnd(source, at, file, line);
    tokens.push(source.slice(at, end));
    at = end;
  }
  return { line, tokens, comment: undefined };
}

function tokenEnd(source: string, start: number, file: string, line: number): number {
  const char = source[start] ?? '';
  if (PUNCTUATION.has(char)) return start + 1;
  if (char === '"' || char === '`') return stringEnd(source, start, char, file, line);
  const end = wordEnd(source, start, file, line);
  if (end > start) return end;
  const strange = String.fromCodePoint(source.codePointAt(start) ?? 0);
  throw malformed(file, line, `unexpected character ${quote(strange)}`);
}

/** Unlike Go this ends at the end of the line even behind a backslash: Go refuses that newline a little later. */
function stringEnd(source: string, start: number, mark: string, file: string, line: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === mark) return at + 1;
    if (source[at] === '\\' && mark === '"') at++;
  }
  throw malformed(file, line, 'a string is not closed');
}

/** A word is made of whatever can be printed, up to white space, punctuation or a comment. */
function wordEnd(source: string, start: number, file: string, line: number): number {
  let at = start;
  while (at < source.length) {
    if (source.startsWith('//', at)) return at;
    if (source.startsWith('/*', at)) throw malformed(file, line, 'comments begin with //, not with /*');
    const code = source.codePointAt(at) ?? 0;
    const char = String.fromCodePoint(code);
    const isWord = code < 0x80 ? code > 0x20 && code < 0x7f && !PUNCTUATION.has(char) : PRINTABLE.test(char);
    if (!isWord) return at;
    at += char.length;
  }
  return at;
}
