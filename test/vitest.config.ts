/** The hermetic suite: everything that needs nothing but this machine. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**'],
    // By default one core is left to others, which is half of a small machine.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Locale and time zone of whoever runs it must not matter; these are the ones that differ most.
    env: { TZ: 'Pacific/Auckland' },
  },
});
