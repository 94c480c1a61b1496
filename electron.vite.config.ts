/**
 * What is built: the main process with the browser host, the backend's thread, those that record live and write
 * traces, and the process for SQL (ES modules, packages stay outside), the preload (one CommonJS file that requires only `electron`, because its
 * sandbox allows nothing else), the window.
 */
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'electron-vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** An import of types alone is no import: what only the types come from is not loaded. */
const oxc = { typescript: { onlyRemoveTypeImports: false } };

export default defineConfig({
  main: {
    oxc,
    build: {
      outDir: at('out/main'),
      externalizeDeps: true,
      sourcemap: true,
      rolldownOptions: {
        input: {
          main: at('electron/main.ts'),
          host: at('electron/host.ts'),
          worker: at('electron/worker.ts'),
          'live-thread-entry': at('core/session/live/live-thread-entry.ts'),
          'write-thread-entry': at('core/trace/write-thread-entry.ts'),
          'query-process-entry': at('core/session/sql/query-process-entry.ts'),
          'parent-watch-entry': at('core/session/sql/parent-watch-entry.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    oxc,
    build: {
      outDir: at('out/preload'),
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('electron/preload.ts') },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    oxc,
    root: at('renderer'),
    base: './',
    plugins: [vue()],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      minify: true,
      sourcemap: true,
      rolldownOptions: { input: at('renderer/index.html') },
    },
  },
});
