/**
 * go.work files: the modules of a workspace, and what it replaces. They are always read strictly.
 * Source: modfile.ParseWork without a fixer.
 */
import {
  checkFirst,
  checkGodebug,
  type Directive,
  onlyArgument,
  parseGoVersion,
  parseReplacement,
  parseText,
  parseToolchain,
  type Replacement,
  refuse,
  unfold,
} from './directives.ts';
import { parseSyntax } from './go-mod-syntax.ts';
import { quote } from './text.ts';

export interface GoWork {
  readonly go: string | undefined;
  readonly toolchain: string | undefined;
  readonly use: readonly Use[];
  readonly replace: readonly Replacement[];
}

export interface Use {
  /** A folder, as the file says: relative to the go.work, or absolute. */
  readonly path: string;
  readonly line: number;
}

type Draft = {
  -readonly [Key in keyof GoWork]: GoWork[Key] extends readonly (infer T)[] ? T[] : GoWork[Key];
};

const BLOCK_VERBS: ReadonlySet<string> = new Set(['godebug', 'use', 'replace']);

/** Throws ModuleError GOMOD_MALFORMED with `<file>:<line>`. */
export function parseGoWork(text: string, file: string): GoWork {
  const draft: Draft = { go: undefined, toolchain: undefined, use: [], replace: [] };
  for (const directive of unfold(parseSyntax(text, file), file, BLOCK_VERBS, false)) {
    addDirective(draft, directive);
  }
  return draft;
}

function addDirective(draft: Draft, directive: Directive): void {
  const { verb, line } = directive;
  switch (verb) {
    case 'go':
      checkFirst(directive, draft.go);
      draft.go = parseGoVersion(directive, false);
      return;
    case 'toolchain':
      checkFirst(directive, draft.toolchain);
      draft.toolchain = parseToolchain(directive);
      return;
    case 'use':
      draft.use.push({ path: parseText(directive, onlyArgument(directive)), line });
      return;
    case 'replace':
      draft.replace.push(parseReplacement(directive));
      return;
    case 'godebug':
      checkGodebug(directive);
      return;
    default:
      throw refuse(directive, `unknown directive: ${quote(verb)}`);
  }
}
