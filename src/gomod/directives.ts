/**
 * The directives that go.mod and go.work have in common, each parsed from the tokens of its line.
 * Source: golang.org/x/mod/modfile/rule.go.
 */
import { type Block, type Line, malformed } from './go-mod-syntax.ts';
import { unquote } from './go-string.ts';
import { splitPathVersion } from './module-path.ts';
import { pathMajorProblem } from './module-version.ts';
import { quote, trimSpace } from './text.ts';
import { canonicalVersion, type Version } from './version.ts';

export interface Directive {
  readonly file: string;
  readonly line: number;
  readonly verb: string;
  readonly args: readonly string[];
  /** The comment at its end, from `//` on. */
  readonly suffix: string | undefined;
  /** The text of the comments above and behind it, or else above its block, without the slashes. */
  readonly comment: string;
}

/**
 * A module as a go.mod names it. The version is canonical; the path is what the file says, and may be one that no
 * proxy can serve (`corp/lib`) where a replace directive points it elsewhere: `parseModuleVersion` proves it.
 */
export interface NamedVersion {
  readonly path: string;
  readonly version: Version;
}

export interface Replacement {
  /** Without a version, all versions of the path are replaced. */
  readonly old: { readonly path: string; readonly version: Version | undefined };
  readonly by:
    | { readonly kind: 'module'; readonly path: string; readonly version: Version }
    | { readonly kind: 'directory'; readonly path: string };
  readonly line: number;
}

const GO_VERSION = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/;
/** What older tools wrote and Go forgives in dependencies: a `v` in front, anything behind. */
const LAX_GO_VERSION = /^v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9]/;
const TOOLCHAIN = /^(?:default$|go1(?:$|\.))/;
const DIRECTORY = /^(?:\.{1,2}(?:$|[/\\])|[/\\]|[A-Za-z]:)/;

/**
 * Blocks unfolded into directives, in order. A block of an unknown kind is an error, or where `lax`, left out.
 */
export function* unfold(
  statements: readonly (Line | Block)[],
  file: string,
  blockVerbs: ReadonlySet<string>,
  lax: boolean,
): Generator<Directive> {
  for (const statement of statements) {
    const [verb = '', ...args] = statement.tokens;
    if (statement.kind === 'line') {
      yield {
        file,
        line: statement.line,
        verb,
        args,
        suffix: statement.suffix,
        comment: commentText(statement),
      };
    } else if (args.length === 0 && blockVerbs.has(verb)) {
      for (const line of statement.lines) {
        const comment = commentText(line, statement);
        yield { file, line: line.line, verb, args: line.tokens, suffix: line.suffix, comment };
      }
    } else if (!lax) {
      throw malformed(file, statement.line, `unknown block: ${quote(statement.tokens.join(' '))}`);
    }
  }
}

/** Where the directive stands, with a reason. */
export function refuse(directive: Directive, reason: string): Error {
  return malformed(directive.file, directive.line, reason);
}

/** The one argument of a directive. */
export function onlyArgument(directive: Directive): string {
  const [argument] = directive.args;
  if (argument === undefined || directive.args.length > 1) {
    throw refuse(directive, `${directive.verb} takes one argument, not ${directive.args.length}`);
  }
  return argument;
}

/** Refuses the second directive of a kind that may stand in a file once. */
export function checkFirst(directive: Directive, earlier: string | undefined): void {
  if (earlier !== undefined) throw refuse(directive, `repeated ${directive.verb} directive`);
}

/** The text of a word or a string. */
export function parseText(directive: Directive, token: string): string {
  const text = readText(token);
  if (text === undefined) throw refuse(directive, `malformed string: ${quote(token)}`);
  return text;
}

