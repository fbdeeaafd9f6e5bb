import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { makeTempFolder } from './temp-folder.ts';

const isLinux = process.platform === 'linux';

/** Whether this user may mount here; in a container even root may not. */
export const canMount = isLinux && process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
  const folder = path.join(import.meta.dirname, '../../node_modules/.mount-trial');
  mkdirSync(folder, { recursive: true });
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (isMounted) execFileSync('umount', [folder]);
  return isMounted;
}

/** A file system in memory, of so many bytes, that goes with the test. Only where `canMount`. */
export function mountSmall(bytes: number): { folder: string; resize(bytes: number): void } {
  const folder = makeTempFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return {
    folder,
    resize: (size) => execFileSync('mount', ['-o', `remount,size=${size}`, folder]),
  };
}
