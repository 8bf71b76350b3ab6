/**
 * What a component depends on: for each requirement of its go.mod the version that stands for it here. That is the one
 * that is required where it is mirrored, else the lowest higher one, which version selection may put in its place. Where
 * there is none, the component's dependencies are not complete. Pure.
 */
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { compareVersions } from '../gomod/version.ts';

export interface Edges {
  readonly dependsOn: readonly ModuleVersion[];
  /** Whether each requirement has something that stands for it. */
  readonly isComplete: boolean;
}

/** As a go.mod writes it. */
export interface Requirement {
  readonly path: string;
  readonly version: string;
}

/** Nothing is known of a component's requirements. */
export const NO_EDGES: Edges = { dependsOn: [], isComplete: false };

export class EdgeFinder {
  /** Ascending. */
  readonly #versions = new Map<string, ModuleVersion[]>();

  /** `components` are all that the document has. */
  constructor(components: Iterable<ModuleVersion>) {
    for (const mv of components) {
      const versions = this.#versions.get(mv.path);
      if (versions) versions.push(mv);
      else this.#versions.set(mv.path, [mv]);
    }
    for (const versions of this.#versions.values())
      versions.sort((a, b) => compareVersions(a.version, b.version));
  }

  /** Each once; a component never depends on itself. */
  edgesOf(component: ModuleVersion, requirements: Iterable<Requirement>): Edges {
    const dependsOn = new Map<string, ModuleVersion>();
    let isComplete = true;
    for (const { path, version } of requirements) {
      if (path === component.path) continue;
      const found = this.#versions.get(path)?.find((mv) => compareVersions(mv.version, version) >= 0);
      if (found === undefined) isComplete = false;
      else dependsOn.set(formatModuleVersion(found), found);
    }
    return { dependsOn: [...dependsOn.values()], isComplete };
  }
}
