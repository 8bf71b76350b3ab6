/**
 * Checks an SBOM against the CycloneDX 1.6 schema that the library ships, then the rules for references that a
 * schema cannot express. It loads ajv, so import it only where an SBOM is checked.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { default as addFormats } from 'ajv-formats';
import { type BomShape, checkReferences } from './references.ts';

/** Takes the text of an SBOM, or what `JSON.parse` made of it; gives a sentence a problem, none when all is well. */
export type SbomValidator = (bom: unknown) => string[];

/** Reads and compiles the schema, which takes longer than a check does: keep what it returns. */
export function compileSbomValidator(): SbomValidator {
  const hasSchemaShape = compileSchema();
  return (bom) => {
    const document = typeof bom === 'string' ? parseJson(bom) : { value: bom };
    if ('problem' in document) return [document.problem];
    if (!hasSchemaShape(document.value)) return (hasSchemaShape.errors ?? []).map(schemaProblem);
    return checkReferences(document.value);
  };
}

function parseJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    // JSON.parse throws nothing but a SyntaxError, and its message is all there is to report.
    return { problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function schemaProblem({ instancePath, message }: ErrorObject): string {
  return `schema: ${instancePath === '' ? '/' : instancePath} ${message ?? 'is not valid'}`;
}

/** The formats are the ones that the schema names. */
function compileSchema(): ValidateFunction<BomShape> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');
  const schema = (name: string) =>
    JSON.parse(readFileSync(join(folder, `${name}.SNAPSHOT.schema.json`), 'utf8'));
  // The package has no types of its own.
  const addIdnFormats: (ajv: Ajv, options: { formats: string[] }) => Ajv = require('ajv-formats-draft2019');

  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv, ['date-time', 'uri']);
  addIdnFormats(ajv, { formats: ['idn-email'] });
  ajv.addFormat('iri-reference', isPlausibleIri);
  replaceUniqueItems(ajv);
  for (const name of ['spdx', 'jsf-0.82']) {
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  return ajv.compile<BomShape>(schema('bom-1.6'));
}

/**
 * The characters that RFC 3987 allows nowhere in an IRI. The package's own check of this format refuses IRIs that
 * are right.
 */
function isPlausibleIri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u0020<>"{}|\\^`]/.test(text);
}

/**
 * Ajv compares every item with every other one: a minute at 10,000 components. Strings are compared by one look-up
 * each instead, and objects not at all: equal ones would share their bom-ref, or the ref of a graph entry, which
 * `checkReferences` reports.
 */
function replaceUniqueItems(ajv: Ajv): void {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, items: readonly unknown[]) => !unique || areStringsUnique(items),
    error: { message: 'must not have duplicate items' },
  });
}

function areStringsUnique(items: readonly unknown[]): boolean {
  const strings = items.filter((item) => typeof item === 'string');
  return new Set(strings).size === strings.length;
}
