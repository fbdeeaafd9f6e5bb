import { getCompileCacheDir } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program of a machine process: its source when this file runs from source, else the bundle beside the core's. */
export function machineProcessPath(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './machine-process/main.ts' : './machine-process.js', import.meta.url));
}

/**
 * Environment of a machine process. Electron's binary acts as Node with `ELECTRON_RUN_AS_NODE` (Electron manual,
 * "Environment Variables"); `NODE_OPTIONS` are meant for this program and would give each machine a debugger. What Node has
 * made of the sources it shares with this program, when that keeps it.
 */
export function machineProcessEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const codeCache = getCompileCacheDir(); // a folder for this version of Node, in the one that was named
  if (codeCache !== undefined) environment.NODE_COMPILE_CACHE = path.dirname(codeCache);
  return process.versions.electron === undefined ? environment : { ...environment, ELECTRON_RUN_AS_NODE: '1' };
}
