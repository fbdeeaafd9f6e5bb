import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { ensurePrivateFolder, type Paths } from './paths.ts';

/**
 * Lets Node keep what it makes of the program's sources (Node manual, "Module compile cache"), here and in the machine
 * processes: without it each of them reads and compiles all of them again. What lies there is run, so nobody else may
 * write there. A start that was told of a cache by `NODE_COMPILE_CACHE` keeps that one.
 * @throws InnError `FILE_NOT_ACCESSIBLE` when the folder is somebody else's
 */
export function keepCompiledCode({ cache }: Pick<Paths, 'cache'>): void {
  const folder = join(cache, 'code');
  ensurePrivateFolder(cache);
  ensurePrivateFolder(folder);
  enableCompileCache(folder);
}
