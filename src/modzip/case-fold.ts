/**
 * Simple case folding of path elements: two elements have the same fold exactly if Unicode's CaseFolding (statuses
 * C and S) makes them equal, the equivalence of `/iu` and of Go's strings.EqualFold. Lower case alone is not that:
 * `ſ` folds to `s`, the Kelvin sign to `k`, both sigmas to one.
 */

const UPPER_OR_NOT_ASCII = /[A-Z\u0080-\uffff]/;
const NOT_ASCII = /[\u0080-\uffff]/;

/** The same text for all elements that differ in case only. Meant for comparing, not for showing. */
export function foldCase(element: string): string {
  if (!UPPER_OR_NOT_ASCII.test(element)) return element;
  if (!NOT_ASCII.test(element)) return element.toLowerCase();
  let folded = '';
  for (const character of element) folded += foldCharacter(character);
  return folded;
}

/**
 * Upper case first joins characters that share a capital (`ς` and `σ`), lower case then joins capitals that share
 * a small letter (`ẞ` and `ß`). A mapping to several characters is full folding, which is not wanted here.
 */
function foldCharacter(character: string): string {
  const exception = FOLD_EXCEPTIONS.get(character);
  if (exception !== undefined) return exception;
  const upper = single(character.toUpperCase(), character);
  return single(upper.toLowerCase(), upper);
}

function single(mapped: string, otherwise: string): string {
  return mapped.length === characterLength(mapped) ? mapped : otherwise;
}

function characterLength(text: string): number {
  return (text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1;
}

/**
 * Where the two mappings of JavaScript say other than CaseFolding: the dotless i stays itself, and three pairs are
 * equal though their capitals are several characters. Found, and tested, by comparing with `/iu`.
 */
const FOLD_EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['\u0131', '\u0131'],
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['\ufb06', '\ufb05'],
]);
