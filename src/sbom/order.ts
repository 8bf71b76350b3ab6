/**
 * The order of texts in an SBOM: by Unicode code point, which is the order of their UTF-8 bytes, the same on every
 * machine. JavaScript's own order is by UTF-16 unit and differs beyond U+FFFF; `localeCompare` differs by locale.
 */

export function distinctInCodePointOrder(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compareCodePoints);
}

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
