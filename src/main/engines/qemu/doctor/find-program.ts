import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

type Environment = Record<string, string | undefined>;

const QEMU = ['qemu-system-x86_64', 'qemu-kvm'];
/** It runs 32-bit guests only, so it is the last choice. */
const QEMU_32_BIT = ['qemu-system-i386'];

/** Where programs are that a desktop's own PATH may leave out. */
const USUAL_FOLDERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/local/bin', '/usr/bin', '/usr/libexec', '/usr/sbin'],
  darwin: ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'],
  win32: ['C:\\Program Files\\qemu'],
};

/** QEMU's program: the one that `INNKEEPER_QEMU` names, else the first that is found; undefined: there is none. */
export function findQemu(env: Environment): string | undefined {
  const named = env.INNKEEPER_QEMU;
  if (named) return isProgram(named) ? named : undefined;
  return findProgram(QEMU, env) ?? findProgram(QEMU_32_BIT, env);
}

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

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
