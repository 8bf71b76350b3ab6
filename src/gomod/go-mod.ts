/**
 * go.mod files. Read strictly, as Go reads that of the main module, every directive must be known and well formed;
 * read laxly, as Go reads those of dependencies, only module, go, require and retract are read (and ignore checked),
 * so that a dependency may use directives of a newer Go. Source: modfile.Parse and modfile.ParseLax without a fixer.
 */
import {
  checkFirst,
  checkGodebug,
  type Directive,
  type NamedVersion,
  onlyArgument,
  parseGoVersion,
  parseNamedVersion,
  parseReplacement,
  parseText,
  parseToolchain,
  type Replacement,
  readText,
  refuse,
  unfold,
} from './directives.ts';
import { parseSyntax } from './go-mod-syntax.ts';
import type { ModulePath } from './module-path.ts';
import { fields, quote } from './text.ts';

export interface GoMod {
  /** As the file says, unproved. */
  readonly module: string | undefined;
  /** The message of a `Deprecated:` paragraph above the module directive. */
  readonly deprecated: string | undefined;
  /** As `1.21` or `1.21.3`. */
  readonly go: string | undefined;
  /** As `go1.21.3` or `default`. */
  readonly toolchain: string | undefined;
  readonly require: readonly Requirement[];
  readonly exclude: readonly Exclusion[];
  readonly replace: readonly Replacement[];
  readonly retract: readonly Retraction[];
  /** Package paths, unproved. */
  readonly tool: readonly string[];
}

export interface Requirement {
  readonly mv: NamedVersion;
  readonly indirect: boolean;
  readonly line: number;
}

export interface Exclusion {
  readonly mv: NamedVersion;
  readonly line: number;
}

/** Both ends belong to it; they are what the file says, and may be no versions. */
export interface Retraction {
  readonly low: string;
  readonly high: string;
  readonly rationale: string;
  readonly line: number;
}

type Draft = { -readonly [Key in keyof GoMod]: GoMod[Key] extends readonly (infer T)[] ? T[] : GoMod[Key] };

const BLOCK_VERBS: ReadonlySet<string> = new Set([
  'module',
  'godebug',
  'require',
  'exclude',
  'replace',
  'retract',
  'tool',
  'ignore',
]);
const LAX_VERBS: ReadonlySet<string> = new Set(['module', 'go', 'require', 'retract', 'ignore']);

/**
 * Parses a go.mod; `file` is its name for messages. Versions are completed to their canonical form (`v1.2` is
 * `v1.2.0`), while branch and commit names, which the Go client would look up in a main module, are errors.
 * Throws ModuleError GOMOD_MALFORMED with `<file>:<line>`.
 */
export function parseGoMod(text: string, file: string, options: { readonly lax: boolean }): GoMod {
  const { lax } = options;
  const draft: Draft = {
    module: undefined,
    deprecated: undefined,
    go: undefined,
    toolchain: undefined,
    require: [],
    exclude: [],
    replace: [],
    retract: [],
    tool: [],
  };
  for (const directive of unfold(parseSyntax(text, file), file, BLOCK_VERBS, lax)) {
    if (!lax || LAX_VERBS.has(directive.verb)) addDirective(draft, directive, lax);
  }
  return draft;
}

/** The go.mod a proxy makes up for a module that has none. */
export function synthesizedGoMod(path: ModulePath): Buffer {
  return Buffer.from(`module ${path}\n`, 'utf8');
}

function addDirective(draft: Draft, directive: Directive, lax: boolean): void {
  const { verb, line } = directive;
  switch (verb) {
    case 'module':
      checkFirst(directive, draft.module);
      draft.module = parseText(directive, onlyArgument(directive));
      draft.deprecated = deprecation(directive.comment);
      return;
    case 'go':
      checkFirst(directive, draft.go);
      draft.go = parseGoVersion(directive, lax);
      return;
    case 'toolchain':
      checkFirst(directive, draft.toolchain);
      draft.toolchain = parseToolchain(directive);
      return;
    case 'require':
      draft.require.push({ mv: parseNamedVersion(directive), indirect: isIndirect(directive), line });
      return;
    case 'exclude':
      draft.exclude.push({ mv: parseNamedVersion(directive), line });
      return;
    case 'replace':
      draft.replace.push(parseReplacement(directive));
      return;
    case 'retract':
      draft.retract.push(...parseRetraction(directive, lax));
      return;
    case 'tool':
      draft.tool.push(parseText(directive, onlyArgument(directive)));
      return;
    case 'ignore':
      parseText(directive, onlyArgument(directive));
      return;
    case 'godebug':
      checkGodebug(directive);
      return;
    default:
      throw refuse(directive, `unknown directive: ${quote(verb)}`);
  }
}

/** `// indirect` alone, or `// indirect; ` before more text. */
function isIndirect(directive: Directive): boolean {
  const [first, ...rest] = fields((directive.suffix ?? '').replace(/^\/\//, ''));
  return rest.length === 0 ? first === 'indirect' : first === 'indirect;';
}

/**
 * One version, or `[low, high]`. In a dependency what cannot be read is passed over: a later Go may know other forms
 * of intervals.
 */
function parseRetraction(directive: Directive, lax: boolean): Retraction[] {
  const { args, line, comment: rationale } = directive;
  const interval = readInterval(args);
  const isWhole = interval?.length === args.length;
  if (interval !== undefined && (isWhole || lax)) {
    return [{ low: interval.low, high: interval.high, rationale, line }];
  }
  if (lax) return [];
  throw refuse(directive, 'retract takes a version or [low, high]');
}

/** The interval that the tokens begin with, and how many of them it takes. */
function readInterval(tokens: readonly string[]): { low: string; high: string; length: number } | undefined {
  const [first, lowToken, comma, highToken, close] = tokens;
  if (first === undefined || first === '(') return undefined;
  if (first !== '[') {
    const version = readText(first);
    return version === undefined ? undefined : { low: version, high: version, length: 1 };
  }
  if (comma !== ',' || close !== ']') return undefined;
  const low = readText(lowToken ?? '');
  const high = readText(highToken ?? '');
  return low === undefined || high === undefined ? undefined : { low, high, length: 5 };
}

/** The first paragraph that begins with `Deprecated:`, without that word. */
function deprecation(comment: string): string | undefined {
  const paragraph = comment.split(/\n\n+/).find((text) => text.startsWith('Deprecated:'));
  return paragraph?.slice('Deprecated:'.length).replace(/^ +/, '') || undefined;
}
