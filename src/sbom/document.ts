/**
 * The SBOM of a snapshot: CycloneDX 1.6 as JSON, one component a line, so that two of them can be compared with
 * `diff`. The text is made piece by piece, because a document of 50,000 components does not fit into a string once
 * licence texts are in it; the bytes depend on the arguments alone, not on the locale, the time zone or the clock.
 */

import { compareModuleVersions, formatModuleVersion } from '../gomod/module-version.ts';
import { moduleComponent, type SbomComponent } from './component.ts';
import {
  type CompositionObject,
  type DependencyObject,
  normalizeComponent,
  SCHEMA_URL,
  SPEC_VERSION,
} from './cyclonedx.ts';
import { golangPurl, serialNumber, snapshotPurl } from './identity.ts';
import { metadataObject, type SbomSubject } from './metadata.ts';

/** Characters in a chunk, at least; the last one may be shorter. A whole line is never cut. */
const CHUNK_LENGTH = 1 << 16;

/**
 * Hands the document to `write`, chunk by chunk. When it throws, what was written is not a document.
 * @param components in the order of `compareModuleVersions`, each once; read once
 * @throws Error when the order is broken, a hash is not hex or the time is not UTC: bugs of the caller
 */
export function writeSbom(
  subject: SbomSubject,
  components: Iterable<SbomComponent>,
  write: (chunk: string) => void,
): void {
  let chunk = '';
  for (const piece of documentPieces(subject, components)) {
    chunk += piece;
    if (chunk.length >= CHUNK_LENGTH) {
      write(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') write(chunk);
}

function* documentPieces(subject: SbomSubject, components: Iterable<SbomComponent>): Generator<string> {
  const root = snapshotPurl(subject.snapshotId);
  const refs: string[] = [];
  yield '{\n';
  yield* field('$schema', SCHEMA_URL);
  yield* field('bomFormat', 'CycloneDX');
  yield* field('specVersion', SPEC_VERSION);
  yield* field('serialNumber', serialNumber(subject.manifestSha256));
  yield* field('version', 1);
  yield* field('metadata', metadataObject(subject));
  yield* list('components', componentObjects(subject, components, refs));
  yield ',\n';
  yield* list('dependencies', dependencyObjects(root, refs));
  yield ',\n';
  yield* list('compositions', compositionObjects(root, refs));
  yield '\n}\n';
}

function* field(name: string, value: unknown): Generator<string> {
  yield `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`;
}

function* list(name: string, items: Iterable<object>): Generator<string> {
  yield `  ${JSON.stringify(name)}: [`;
  let separator = '\n';
  for (const item of items) {
    yield `${separator}    ${JSON.stringify(item)}`;
    separator = ',\n';
  }
  yield separator === '\n' ? ']' : '\n  ]';
}

/** Each component's object; its ref is appended to `refs` on the way. */
function* componentObjects(
  { baseUrl }: SbomSubject,
  components: Iterable<SbomComponent>,
  refs: string[],
): Generator<object> {
  let previous: SbomComponent | undefined;
  for (const module of components) {
    if (previous !== undefined && compareModuleVersions(previous, module) >= 0) {
      throw new Error(`${formatModuleVersion(module)}: out of order after ${formatModuleVersion(previous)}`);
    }
    previous = module;
    refs.push(golangPurl(module.path, module.version));
    yield normalizeComponent(moduleComponent(module, baseUrl));
  }
}

/** Every ref has an entry. The snapshot depends on all it holds, so that all can be reached from it. */
function* dependencyObjects(root: string, refs: readonly string[]): Generator<DependencyObject> {
  yield refs.length === 0 ? { ref: root } : { ref: root, dependsOn: refs };
  for (const ref of refs) yield { ref };
}

/** What the modules require of one another is not in the document: no ref's edges may be taken as complete. */
function* compositionObjects(root: string, refs: readonly string[]): Generator<CompositionObject> {
  yield { aggregate: 'incomplete', dependencies: [root, ...refs] };
}
