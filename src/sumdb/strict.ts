/**
 * Base64, numbers and text as the checksum database writes them: each value has one spelling, and every other one is
 * refused. Decoders that forgive (stray bits, missing padding, leading zeros) would give one fact two forms.
 */
import { isUtf8 } from 'node:buffer';

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;
const NEWLINE = 0x0a;
const FIRST_PRINTABLE = 0x20;

/** The bytes of canonical standard base64 with padding; undefined for any other text. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** A decimal number without sign, spaces or leading zeros, at most 2^53 − 1; undefined for any other text. */
export function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The text of valid UTF-8 that holds no ASCII control character but the newline; undefined for other bytes. */
export function decodeText(bytes: Buffer): string | undefined {
  // Bytes of a longer UTF-8 sequence are all above 0x7f, so looking at single bytes is enough.
  const isControl = (byte: number) => byte < FIRST_PRINTABLE && byte !== NEWLINE;
  return isUtf8(bytes) && !bytes.some(isControl) ? bytes.toString('utf8') : undefined;
}
