import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const source = (path: string) => resolve(import.meta.dirname, 'src', path);

/** Three builds: Node programs with their dependencies left in node_modules, the sandboxed preload, and the window. */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      minify: false,
      rollupOptions: {
        input: {
          index: source('main/index.ts'),
          headless: source('main/headless.ts'),
          inn: source('main/cli/main.ts'),
          'machine-process': source('main/engines/embedded/machine-process/main.ts'),
          'network-process': source('main/networks/network-process/main.ts'),
        },
        // Chunks lie beside the entries: code that looks for a process's program beside itself finds it from any of them.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      // A sandboxed preload script is loaded as CommonJS and can require nothing but `electron`.
      rollupOptions: {
        input: { preload: source('main/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: source('renderer'),
    plugins: [react()],
    build: {
      outDir: resolve(import.meta.dirname, 'out/renderer'),
      rollupOptions: { input: source('renderer/index.html') },
    },
  },
});
