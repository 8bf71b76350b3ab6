/**
 * The rules for references in an SBOM that no schema can express: every bom-ref is unique, every reference leads
 * somewhere, every component has its entry in the dependency graph and can be reached from the root. Pure; it
 * expects a document that has the schema's shape.
 */

/** The part of a CycloneDX document that references live in. */
export interface BomShape {
  readonly metadata?: { readonly component?: ComponentShape };
  readonly components?: readonly ComponentShape[];
  readonly dependencies?: readonly DependencyShape[];
  readonly compositions?: readonly CompositionShape[];
}

interface ComponentShape {
  readonly name: string;
  readonly 'bom-ref'?: string;
  readonly components?: readonly ComponentShape[];
}

interface DependencyShape {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
  readonly provides?: readonly string[];
}

interface CompositionShape {
  readonly assemblies?: readonly string[];
  readonly dependencies?: readonly string[];
  readonly vulnerabilities?: readonly string[];
}

/** One sentence a problem, in the order of the document; none when all is well. */
export function checkReferences(bom: BomShape): string[] {
  const uses = countRefs(bom);
  return [
    ...duplicateRefs(uses),
    ...danglingRefs(bom, uses),
    ...graphEntries(bom),
    ...unreachableComponents(bom),
  ];
}

type RefCounts = ReadonlyMap<string, number>;

/** Every `bom-ref` of the document, wherever it stands: services, tools, licences and more carry one too. */
function countRefs(bom: BomShape): RefCounts {
  const counts = new Map<string, number>();
  const queue: unknown[] = [bom];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if ('bom-ref' in value && typeof value['bom-ref'] === 'string') {
      counts.set(value['bom-ref'], (counts.get(value['bom-ref']) ?? 0) + 1);
    }
    for (const child of Object.values(value)) {
      if (typeof child === 'object') queue.push(child);
    }
  }
  return counts;
}

function* duplicateRefs(uses: RefCounts): Generator<string> {
  for (const [ref, count] of uses) {
    if (count > 1) yield `bom-ref ${ref}: used ${count} times`;
  }
}

function* danglingRefs(bom: BomShape, uses: RefCounts): Generator<string> {
  // A BOM-Link leads into another document.
  const dangles = (ref: string): boolean => !uses.has(ref) && !ref.startsWith('urn:cdx:');
  for (const { ref, dependsOn = [], provides = [] } of bom.dependencies ?? []) {
    if (dangles(ref)) yield `dependencies: ${ref}: no such bom-ref`;
    for (const target of [...dependsOn, ...provides]) {
      if (dangles(target)) yield `dependencies: ${ref} leads to ${target}: no such bom-ref`;
    }
  }
  for (const { assemblies = [], dependencies = [], vulnerabilities = [] } of bom.compositions ?? []) {
    for (const ref of [...assemblies, ...dependencies, ...vulnerabilities]) {
      if (dangles(ref)) yield `compositions: ${ref}: no such bom-ref`;
    }
  }
}

/** A missing entry would mean "unknown" and a second one is ambiguous. */
function* graphEntries(bom: BomShape): Generator<string> {
  const entries = new Set<string>();
  for (const { ref } of bom.dependencies ?? []) {
    if (entries.has(ref)) yield `dependencies: ${ref}: has more than one entry`;
    entries.add(ref);
  }
  for (const { name, 'bom-ref': ref } of allComponents(bom)) {
    if (ref === undefined) yield `component ${name}: has no bom-ref`;
    else if (!entries.has(ref)) yield `dependencies: ${ref}: has no entry`;
  }
}

function* unreachableComponents(bom: BomShape): Generator<string> {
  const root = bom.metadata?.component?.['bom-ref'];
  if (root === undefined) {
    yield 'metadata: no component with a bom-ref, from which the others could be reached';
    return;
  }
  const reached = reachableFrom(root, bom.dependencies ?? []);
  for (const { 'bom-ref': ref } of allComponents(bom)) {
    if (ref !== undefined && !reached.has(ref)) yield `dependencies: ${ref}: cannot be reached from ${root}`;
  }
}

function reachableFrom(root: string, dependencies: readonly DependencyShape[]): ReadonlySet<string> {
  const edges = new Map(dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const reached = new Set([root]);
  // A set may grow while it is walked: what is added is still visited.
  for (const ref of reached) {
    for (const target of edges.get(ref) ?? []) reached.add(target);
  }
  return reached;
}

/** The components that the SBOM lists, nested ones too, and the one that it describes. */
function* allComponents(bom: BomShape): Generator<ComponentShape> {
  if (bom.metadata?.component !== undefined) yield* withNested([bom.metadata.component]);
  yield* withNested(bom.components ?? []);
}

function* withNested(components: readonly ComponentShape[]): Generator<ComponentShape> {
  for (const component of components) {
    yield component;
    yield* withNested(component.components ?? []);
  }
}
