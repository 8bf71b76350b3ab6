/**
 * The public keys that a checksum database signs with, as GOSUMDB names them:
 * `<name>+<8 hexadecimal digits>+<base64 of 0x01 and 32 bytes of Ed25519>`. The digits are a check on the rest.
 * Source: golang.org/x/mod/sumdb/note.
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { fields, quote } from '../gomod/text.ts';
import { SumDbError } from './errors.ts';
import { decodeBase64 } from './strict.ts';

export interface VerifierKey {
  readonly name: string;
  /** Eight hexadecimal digits in lower case; stands before each signature. Chosen keys can share it. */
  readonly hash: string;
  readonly publicKey: KeyObject;
  /** The whole key as it was written: what identifies it. */
  readonly text: string;
}

/** The key of Go's own log, as the go command has it built in. */
export const GO_SUMDB_KEY = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

const ED25519 = 0x01;
const ED25519_BYTES = 32;
/** What DER (RFC 8410) puts before the bytes of an Ed25519 public key. */
const DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PARTS = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s;

/** Throws SumDbError KEY_INVALID. */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', keyHash = '', encoded = ''] = PARTS.exec(text) ?? [];
  const key = decodeBase64(encoded);
  if (!isKeyName(name) || key === undefined) {
    throw invalid(text, 'not <name>+<hash>+<key>');
  }
  if (key[0] !== ED25519 || key.length !== 1 + ED25519_BYTES) throw invalid(text, 'not an Ed25519 key');
  if (hashOfKey(name, key) !== keyHash) throw invalid(text, 'its hash does not belong to its name and key');
  const der = Buffer.concat([DER_PREFIX, key.subarray(1)]);
  return { name, hash: keyHash, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }), text };
}

/** Not empty, without a plus sign and without what Unicode calls a space. */
export function isKeyName(name: string): boolean {
  return fields(name)[0] === name && !name.includes('+');
}

/** Whether `signature`, of 64 bytes, is by this key over exactly these bytes. */
export function isSignedBy(key: VerifierKey, message: Buffer, signature: Buffer): boolean {
  return verify(null, message, key.publicKey, signature);
}

function hashOfKey(name: string, key: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), key]), 'hex').slice(0, 8);
}

function invalid(text: string, cause: string): SumDbError {
  return new SumDbError('KEY_INVALID', `${quote(text)}: invalid verifier key: ${cause}`);
}
