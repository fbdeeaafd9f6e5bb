import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { QemuEngine } from '../../../src/main/engines/qemu/engine.ts';
import type { ResolvedDrive } from '../../../src/main/engines/start-spec.ts';
import { findProgram } from '../../../src/main/processes/find-program.ts';
import { isAlive, killProcess } from '../../../src/main/processes/process-identity.ts';
import type { EngineUnderTest } from '../conformance/machine-bench.ts';
import { mediumAt } from './machine-plan.ts';

/** Shared by all tests, so that acceleration is tried once. */
export const CACHE_FOLDER = path.join(tmpdir(), 'innkeeper-test-cache');

/** @param env variables besides the usual ones, such as `INNKEEPER_QEMU` */
export function qemuUnderTest(env: Record<string, string> = {}): EngineUnderTest {
  return {
    id: 'qemu',
    makeEngine: () => new QemuEngine({ env: { ...process.env, ...env }, cacheFolder: CACHE_FOLDER }),
    async kill(runtime) {
      await killProcess(runtime, 'SIGKILL');
      while (await isAlive(runtime)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async hasProcess() {
      return false;
    },
  };
}

/** A sparse raw disk. */
export function diskAt(file: string, sizeMiB: number): NonNullable<ResolvedDrive['medium']> {
  writeFileSync(file, '');
  truncateSync(file, sizeMiB * 1024 ** 2);
  return mediumAt(file, 'raw', { sizeBytes: sizeMiB * 1024 ** 2 });
}

/** A QEMU that cannot make any file larger than this: for it, the disk is full then. */
export function qemuWithFullDisk(folder: string, limitMiB: number): string {
  const file = path.join(folder, 'qemu');
  const qemu = findProgram(['qemu-system-x86_64'], process.env);
  const blocks = limitMiB * 2048; // of 512 bytes, as POSIX counts them
  writeFileSync(file, `#!/bin/sh\ntrap '' XFSZ\nulimit -f ${blocks}\nexec '${qemu}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}
