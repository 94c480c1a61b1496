import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Importing `electron` outside Electron would start a download, so tests get a file that throws instead. */
const noElectron = fileURLToPath(new URL('./test/support/no-electron.ts', import.meta.url));

export default defineConfig({
  resolve: { alias: { electron: noElectron } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/fuzz/**'],
          // A process for each of some 270 files takes half a second of CPU time to load the same modules again.
          // What files that share one must not do is in test/source-rules.test.ts.
          isolate: false,
          setupFiles: ['test/support/each-file.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          // What is polled waits for a window that shares its processors with other tests.
          expect: { poll: { timeout: 10_000 } },
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // One process: the modules are loaded once. Each file starts a browser of its own.
          isolate: false,
        },
      },
    ],
  },
});
