import { defineConfig } from 'vitest/config';

/**
 * Three tiers: `architecture` reads sources, `unit` boots nothing, `engines` boots real guests one file at a time. What is
 * polled for may take nearly as long as its test: on a busy computer a second, which is the default, is soon over.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'architecture', include: ['tests/architecture.test.ts'] } },
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'],
          exclude: [
            'tests/architecture.test.ts',
            'tests/e2e/**',
            'tests/system/**',
            'tests/engines/**/!(*.unit).test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        test: {
          name: 'engines',
          include: ['tests/engines/**/*.test.ts', 'tests/system/**/*.test.ts'],
          exclude: ['tests/engines/**/*.unit.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
