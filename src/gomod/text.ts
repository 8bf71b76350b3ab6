/**
 * Text as Go sees it, and text of strangers in our messages. White space is what `unicode.IsSpace` says, which
 * differs from JavaScript's `\s` in U+0085 (white space in Go only) and U+FEFF (in JavaScript only).
 */

/** Go's white space, as the inside of a character class. */
const SPACE = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const FIELD = new RegExp(`[^${SPACE}]+`, 'g');

/** What may stand in a message as it is: visible ASCII without the quotation mark. */
const PLAIN = /^[!#-~]+$/;
/** Control, format and unassigned characters: they could rewrite what a terminal shows. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
const LONGEST_QUOTE = 256;

/** The runs of text between white space: `strings.Fields`. */
export function fields(text: string): string[] {
  return text.match(FIELD) ?? [];
}

/** Text without white space at either end: `strings.TrimSpace`. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Text that someone else controls, fit for one line of a message: as it is where that is harmless, otherwise in
 * quotation marks with everything unprintable escaped, and cut after 256 characters.
 */
export function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? text.slice(0, LONGEST_QUOTE) : text;
  const cut = shown === text ? '' : '…';
  if (PLAIN.test(shown)) return shown + cut;
  const escaped = JSON.stringify(shown).replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
  return escaped + cut;
}

function isSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}
