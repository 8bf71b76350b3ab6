/**
 * How an SBOM and what it lists are named: package URLs, which serve as `bom-ref` too, and the serial number.
 * Every name is a function of what it names alone, so the same snapshot always gives the same bytes. Follows the
 * package URL specification (type `golang`) and RFC 9562 (UUID version 8).
 */

import type { ModulePath } from '../gomod/module-path.ts';
import type { Version } from '../gomod/version.ts';

/**
 * `pkg:golang/<path>@<version>`. The case of the path is kept: Go tells `github.com/Azure` from `github.com/azure`,
 * whatever the type's note on lower case says, and a lower-cased name would name another module.
 */
export function golangPurl(path: ModulePath, version: Version): string {
  return `pkg:golang/${path.split('/').map(encodeURIComponent).join('/')}@${encodeVersion(version)}`;
}

/** `pkg:generic/modferry-snapshot@<id>`: a snapshot is known to no registry. */
export function snapshotPurl(snapshotId: string): string {
  return `pkg:generic/${SNAPSHOT_NAME}@${encodeVersion(snapshotId)}`;
}

export const SNAPSHOT_NAME = 'modferry-snapshot';

/** The plus sign of `+incompatible` may stand as it is in a version, and scanners match on the plain form. */
function encodeVersion(version: string): string {
  return encodeURIComponent(version).replaceAll('%2B', '+');
}

/**
 * `urn:uuid:` and a UUIDv8 made of the first 128 bits of a SHA-256, less the six bits that RFC 9562 fixes.
 * @param sha256 64 lower-case hex digits
 */
export function serialNumber(sha256: string): string {
  const bytes = Buffer.from(checkHex(sha256, 64, 'sha256 of the manifest'), 'hex').subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  const fields = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `urn:uuid:${fields.join('-')}`;
}

/**
 * Returns `digest` if it is `length` lower-case hex digits. The library leaves a malformed hash out without a word,
 * so each one is checked before it goes in; a failure is a bug of the caller.
 */
export function checkHex(digest: string, length: number, what: string): string {
  if (digest.length !== length || !/^[0-9a-f]*$/.test(digest)) {
    throw new Error(`${what}: not ${length} lower-case hex digits: ${JSON.stringify(digest)}`);
  }
  return digest;
}
