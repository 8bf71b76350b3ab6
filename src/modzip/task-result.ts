/**
 * How a worker's outcome crosses to the main thread. Structured clone keeps an error's message but not its class or
 * code, so a failure travels as a plain object and is built anew on the other side, the same to every caller.
 */

import { VerificationError } from '../errors.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { ZipFacts } from './check.ts';

export interface CheckTask {
  readonly file: string;
  readonly mv: ModuleVersion;
}

export type TaskResult =
  | { readonly kind: 'facts'; readonly facts: ZipFacts }
  | { readonly kind: 'invalid'; readonly code: VerificationError['code']; readonly failure: Failure }
  | { readonly kind: 'error'; readonly failure: Failure; readonly system: SystemFields };

interface Failure {
  readonly message: string;
  readonly stack: string | undefined;
  readonly module?: string | undefined;
  readonly hint?: string | undefined;
}

/** What Node adds to an error of the operating system. */
type SystemFields = Partial<Pick<NodeJS.ErrnoException, 'code' | 'errno' | 'syscall' | 'path'>>;

/** Runs in the worker. Never throws: what `check` throws becomes part of the result. */
export function runTask(check: () => ZipFacts): TaskResult {
  try {
    return { kind: 'facts', facts: check() };
  } catch (error) {
    if (error instanceof VerificationError) {
      const { code, message, stack, module, hint } = error;
      return { kind: 'invalid', code, failure: { message, stack, module, hint } };
    }
    if (!(error instanceof Error)) return failed(new Error(String(error)));
    return failed(error);
  }
}

function failed(error: NodeJS.ErrnoException): TaskResult {
  const { message, stack, code, errno, syscall, path } = error;
  const given = Object.entries({ code, errno, syscall, path }).filter(([, value]) => value !== undefined);
  return { kind: 'error', failure: { message, stack }, system: Object.fromEntries(given) };
}

/** Runs on the main thread: the facts, or the worker's error thrown with its class, code, hint and stack. */
export function unwrapTask(result: TaskResult): ZipFacts {
  switch (result.kind) {
    case 'facts':
      return result.facts;
    case 'invalid': {
      const { message, module, hint, stack } = result.failure;
      throw withStack(new VerificationError(result.code, message, { module, hint }), stack);
    }
    case 'error':
      throw withStack(Object.assign(new Error(result.failure.message), result.system), result.failure.stack);
  }
}

function withStack(error: Error, stack: string | undefined): Error {
  if (stack !== undefined) error.stack = stack;
  return error;
}
