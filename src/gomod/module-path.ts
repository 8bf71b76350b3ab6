/**
 * Module paths and the names of files in a module, checked by the rules of golang.org/x/mod/module (CheckPath,
 * CheckFilePath, SplitPathVersion). A `ModulePath` is ASCII, has no empty or dot element and a first element that
 * reads as a domain name, so that it is safe in a URL and on every file system once escaped.
 */
import { ModuleError } from '../errors.ts';
import type { Branded } from './brand.ts';
import { quote } from './text.ts';

/** A module path in plain (unescaped) form, as `golang.org/x/text` or `rsc.io/quote/v2`. */
export type ModulePath = Branded<string, 'ModulePath'>;

export interface PathVersion {
  /** The path without its major version suffix; `prefix + pathMajor` is the path again. */
  readonly prefix: string;
  /** `/vN`, `.vN`, `.vN-unstable`, or empty. */
  readonly pathMajor: string;
  /** False where the path ends in a suffix that no module may have, as `/v1` or `/v2.0`. */
  readonly ok: boolean;
}

const SLASH = 0x2f;
const DOT = 0x2e;
const FIRST_ELEMENT = /^[a-z0-9.-]*$/;
const MODULE_ELEMENT = /^[A-Za-z0-9\-._~]*$/;
const SHORT_NAME = /~[0-9]+$/;
const RESERVED_STEMS: ReadonlySet<string> = new Set(['CON', 'PRN', 'AUX', 'NUL']);
const RESERVED_PORTS: ReadonlySet<string> = new Set(['COM', 'LPT']);
const NON_ASCII_NAME = /^[\0-\x7f\p{L}]*$/u;

/** Proves that `text` is a module path, or throws ModuleError PATH_INVALID. Source: module.CheckPath. */
export function parseModulePath(text: string): ModulePath {
  const problem = modulePathProblem(text);
  if (problem !== undefined) {
    throw new ModuleError('PATH_INVALID', `${quote(text)}: invalid module path: ${problem}`);
  }
  // The cast is true: the text has just passed every rule.
  return text as ModulePath;
}

/**
 * Throws ModuleError PATH_INVALID unless `path` may name a file in a module: elements of letters, digits and safe
 * punctuation, none of them empty, ending in a dot, or reserved on Windows. One pass over the text, no allocation:
 * it runs on every entry of a zip. What counts as a letter depends on the runtime's Unicode tables, which are newer
 * than those of the Go client. Source: module.CheckFilePath.
 */
export function checkFilePath(path: string): void {
  const problem = filePathProblem(path);
  if (problem !== undefined) {
    throw new ModuleError('PATH_INVALID', `${quote(path)}: invalid file path: ${problem}`);
  }
}

/** Parts a path from its major version suffix; `gopkg.in` has rules of its own. Source: module.SplitPathVersion. */
export function splitPathVersion(path: string): PathVersion {
  if (path.startsWith('gopkg.in/')) return splitGopkgIn(path);
  let digits = path.length;
  while (digits > 0 && isDigitOrDot(path.charCodeAt(digits - 1))) digits--;
  const start = digits - 2;
  if (start < 0 || digits === path.length || !path.startsWith('/v', start)) {
    return { prefix: path, pathMajor: '', ok: true };
  }
  const pathMajor = path.slice(start);
  if (pathMajor.includes('.') || pathMajor[2] === '0' || pathMajor === '/v1') {
    return { prefix: path, pathMajor: '', ok: false };
  }
  return { prefix: path.slice(0, start), pathMajor, ok: true };
}

function splitGopkgIn(path: string): PathVersion {
  const stable = path.endsWith('-unstable') ? path.length - '-unstable'.length : path.length;
  let digits = stable;
  while (digits > 0 && isDigit(path.charCodeAt(digits - 1))) digits--;
  const start = digits - 2;
  const pathMajor = path.slice(Math.max(start, 0));
  const leadingZero = pathMajor[2] === '0' && pathMajor !== '.v0';
  // A bare `.v` before `-unstable` passes here, as in Go; no version has a major that would match it.
  if (start < 0 || !path.startsWith('.v', start) || pathMajor.length <= 2 || leadingZero) {
    return { prefix: path, pathMajor: '', ok: false };
  }
  return { prefix: path.slice(0, start), pathMajor, ok: true };
}

function modulePathProblem(path: string): string | undefined {
  if (path === '') return 'empty';
  if (path.startsWith('-')) return 'it begins with a dash';
  const elements = path.split('/');
  for (const element of elements) {
    const problem = moduleElementProblem(element);
    if (problem !== undefined) return problem;
  }
  const first = elements[0] ?? '';
  if (!first.includes('.')) return 'the first element has no dot';
  if (!FIRST_ELEMENT.test(first)) return 'the first element is not a lower-case domain name';
  if (!splitPathVersion(path).ok) return 'the major version suffix is malformed';
  return undefined;
}

function moduleElementProblem(element: string): string | undefined {
  if (element === '') return 'empty element';
  if (element.startsWith('.')) return `element ${quote(element)} begins with a dot`;
  if (element.endsWith('.')) return `element ${quote(element)} ends in a dot`;
  if (!MODULE_ELEMENT.test(element)) return `element ${quote(element)} has a character that is not allowed`;
  if (isReserved(element, 0, element.length)) return `element ${quote(element)} is reserved on Windows`;
  const dot = element.indexOf('.');
  const stem = dot < 0 ? element : element.slice(0, dot);
  if (SHORT_NAME.test(stem)) return `element ${quote(element)} looks like a Windows short name`;
  return undefined;
}

function filePathProblem(path: string): string | undefined {
  let start = 0;
  let ascii = true;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH) {
      const problem = fileElementProblem(path, start, i);
      if (problem !== undefined) return problem;
      start = i + 1;
    } else if (code >= 0x80) {
      ascii = false;
    } else if (!isFileNameCode(code)) {
      return 'a character that is not allowed';
    }
  }
  if (!ascii && !NON_ASCII_NAME.test(path)) return 'a character that is not allowed';
  return fileElementProblem(path, start, path.length);
}

function fileElementProblem(path: string, start: number, end: number): string | undefined {
  if (end === start) return path === '' ? 'empty' : 'empty element';
  if (path.charCodeAt(end - 1) === DOT) return 'an element ends in a dot';
  if (isReserved(path, start, end)) return `element ${quote(path.slice(start, end))} is reserved on Windows`;
  return undefined;
}

/** Whether the element's text before its first dot is CON, PRN, AUX, NUL, COM1–9 or LPT1–9 in any case. */
function isReserved(path: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < 3) return false;
  if (length === 3 || path.charCodeAt(start + 3) === DOT) {
    return RESERVED_STEMS.has(path.slice(start, start + 3).toUpperCase());
  }
  const port = path.charCodeAt(start + 3);
  if (port < 0x31 || port > 0x39 || (length > 4 && path.charCodeAt(start + 4) !== DOT)) return false;
  return RESERVED_PORTS.has(path.slice(start, start + 3).toUpperCase());
}

/** ASCII letters, digits, space and ``!#$%&()+,-.=@[]^_{}~``. */
function isFileNameCode(code: number): boolean {
  if (code >= 0x61) return code <= 0x7b || code === 0x7d || code === 0x7e;
  if (code >= 0x40) return code !== 0x5c && code !== 0x60;
  if (code >= 0x30) return code <= 0x39 || code === 0x3d;
  return code >= 0x20 && code !== 0x22 && code !== 0x27 && code !== 0x2a && code !== SLASH;
}

function isDigitOrDot(code: number): boolean {
  return isDigit(code) || code === DOT;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
