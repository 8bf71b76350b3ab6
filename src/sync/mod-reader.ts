/** The go.mod files of the pool, parsed once in a run. */
import { readFileSync } from 'node:fs';
import { ModuleError } from '../errors.ts';
import type { ModuleFile } from '../gomod/artifact.ts';
import { type GoMod, parseGoMod } from '../gomod/go-mod.ts';
import type { GraphSource } from '../gomod/module-graph.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Pool } from '../site/pool.ts';
import type { SeedRoot } from './seed-texts.ts';

/** What is known of module versions at some moment of a run. */
export interface PoolView {
  held(mv: ModuleVersion): { has(file: ModuleFile): boolean };
  /** Its go.mod is not held, and will not come in this run. */
  isLost(mv: ModuleVersion): boolean;
  /** An earlier run was told that it is not to be had, as one that is withheld. */
  isWithheld(mv: ModuleVersion): boolean;
}

export class PooledMods {
  readonly #pool: Pool;
  readonly #parsed = new Map<string, GoMod | 'withheld'>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Read laxly; `withheld` where it cannot be had, or parsed: its hash is right, and nobody can use it. */
  read(mv: ModuleVersion, view: PoolView): GoMod | undefined | 'withheld' {
    const name = formatModuleVersion(mv);
    const known = this.#parsed.get(name);
    if (known !== undefined) return known;
    if (!view.held(mv).has('mod')) return view.isLost(mv) ? 'withheld' : undefined;
    const parsed = this.#parse(mv, name);
    this.#parsed.set(name, parsed);
    return parsed;
  }

  /** For the build list of `root`. */
  sourceFor(root: SeedRoot, view: PoolView): GraphSource {
    return {
      readMod: (mv) => this.read(mv, view),
      readFolder: (path, of) => root.folders.get(`${of?.source ?? root.source} ${path}`),
    };
  }

  #parse(mv: ModuleVersion, name: string): GoMod | 'withheld' {
    try {
      return parseGoMod(readFileSync(this.#pool.pathOf(mv, 'mod'), 'utf8'), name, { lax: true });
    } catch (error) {
      if (error instanceof ModuleError) return 'withheld';
      throw error;
    }
  }
}
