/** The hint of the error that a function throws. */
import { MirrorError } from '../../src/errors.ts';

/** Anything but a MirrorError, success too, fails the test. */
export function hintOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof MirrorError) return error.hint;
    throw error;
  }
  throw new Error('accepted');
}
