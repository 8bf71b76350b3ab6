/**
 * Signed notes: a text, an empty line, and signature lines. A note is believed when at least one known key has signed
 * it; signatures by unknown keys say nothing, and a wrong one by a known key refuses the whole note.
 * Source: golang.org/x/mod/sumdb/note.
 */
import { quote } from '../gomod/text.ts';
import { SumDbError } from './errors.ts';
import { decodeBase64, decodeText } from './strict.ts';
import { isKeyName, isSignedBy, type VerifierKey } from './verifier-key.ts';

export interface Signature {
  readonly name: string;
  /** Eight hexadecimal digits in lower case: the hash of the key it claims to be by. */
  readonly keyHash: string;
  readonly bytes: Buffer;
}

/** Signatures are claims until `openNote` has checked them. */
export interface Note {
  /** Ends in a newline; the signatures cover exactly this. */
  readonly text: string;
  /** In their order, one or more. */
  readonly signatures: readonly Signature[];
}

/** Bytes. A tree head with a hundred signatures has less than 20,000. */
const LONGEST_NOTE = 1_000_000;
const MOST_SIGNATURES = 100;
const KEY_HASH_BYTES = 4;
/** An em dash and a space. */
const SIGNATURE_PREFIX = '\u2014 ';

/**
 * A note that one of `keys` has signed. Throws SumDbError NOTE_INVALID where it is malformed, where nobody known has
 * signed it, or where a signature of a known key is wrong, be there right ones or not.
 */
export function openNote(message: Buffer | string, keys: readonly VerifierKey[]): Note {
  const note = parseNote(message);
  const text = Buffer.from(note.text);
  const believed = note.signatures.filter((signature) => {
    const key = keyOf(signature, keys);
    if (key === undefined) return false;
    if (isSignedBy(key, text, signature.bytes)) return true;
    throw invalid(`wrong signature for the key ${nameOf(signature)}`);
  });
  if (believed.length > 0) return note;
  throw invalid(`no signature of a known key, only of ${note.signatures.map(nameOf).join(', ')}`);
}

/** The shape of a note alone; nothing in it is proved. Throws SumDbError NOTE_INVALID. */
export function parseNote(message: Buffer | string): Note {
  const bytes = Buffer.from(message);
  if (bytes.length > LONGEST_NOTE) throw invalid(`${bytes.length} bytes, more than ${LONGEST_NOTE}`);
  const whole = decodeText(bytes);
  if (whole === undefined) throw invalid('not UTF-8 text without control characters');
  // The last empty line: the text itself may hold others.
  const split = whole.lastIndexOf('\n\n');
  if (split === -1) throw invalid('no empty line before the signatures');
  const block = whole.slice(split + 2);
  if (!block.endsWith('\n')) throw invalid('it does not end in a signature line');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw invalid(`more than ${MOST_SIGNATURES} signatures`);
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

/** The canonical form, which `parseNote` reads back. `text` must end in a newline. */
export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, keyHash, bytes }) => {
    const value = Buffer.concat([Buffer.from(keyHash, 'hex'), bytes]).toString('base64');
    return `${SIGNATURE_PREFIX}${name} ${value}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

function parseSignature(line: string): Signature {
  const [name = '', encoded = '', ...more] = line.slice(SIGNATURE_PREFIX.length).split(' ');
  const value = decodeBase64(encoded);
  const isWhole = line.startsWith(SIGNATURE_PREFIX) && isKeyName(name) && more.length === 0;
  if (!isWhole || value === undefined || value.length <= KEY_HASH_BYTES) {
    throw invalid(`malformed signature line ${quote(line)}`);
  }
  const keyHash = value.subarray(0, KEY_HASH_BYTES).toString('hex');
  return { name, keyHash, bytes: value.subarray(KEY_HASH_BYTES) };
}

function keyOf(signature: Signature, keys: readonly VerifierKey[]): VerifierKey | undefined {
  const matching = keys.filter(({ name, hash }) => name === signature.name && hash === signature.keyHash);
  // Four bytes of hash can be made to collide: with two keys it would be unclear who vouches.
  if (new Set(matching.map(({ text }) => text)).size > 1) {
    throw invalid(`two different keys are known as ${nameOf(signature)}`);
  }
  return matching[0];
}

function nameOf({ name, keyHash }: Signature): string {
  return quote(`${name}+${keyHash}`);
}

function invalid(cause: string): SumDbError {
  return new SumDbError('NOTE_INVALID', `invalid signed note: ${cause}`);
}
