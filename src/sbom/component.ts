/**
 * A module version as a CycloneDX component: what its zip is, whence it came and which go.sum files want it. Only
 * facts that the mirror holds are written; a field without a fact is left out.
 */

import { ComponentType, ExternalReferenceType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Component,
  ExternalReference,
  ExternalReferenceRepository,
  HashDictionary,
  Property,
  PropertyRepository,
} from '@cyclonedx/cyclonedx-library/Models';
import { escapePath, escapeVersion } from '../gomod/escape.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { checkHex, golangPurl } from './identity.ts';
import { distinctInCodePointOrder } from './order.ts';

/** A module version whose zip is in the snapshot. */
export interface SbomComponent extends ModuleVersion {
  /** The go.sum hash of the zip's content, `h1:` and base64. */
  readonly h1: string;
  /** Of the zip file itself: 64 lower-case hex digits. */
  readonly sha256: string;
  /** Of the zip file itself: 128 lower-case hex digits. */
  readonly sha512: string;
  /** Of the zip file, in bytes. */
  readonly size: number;
  /** The go.sum files that want it, in any order. */
  readonly requiredBy: readonly string[];
  /** When the version was made, RFC 3339; what the upstream's `.info` says, which no hash covers. */
  readonly time?: string | undefined;
  /** Where the upstream's `.info` says the source is; no hash covers it either. */
  readonly origin?: SourceOrigin | undefined;
}

export interface SourceOrigin {
  /** `git`, `hg`, … */
  readonly vcs?: string | undefined;
  /** An absolute URL without credentials. */
  readonly url?: string | undefined;
  /** The revision's hash. */
  readonly hash?: string | undefined;
}

/**
 * The component; its `bom-ref` is its purl. The name is the whole module path and there is no group, because Go
 * knows no such split.
 * @param baseUrl the GOPROXY URL of the mirror; without it there is no `distribution` reference
 */
export function moduleComponent(module: SbomComponent, baseUrl: string | undefined): Component {
  const purl = golangPurl(module.path, module.version);
  return new Component(ComponentType.Library, module.path, {
    version: module.version,
    bomRef: purl,
    purl,
    hashes: zipHashes(module),
    externalReferences: new ExternalReferenceRepository(references(module, baseUrl)),
    properties: new PropertyRepository(properties(module)),
  });
}

/** Of the file as it is served. The h1 is a hash of the names and contents inside it and has its own property. */
function zipHashes(module: SbomComponent): HashDictionary {
  const identity = formatModuleVersion(module);
  return new HashDictionary([
    [HashAlgorithm['SHA-256'], checkHex(module.sha256, 64, `${identity}: sha256 of the zip`)],
    [HashAlgorithm['SHA-512'], checkHex(module.sha512, 128, `${identity}: sha512 of the zip`)],
  ]);
}

function* references(module: SbomComponent, baseUrl: string | undefined): Generator<ExternalReference> {
  if (baseUrl !== undefined) {
    yield new ExternalReference(zipUrl(module, baseUrl), ExternalReferenceType.Distribution, {
      hashes: zipHashes(module),
    });
  }
  const { origin } = module;
  if (origin?.url !== undefined) {
    const revision = [origin.vcs, 'revision', origin.hash].filter((word) => word !== undefined).join(' ');
    yield new ExternalReference(
      origin.url,
      ExternalReferenceType.VCS,
      origin.hash === undefined ? {} : { comment: revision },
    );
  }
}

function zipUrl({ path, version }: SbomComponent, baseUrl: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/${escapePath(path)}/@v/${escapeVersion(version)}.zip`;
}

function* properties(module: SbomComponent): Generator<Property> {
  yield new Property('modferry:h1', module.h1);
  yield new Property('modferry:size', String(module.size));
  if (module.time !== undefined) yield new Property('modferry:time', module.time);
  for (const source of distinctInCodePointOrder(module.requiredBy)) {
    yield new Property('modferry:requiredBy', source);
  }
}
