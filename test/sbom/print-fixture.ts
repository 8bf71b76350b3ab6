/** A program for the determinism test: prints the locale and time zone it runs under as a line, then the SBOM. */

import { SUBJECT, sbomText, THREE_MODULES } from './fixture.ts';

const { locale, timeZone } = Intl.DateTimeFormat().resolvedOptions();
process.stdout.write(`${locale} ${timeZone}\n${sbomText(SUBJECT, THREE_MODULES)}`);