/** The same, or undefined where the token is malformed: raw strings and stray quotation marks are, as for Go. */
export function readText(token: string): string | undefined {
  if (token.startsWith('"')) return unquote(token);
  return /["'`]/.test(token) ? undefined : token;
}

export function parseGoVersion(directive: Directive, lax: boolean): string {
  const version = onlyArgument(directive);
  if (GO_VERSION.test(version)) return version;
  const older = lax ? LAX_GO_VERSION.exec(version)?.[1] : undefined;
  if (older === undefined) throw refuse(directive, `invalid go version: ${quote(version)}`);
  return older;
}

export function parseToolchain(directive: Directive): string {
  const name = onlyArgument(directive);
  if (!TOOLCHAIN.test(name)) throw refuse(directive, `invalid toolchain: ${quote(name)}`);
  return name;
}

/** Only the shape is looked at: the settings matter to nobody but the Go command. */
export function checkGodebug(directive: Directive): void {
  const setting = onlyArgument(directive);
  if (!setting.includes('=') || /["'`]/.test(setting)) throw refuse(directive, 'godebug takes key=value');
}

/** The `path version` of a require or exclude directive. */
export function parseNamedVersion(directive: Directive): NamedVersion {
  const [path, version] = directive.args;
  if (path === undefined || version === undefined || directive.args.length > 2) {
    throw refuse(directive, `${directive.verb} takes a module path and a version`);
  }
  return parseVersionOf(directive, parseText(directive, path), version);
}

/** `path [version] => path version` or `path [version] => directory`. */
export function parseReplacement(directive: Directive): Replacement {
  const { args, line } = directive;
  const arrow = args[1] === '=>' ? 1 : 2;
  const [path = '', version] = args.slice(0, arrow);
  const [target, targetVersion, ...rest] = args.slice(arrow + 1);
  if (args[arrow] !== '=>' || target === undefined || rest.length > 0) {
    throw refuse(directive, 'replace takes path [version] => path version, or path [version] => directory');
  }
  const by = parseTarget(directive, parseText(directive, target), targetVersion);
  const oldPath = parseText(directive, path);
  checkMajor(directive, oldPath);
  if (version === undefined) return { old: { path: oldPath, version: undefined }, by, line };
  return { old: parseVersionOf(directive, oldPath, version), by, line };
}

function parseTarget(directive: Directive, path: string, version: string | undefined): Replacement['by'] {
  const isDirectory = DIRECTORY.test(path);
  if (version !== undefined) {
    const canonical = parseCanonical(directive, path, version);
    if (isDirectory) throw refuse(directive, `the directory ${quote(path)} cannot have a version`);
    return { kind: 'module', path, version: canonical };
  }
  if (!isDirectory)
    throw refuse(directive, `${quote(path)} has no version and is no directory beginning with ./ or ../`);
  if (path.includes('\\')) throw refuse(directive, `the directory ${quote(path)} is a Windows path`);
  return { kind: 'directory', path };
}

function parseVersionOf(directive: Directive, path: string, token: string): NamedVersion {
  const version = parseCanonical(directive, path, token);
  const problem = pathMajorProblem(version, checkMajor(directive, path));
  if (problem !== undefined) {
    throw refuse(directive, `${quote(path)}@${version}: invalid version: ${problem}`);
  }
  return { path, version };
}

/** Short forms are completed and build metadata is dropped; a branch or commit name is an error. */
function parseCanonical(directive: Directive, path: string, token: string): Version {
  const text = parseText(directive, token);
  const version = canonicalVersion(text);
  if (version === undefined) {
    throw refuse(directive, `${quote(path)}@${quote(text)}: invalid version: not a semantic version`);
  }
  return version;
}

function checkMajor(directive: Directive, path: string): string {
  const { pathMajor, ok } = splitPathVersion(path);
  if (!ok)
    throw refuse(directive, `${quote(path)}: invalid module path: the major version suffix is malformed`);
  return pathMajor;
}

function commentText(line: Line, block?: Block): string {
  const hasNone = line.before.length === 0 && line.suffix === undefined;
  const comments = hasNone && block !== undefined ? block.before : [...line.before, line.suffix ?? ''];
  return comments
    .filter((comment) => comment.startsWith('//'))
    .map((comment) => trimSpace(comment.slice(2)))
    .join('\n');
}
