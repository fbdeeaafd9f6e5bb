import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

export type Environment = Record<string, string | undefined>;

/** Where programs are that a desktop's own PATH may leave out. */
const USUAL_FOLDERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/local/bin', '/usr/bin', '/usr/libexec', '/usr/sbin'],
  darwin: ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'],
  win32: ['C:\\Program Files\\qemu'],
};

/** Absolute path of the first program with one of these names, by PATH and then the usual folders; else undefined. */
export function findProgram(
  names: readonly string[],
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const { delimiter, join, isAbsolute } = platform === 'win32' ? path.win32 : path.posix;
  const folders = [...(env.PATH ?? '').split(delimiter).filter(isAbsolute), ...(USUAL_FOLDERS[platform] ?? [])];
  const suffix = platform === 'win32' ? '.exe' : '';
  const places = names.flatMap((name) => folders.map((folder) => join(folder, `${name}${suffix}`)));
  return places.find(isProgram);
}

/** Whether it is a file that this user may run. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
