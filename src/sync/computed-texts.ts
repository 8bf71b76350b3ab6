/**
 * Texts that are computed from go.mod files. The answer for the same key is the same for ever, since the go.mod files
 * of module versions never change: once it is final it is taken from the ledger.
 */
import { hash } from 'node:crypto';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { PooledMods, PoolView } from './mod-reader.ts';
import type { SeedText, SeedWant } from './seed-texts.ts';

/** What an earlier run found for the same key. */
export type KnownText = (source: string, sha256: string) => ComputedText | undefined;

type ComputedText = Pick<SeedText, 'wants' | 'go'>;

export interface Found {
  readonly wants: readonly SeedWant[];
  readonly go: string | undefined;
  /** Whether every go.mod was there to be read. */
  readonly isFinal: boolean;
}

/** Ends the name of a text that was computed. */
export const GRAPH_SUFFIX = ' (graph)';

export class ComputedTexts {
  readonly #known: KnownText;
  readonly #final = new Map<string, ComputedText>();

  constructor(known: KnownText) {
    this.#known = known;
  }

  /** `about` is what the text is computed for, `key` names all that it is computed from, in hex. */
  textFor(about: string, key: string, find: () => Found): SeedText {
    const source = `${about}${GRAPH_SUFFIX}`;
    const known = this.#final.get(key) ?? this.#known(source, key);
    if (known !== undefined) {
      this.#final.set(key, known);
      return { kind: 'graph', source, sha256: key, ...known };
    }
    const { wants, go, isFinal } = find();
    const text = { wants, ...(go === undefined ? {} : { go }) };
    if (isFinal) this.#final.set(key, text);
    const sha256 = isFinal
      ? key
      : hash('sha256', `${key} so far ${wants.length} ${wants.map(nameOfWant).join()}`);
    return { kind: 'graph', source, sha256, ...text, isPartial: !isFinal };
  }
}

/** What was withheld today may be had tomorrow. */
export function isComplete(
  needed: readonly ModuleVersion[],
  read: Iterable<ModuleVersion>,
  mods: PooledMods,
  view: PoolView,
): boolean {
  if (needed.length > 0) return false;
  for (const mv of read) if (!view.held(mv).has('mod') && mods.read(mv, view) === 'withheld') return false;
  return true;
}

export function computedWant(mv: ModuleVersion, file: 'mod' | 'zip', because: string): SeedWant {
  return { mv, file, h1: undefined, line: 0, because };
}

export function nameOfWant({ mv, file }: SeedWant): string {
  return `${formatModuleVersion(mv)} ${file}`;
}
