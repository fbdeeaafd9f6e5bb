import { osTypeOf } from './os-types.ts';

/** Systems that do not start, or start to swap at once, with less than their makers ask for, in MiB. */
const STATED: Readonly<Record<string, number>> = {
  demo: 80,
  'linux-32': 64,
  'tinycore-32': 64,
  'alpine-32': 128,
  'alpine-64': 128,
  'debian-32': 256,
  'debian-64': 512,
  'ubuntu-64': 1024,
  'fedora-64': 2048,
  'windows-98': 32,
  'windows-2000': 64,
  'windows-xp-32': 128,
  'windows-10-64': 2048,
  'windows-11-64': 4096,
  freedos: 4,
};

/**
 * The memory below which a guest of this OS type is not worth starting, in MiB: what its makers state, or else a quarter
 * of what is recommended.
 */
export function leastMemoryMiB(osType: string): number {
  return STATED[osType] ?? Math.ceil(osTypeOf(osType).memoryMiB / 4);
}
