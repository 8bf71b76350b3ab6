/**
 * What a seed says: texts that want module versions, and the main modules that they belong to.
 */
import { hash } from 'node:crypto';
import type { NamedVersion } from '../gomod/directives.ts';
import type { GoMod } from '../gomod/go-mod.ts';
import { parseGoSum } from '../gomod/go-sum.ts';
import type { H1 } from '../gomod/h1.ts';
import type { GraphInput } from '../gomod/module-graph.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { requiredModules } from '../gomod/requirements.ts';
import type { HashedFile } from './wanted.ts';

/** Somebody wants a file of a module version. */
export interface SeedWant {
  readonly mv: ModuleVersion;
  readonly file: HashedFile;
  /** Undefined: no hash is given, the log is to judge. */
  readonly h1: H1 | undefined;
  /** Counted from 1; 0: the text as a whole. */
  readonly line: number;
  /** Who requires it, where a build list selects it: a go.mod, or `path@version`. */
  readonly because?: string;
}

/** One text that wants module versions. */
export interface SeedText {
  /**
   * `sum`: a go.sum. `required`: a go.mod, and `graph`: the rest of a build list, wanted only where the log can judge.
   * `seed`: the configuration itself.
   */
  readonly kind: 'sum' | 'required' | 'graph' | 'seed';
  /** Path relative to the configuration, URL without credentials and query, or what stands for it. */
  readonly source: string;
  /** SHA-256 of the text, in hex. */
  readonly sha256: string;
  readonly wants: readonly SeedWant[];
  /** The newest Go that its modules ask for, as `1.25.0`, where that was looked at. */
  readonly go?: string;
  /** More may be wanted: go.mod files are missing that would tell. */
  readonly isPartial?: boolean;
  /** More of it may be known later in this run. */
  readonly isOpen?: boolean;
}

/** The main modules of a seed. */
export interface SeedRoot {
  /** Its go.mod or go.work. */
  readonly source: string;
  readonly input: GraphInput;
  /** The go.mod files of folders that replace modules, by `<source of the go.mod or go.work> <path as written>`. */
  readonly folders: ReadonlyMap<string, GoMod>;
  /** Of all these texts together, in hex. */
  readonly sha256: string;
}

/** One seed: what the configuration, or a pattern in it, names. */
export interface Seed {
  readonly source: string;
  readonly texts: readonly SeedText[];
  /** The go.mod beside a go.sum, or the go.work beside a go.work.sum. */
  readonly root?: SeedRoot;
  /** It is no seed of the configuration, and no report counts it as one. */
  readonly isInternal?: boolean;
  /** Of the go.mod to start from: lower versions than it names are here too, so that something can be lowered. */
  readonly hasLower?: boolean;
  /** What is to be known of it before it disappoints. */
  readonly warnings?: readonly string[];
}

/** A go.sum or go.work.sum. Throws GoSumError with the place. */
export function sumText(source: string, text: string): SeedText {
  return { kind: 'sum', source, sha256: hash('sha256', text), wants: parseGoSum(text, source) };
}

/** What a main module requires: `go mod download` asks for the zips, whether go.sum has their hashes or not. */
export function requiredText(source: string, text: string, goMod: GoMod): SeedText {
  const wants = requiredModules(goMod).map(
    ({ mv, line }) => ({ mv, line, file: 'zip', h1: undefined }) as const,
  );
  return { kind: 'required', source, sha256: hash('sha256', text), wants };
}

/** What its main modules require, as their go.mod files say. */
export function requirementsOf({ input }: SeedRoot): NamedVersion[] {
  return input.roots.flatMap(({ goMod }) => goMod.require.map(({ mv }) => mv));
}

/** What a seed wants whether a log judges or not: its go.sum lines, and itself. */
export function wantsOf(seed: Seed): readonly SeedWant[] {
  return seed.texts.flatMap(({ kind, wants }) => (kind === 'sum' || kind === 'seed' ? wants : []));
}

/** What needs no more than its being there: the module version's zip, judged by the log. */
export function wholeText(
  source: string,
  mvs: readonly ModuleVersion[],
  file: 'zip' | 'mod' = 'zip',
): SeedText {
  const sha256 = hash('sha256', mvs.map(formatModuleVersion).join('\n'));
  return {
    kind: 'seed',
    source,
    sha256,
    wants: mvs.map((mv): SeedWant => ({ mv, file, h1: undefined, line: 0 })),
  };
}
