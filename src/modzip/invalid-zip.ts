/**
 * How the parts of this folder say that a zip breaks a rule. They know neither the module nor the file, so they
 * throw the bare reason; `open.ts` alone turns it into a VerificationError with the module's identity in front.
 */

import { VerificationError } from '../errors.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';

/** A rule that the zip breaks, in words that follow `invalid module zip: `. */
export class InvalidZip extends Error {}

/** The error that leaves this folder: ZIP_INVALID, `<path>@<version>: invalid module zip: <rule and entry>`. */
export function zipInvalid(mv: ModuleVersion, reason: InvalidZip): VerificationError {
  const module = formatModuleVersion(mv);
  return new VerificationError('ZIP_INVALID', `${module}: invalid module zip: ${reason.message}`, {
    module,
    hint: 'the upstream serves a file that is not a usable module zip; try another upstream or leave the version out',
    cause: reason.cause,
  });
}
