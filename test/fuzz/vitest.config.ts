/** Many random inputs for everything that reads what strangers write; the ordinary suite runs a few of the same. */
import { randomBytes } from 'node:crypto';
import { defineConfig } from 'vitest/config';
import { FuzzTable } from './table.ts';

export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.test.ts'],
    testTimeout: 1_800_000,
    // One process for each file, so that the peak of its memory is its own; one after the other for the time.
    pool: 'forks',
    fileParallelism: false,
    reporters: ['default', new FuzzTable()],
    env: {
      FUZZ_SEED: process.env.FUZZ_SEED ?? randomBytes(4).toString('hex'),
      FUZZ_INPUTS: process.env.FUZZ_INPUTS ?? '10000',
    },
  },
});
