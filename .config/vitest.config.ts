import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['{spec,impl,harness,reports}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'reports/out/**'],
    testTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['spec/**/*.ts', 'harness/**/*.ts', 'impl/**/*.ts', 'reports/**/*.ts'],
      exclude: ['**/*.test.ts', '**/fixtures/**', 'harness/bench/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { 'spec/**': { lines: 90 }, 'harness/**': { lines: 90 } },
      reportsDirectory: 'reports/out/coverage',
    },
  },
});
