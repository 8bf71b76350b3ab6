/** What a call of the checksum database is refused with, as one comparable text: `CODE message`. */
import { expect } from 'vitest';
import { MirrorError } from '../../src/errors.ts';
import { SumDbError } from '../../src/sumdb/errors.ts';

/** Fails the test where nothing is thrown, or anything but a SumDbError. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return told(error);
  }
  return expect.unreachable('nothing was refused');
}

/** The same for a promise; here the outside's own errors count too. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return told(error);
  }
  return expect.unreachable('nothing was refused');
}

/** The error itself, for what else it carries. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('nothing was refused'),
    (error: unknown) => error,
  );
}

function told(error: unknown): string {
  if (!(error instanceof MirrorError)) throw error;
  expect(error.message).toMatch(/[^.\s]$/);
  if (error instanceof SumDbError) expect(error.name).toMatch(/^(SumDbError|TreeForkError)$/);
  return `${error.code} ${error.message}`;
}
