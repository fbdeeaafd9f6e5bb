import { type Environment, findProgram, isProgram } from './find-program.ts';

const QEMU = ['qemu-system-x86_64', 'qemu-kvm'];
/** It runs 32-bit guests only, so it is the last choice. */
const QEMU_32_BIT = ['qemu-system-i386'];

/** QEMU's program: the one that `INNKEEPER_QEMU` names, else the first that is found; undefined: there is none. */
export function findQemu(env: Environment): string | undefined {
  const named = env.INNKEEPER_QEMU;
  if (named) return isProgram(named) ? named : undefined;
  return findProgram(QEMU, env) ?? findProgram(QEMU_32_BIT, env);
}
