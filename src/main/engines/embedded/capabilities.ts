import type { Ability, EngineCapabilities } from '../../../shared/model/engine.ts';
import { WRITABLE_FORMATS } from '../../media/formats/formats.ts';
import { EMBEDDED_LIMITS, INITRD_ADDRESS } from './machine-process/v86-options.ts';

const MIB = 1024 ** 2;
const yes: Ability = { isAvailable: true, reason: null };
const no = (reason: string): Ability => ({ isAvailable: false, reason });

/** Memory that a machine needs when its kernel is started directly: the initial file system is put behind 64 MiB. */
export const MIN_KERNEL_BOOT_MEMORY_MIB = INITRD_ADDRESS / MIB + 2;

/** What v86 can do, and why it cannot do the rest. */
export const EMBEDDED_CAPABILITIES: EngineCapabilities = {
  maxProcessors: 1,
  maxMemoryMiB: EMBEDDED_LIMITS.maxMemoryMiB,
  minMemoryMiB: 4,
  maxAdapters: EMBEDDED_LIMITS.adapters,
  architectures: ['i686'],
  controllers: ['ide', 'floppy'],
  maxDisks: EMBEDDED_LIMITS.ideChannels * EMBEDDED_LIMITS.drivesPerChannel,
  adapterModels: ['auto', 'virtio', 'ne2000'],
  formats: WRITABLE_FORMATS,
  chipsets: ['i440fx'],
  audioCards: ['none'],
  audio: no('The embedded engine makes no sound.'),
  uefi: no('The embedded engine starts machines by BIOS. Choose QEMU for UEFI.'),
  secureBoot: no('The embedded engine starts machines by BIOS. Choose QEMU for Secure Boot.'),
  tpm: no('The embedded engine has no TPM. Choose QEMU for one.'),
  watchdog: no('The embedded engine has no watchdog. Choose QEMU for one.'),
  saveState: yes,
  warmStart: yes,
  executionCap: yes,
  powerButton: yes,
  changeMedium: yes,
  liveSnapshot: yes,
  balloon: yes,
  hotplug: no('The embedded engine cannot add or remove hardware while the machine runs.'),
};
