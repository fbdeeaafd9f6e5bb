import type { MachineConfig } from '../../../shared/model/machine.ts';
import type { UefiFirmware } from './doctor/firmware.ts';

/** What a QEMU on this host is and has, as its own answers tell. Plain data: all decisions are made from it. */
export interface Installation {
  /** Absolute path of the program that runs machines. */
  binary: string;
  version: QemuVersion;
  /** As its makers name the build, such as `Debian 1:7.2+dfsg-7`; may be empty. */
  packageName: string;
  /** Machine types with a version behind their short names: `pc` → `pc-i440fx-7.2`. */
  machineTypes: Record<Chipset, string>;
  /** Names of the devices that it has. */
  devices: ReadonlySet<string>;
  /** Whether it can shut itself in (seccomp, Linux only). */
  hasSandbox: boolean;
  accelerator: Accelerator;
  /** UEFI firmware on this host, the preferred first. */
  uefi: readonly UefiFirmware[];
  /** Absolute path of the program that is a TPM; null when there is none. */
  swtpm: string | null;
  /** QEMU's name of the host's sound; `none` when there is none that it can use. */
  audioDriver: string;
}

export interface QemuVersion {
  major: number;
  minor: number;
  micro: number;
}

export type Chipset = 'pc' | 'q35';

/** The ways in which QEMU runs guest code; all but the last need the host's processor and system. */
export type Accelerator = 'kvm' | 'hvf' | 'whpx' | 'tcg';

export const ACCELERATOR_NAMES: Record<Accelerator, string> = { kvm: 'KVM', hvf: 'HVF', whpx: 'WHPX', tcg: 'TCG' };

/** The oldest QEMU whose monitor has all that a session asks: `blockdev-*`, `-action`, JSON for `-device`. */
export const OLDEST_VERSION: QemuVersion = { major: 6, minor: 2, micro: 0 };
/** Since then `-netdev stream` carries frames over a unix socket. */
export const FRAMES_VERSION: QemuVersion = { major: 7, minor: 2, micro: 0 };

/** The machine type of the configuration's chipset, with its version. */
export function machineTypeFor(
  { machineTypes }: Pick<Installation, 'machineTypes'>,
  { motherboard: { chipset } }: Pick<MachineConfig, 'motherboard'>,
): string {
  return chipset === 'q35' ? machineTypes.q35 : machineTypes.pc;
}

export function isAtLeast(version: QemuVersion, wanted: QemuVersion): boolean {
  const { major, minor, micro } = wanted;
  if (version.major !== major) return version.major > major;
  return version.minor === minor ? version.micro >= micro : version.minor > minor;
}

export function printVersion({ major, minor, micro }: QemuVersion): string {
  return `${major}.${minor}.${micro}`;
}
