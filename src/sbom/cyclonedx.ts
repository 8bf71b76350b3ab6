/**
 * The one place that knows the CycloneDX library: its models become plain 1.6 objects here, one at a time, and
 * what its models lack is added. Lists keep the order they were given, because the library would sort them with
 * `localeCompare` and the bytes would depend on the machine's locale.
 */

import type { Component, Metadata, OrganizationalEntity } from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';

export const SPEC_VERSION = '1.6';
export const SCHEMA_URL = 'http://cyclonedx.org/schema/bom-1.6.schema.json';

export type ComponentObject = Json.Types.Normalized.Component;

/** `manufacturer` is who made the SBOM: new in 1.6, where it takes the place of `manufacture`. */
export interface MetadataObject extends Json.Types.Normalized.Metadata {
  readonly manufacturer?: Json.Types.Normalized.OrganizationalEntity;
}

/** An edge list of the dependency graph; a ref without edges has no `dependsOn`. */
export interface DependencyObject {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

/** How complete what the SBOM says of these refs is. */
export interface CompositionObject {
  readonly aggregate: 'complete' | 'incomplete' | 'unknown';
  /** The bom-refs whose outgoing edges are meant. */
  readonly dependencies: readonly string[];
}

const KEEP_ORDER = { sortLists: false } as const;
const FACTORY = new Json.Normalize.Factory(Spec1dot6);
const COMPONENTS = FACTORY.makeForComponent();
const METADATA = FACTORY.makeForMetadata();
const ENTITIES = FACTORY.makeForOrganizationalEntity();

/** The 1.6 object of a component; fields without a value are `undefined`. */
export function normalizeComponent(component: Component): ComponentObject {
  const normalized = COMPONENTS.normalize(component, KEEP_ORDER);
  if (normalized === undefined) {
    throw new Error(`component type ${component.type} is not in CycloneDX ${SPEC_VERSION}`);
  }
  return normalized;
}

/** The 1.6 object of the metadata, with the manufacturer that the library's model has no field for. */
export function normalizeMetadata(metadata: Metadata, manufacturer?: OrganizationalEntity): MetadataObject {
  const normalized = METADATA.normalize(metadata, KEEP_ORDER);
  return manufacturer === undefined
    ? normalized
    : { ...normalized, manufacturer: ENTITIES.normalize(manufacturer, KEEP_ORDER) };
}
