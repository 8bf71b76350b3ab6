/** End to end: real modules from the configured upstream, real servers, the real go command. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 3_000_000,
    fileParallelism: false,
  },
});
