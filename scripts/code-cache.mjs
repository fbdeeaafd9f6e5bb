// Where Node keeps what it makes of Innkeeper's sources: saves half of the time of a short command.
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** As `cache` of `makePaths`, which cannot be asked before the sources are read. */
function cacheFolder(env) {
  const home = env.HOME || os.homedir();
  if (process.platform === 'win32')
    return path.join(env.LOCALAPPDATA || path.join(home, 'AppData/Local'), 'Innkeeper-Cache');
  if (process.platform === 'darwin') return path.join(home, 'Library/Caches/Innkeeper');
  return path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'innkeeper');
}

/** The environment with the cache in it; as it is when there can be no folder that nobody else may write to. */
export function withCodeCache(env) {
  if (env.NODE_COMPILE_CACHE || env.NODE_DISABLE_COMPILE_CACHE) return env;
  try {
    const cache = cacheFolder(env);
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(cache);
    if (process.getuid && uid !== process.getuid()) return env;
    chmodSync(cache, 0o700);
    return { ...env, NODE_COMPILE_CACHE: path.join(cache, 'code') };
  } catch {
    return env; // it only takes longer
  }
}
