/** The hermetic suite: everything that needs nothing but this machine. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Locale and time zone of whoever runs it must not matter; these are the ones that differ most.
    env: { TZ: 'Pacific/Auckland' },
  },
});
