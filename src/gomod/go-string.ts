/**
 * Interpreted string literals of Go, as go.mod uses them for paths with unusual characters. A file may also hold raw
 * strings in backquotes; Go's own parser reads such a token and then refuses it, so there is nothing to interpret.
 * Source: strconv.Unquote.
 */

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
]);
const BYTE_ESCAPE = /^(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2}))/;
const RUNE_ESCAPE = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;
/** `U` and eight digits. */
const LONGEST_ESCAPE = 9;

interface Escape {
  /** One character for each byte. */
  readonly bytes: string;
  /** The position behind the escape. */
  readonly end: number;
}

/**
 * The text of a literal in double quotes, or undefined where it is malformed. Bytes that are no UTF-8 become U+FFFD,
 * which no module path contains.
 */
export function unquote(literal: string): string | undefined {
  if (literal.length < 2 || !literal.startsWith('"') || !literal.endsWith('"')) return undefined;
  const text = literal.slice(1, -1);
  if (text.includes('\n')) return undefined;
  let bytes = '';
  for (let at = 0; at < text.length; ) {
    const backslash = text.indexOf('\\', at);
    const plain = text.slice(at, backslash < 0 ? text.length : backslash);
    if (plain.includes('"')) return undefined;
    bytes += utf8(plain);
    if (backslash < 0) break;
    const escaped = readEscape(text, backslash + 1);
    if (escaped === undefined) return undefined;
    bytes += escaped.bytes;
    at = escaped.end;
  }
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Reads from behind the backslash. */
function readEscape(text: string, at: number): Escape | undefined {
  const simple = SIMPLE_ESCAPES.get(text[at] ?? '');
  if (simple !== undefined) return { bytes: simple, end: at + 1 };

  const rest = text.slice(at, at + LONGEST_ESCAPE);
  const byte = BYTE_ESCAPE.exec(rest);
  if (byte !== null) {
    const [, hex, octal = ''] = byte;
    const value = hex === undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex, 16);
    return { bytes: String.fromCharCode(value), end: at + byte[0].length };
  }

  const rune = RUNE_ESCAPE.exec(rest);
  if (rune === null) return undefined;
  const code = Number.parseInt(rune[1] ?? rune[2] ?? '', 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { bytes: utf8(String.fromCodePoint(code)), end: at + rune[0].length };
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
