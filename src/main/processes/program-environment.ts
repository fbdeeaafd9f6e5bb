import { getCompileCacheDir } from 'node:module';
import path from 'node:path';

/**
 * Environment of a process of this house. Electron's binary acts as Node with `ELECTRON_RUN_AS_NODE` (Electron manual,
 * "Environment Variables"); `NODE_OPTIONS` are meant for this program and would give each of them a debugger. What Node has
 * made of the sources it shares with this program, when that keeps it.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const codeCache = getCompileCacheDir(); // a folder for this version of Node, in the one that was named
  if (codeCache !== undefined) environment.NODE_COMPILE_CACHE = path.dirname(codeCache);
  return process.versions.electron === undefined ? environment : { ...environment, ELECTRON_RUN_AS_NODE: '1' };
}
