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
  /** Whether more of them may come in this run. */
  readonly isOpen: boolean;
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
    const { wants, go, isFinal, isOpen } = find();
    const text = { wants, ...(go === undefined ? {} : { go }) };
    if (isFinal) this.#final.set(key, text);
    const sha256 = isFinal
      ? key
      : hash('sha256', `${key} so far ${wants.length} ${wants.map(nameOfWant).join()}`);
    return { kind: 'graph', source, sha256, ...text, isPartial: !isFinal, isOpen };
  }
}

/** How far go.mod files that were `read`, and those that are `needed`, are here. */
export type Completeness = Pick<Found, 'isFinal' | 'isOpen'>;

/** What was withheld today may be had tomorrow. Where no seed needs it (`isOptional`) it is done without for good. */
export function completenessOf(
  needed: readonly ModuleVersion[],
  read: Iterable<ModuleVersion>,
  mods: PooledMods,
  view: PoolView,
  isOptional = false,
): Completeness {
  if (needed.length > 0) return { isFinal: false, isOpen: true };
  for (const mv of read) {
    if (view.held(mv).has('mod') || mods.read(mv, view) !== 'withheld') continue;
    if (!isOptional || !view.isWithheld(mv)) return { isFinal: false, isOpen: false };
  }
  return { isFinal: true, isOpen: false };
}

export function bothComplete(a: Completeness, b: Completeness): Completeness {
  return { isFinal: a.isFinal && b.isFinal, isOpen: a.isOpen || b.isOpen };
}

export function computedWant(mv: ModuleVersion, file: 'mod' | 'zip', because: string): SeedWant {
  return { mv, file, h1: undefined, line: 0, because };
}

export function nameOfWant({ mv, file }: SeedWant): string {
  return `${formatModuleVersion(mv)} ${file}`;
}
