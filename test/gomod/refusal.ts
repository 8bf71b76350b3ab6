/** What a refusal says, as plain values a test can compare whole. */
import { MirrorError } from '../../src/errors.ts';

export interface Refusal {
  readonly error: string;
  readonly code: string;
  readonly message: string;
}

/** Runs what must be refused. Anything but a MirrorError, success too, fails the test. */
export function refusal(run: () => unknown): Refusal {
  let value: unknown;
  try {
    value = run();
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    return { error: error.name, code: error.code, message: error.message };
  }
  throw new Error(`accepted: ${JSON.stringify(value)}`);
}

/** The value, or undefined where a MirrorError refuses it; any other error fails the test. */
export function accepted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MirrorError) return undefined;
    throw error;
  }
}
