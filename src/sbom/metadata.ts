/**
 * What an SBOM says of itself: when and with what it was made, who answers for it, which snapshot it describes and
 * what that snapshot is known to lack. People and organisations are named only where the configuration names them.
 */

import { ComponentType, HashAlgorithm, LifecyclePhase } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Component,
  ComponentRepository,
  HashDictionary,
  LifecycleRepository,
  Metadata,
  OrganizationalContact,
  OrganizationalContactRepository,
  OrganizationalEntity,
  Property,
  PropertyRepository,
  Tools,
} from '@cyclonedx/cyclonedx-library/Models';
import { type MetadataObject, normalizeMetadata } from './cyclonedx.ts';
import { checkHex, SNAPSHOT_NAME, snapshotPurl } from './identity.ts';
import { distinctInCodePointOrder } from './order.ts';

/** The snapshot that an SBOM describes. */
export interface SbomSubject {
  readonly snapshotId: string;
  /** RFC 3339 in UTC: the snapshot's time, or SOURCE_DATE_EPOCH where the caller honours it. */
  readonly createdAt: string;
  /** SHA-256 of `snapshot.json`: 64 lower-case hex digits. */
  readonly manifestSha256: string;
  readonly tool: { readonly name: string; readonly version: string };
  /** Who runs the mirror: supplies the snapshot and makes its SBOM. */
  readonly supplier?: Organization | undefined;
  readonly authors?: readonly Contact[] | undefined;
  /** The GOPROXY URL under which clients reach the mirror. */
  readonly baseUrl?: string | undefined;
  /** What the seeds want and the snapshot has not, in any order. */
  readonly gaps: readonly SbomGap[];
}

export interface Organization {
  readonly name: string;
  readonly url?: string | undefined;
  readonly email?: string | undefined;
}

export interface Contact {
  readonly name: string;
  readonly email?: string | undefined;
}

export interface SbomGap {
  readonly module: string;
  readonly version: string;
  /** `zip`, `mod`, …; null when the whole module version is meant. */
  readonly file: string | null;
  readonly reason: string;
  /** True when the configuration accepts the gap. */
  readonly accepted: boolean;
}

/** The `metadata` object. Its component's `bom-ref` is `snapshotPurl(subject.snapshotId)`, the root of the graph. */
export function metadataObject(subject: SbomSubject): MetadataObject {
  const supplier = subject.supplier && organization(subject.supplier);
  const metadata = new Metadata({
    timestamp: utcDate(subject.createdAt),
    lifecycles: new LifecycleRepository([LifecyclePhase.PreBuild]),
    tools: new Tools({ components: new ComponentRepository([toolComponent(subject)]) }),
    authors: new OrganizationalContactRepository(subject.authors?.map(contact)),
    component: snapshotComponent(subject, supplier),
    properties: new PropertyRepository(gapProperties(subject.gaps)),
    ...(supplier && { supplier }),
  });
  return normalizeMetadata(metadata, supplier);
}

/** A time without a zone would be read as local time, and the bytes would depend on the machine. */
function utcDate(time: string): Date {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(time)) {
    throw new Error(`time of the snapshot: not RFC 3339 in UTC: ${JSON.stringify(time)}`);
  }
  return new Date(time);
}

function toolComponent({ tool }: SbomSubject): Component {
  return new Component(ComponentType.Application, tool.name, {
    version: tool.version,
    bomRef: `tool:${tool.name}@${tool.version}`,
  });
}

/** A `file`, by its manifest: `snapshot.json` names every file of the snapshot with its hash. */
function snapshotComponent(subject: SbomSubject, supplier: OrganizationalEntity | undefined): Component {
  const purl = snapshotPurl(subject.snapshotId);
  const sha256 = checkHex(subject.manifestSha256, 64, 'sha256 of the manifest');
  return new Component(ComponentType.File, SNAPSHOT_NAME, {
    version: subject.snapshotId,
    bomRef: purl,
    purl,
    hashes: new HashDictionary([[HashAlgorithm['SHA-256'], sha256]]),
    ...(supplier && { supplier }),
  });
}

function organization({ name, url, email }: Organization): OrganizationalEntity {
  return new OrganizationalEntity({
    name,
    url: new Set(url === undefined ? [] : [url]),
    contact: new OrganizationalContactRepository(
      email === undefined ? [] : [new OrganizationalContact({ email })],
    ),
  });
}

function contact({ name, email }: Contact): OrganizationalContact {
  return new OrganizationalContact(email === undefined ? { name } : { name, email });
}

/** One property a gap, `<module>@<version> <file>: <reason>`; accepted ones are told apart by the property's name. */
function gapProperties(gaps: readonly SbomGap[]): Property[] {
  const named = (name: string, accepted: boolean): Property[] =>
    distinctInCodePointOrder(gaps.filter((gap) => gap.accepted === accepted).map(gapText)).map(
      (text) => new Property(name, text),
    );
  return [...named('modferry:gap', false), ...named('modferry:gap:accepted', true)];
}

function gapText({ module, version, file, reason }: SbomGap): string {
  return `${module}@${version}${file === null ? '' : ` ${file}`}: ${reason}`;
}
