import { InnError } from '../../../../shared/errors.ts';
import type { BootDevice } from '../../../../shared/model/hardware.ts';
import type { ResolvedAdapter, ResolvedDrive } from '../../start-spec.ts';
import { driveId } from '../drive-id.ts';
import type { ProcessSpec } from '../process-spec.ts';

/** What v86 can be built with at most. */
export const EMBEDDED_LIMITS = {
  maxMemoryMiB: 2048,
  /** Two IDE channels with a master and a slave each; disks and optical drives share them. */
  ideChannels: 2,
  drivesPerChannel: 2,
  floppyDrives: 2,
  adapters: 1,
} as const;

/** Where a Linux kernel's initial file system is put; a machine needs this much memory before it. */
export const INITRD_ADDRESS = 64 * 1024 ** 2;

export interface PlannedDrive {
  id: string;
  bus: 'ide' | 'floppy';
  /** IDE channel; 0 for floppy drives. */
  channel: number;
  /** 0 master, 1 slave; or number of the floppy drive. */
  unit: number;
  kind: 'disk' | 'optical' | 'floppy';
  medium: ResolvedDrive['medium'];
}

export interface PlannedAdapter {
  index: number;
  model: 'virtio' | 'ne2k';
  macAddress: Uint8Array;
  isCableConnected: boolean;
}

/** A machine in v86's terms; plain data. */
export interface EmulatorPlan {
  memoryBytes: number;
  videoMemoryBytes: number;
  /** Three hexadecimal digits, last one first: 1 floppy, 2 disk, 3 optical (SeaBIOS, CMOS registers 0x3d and 0x38). */
  bootOrder: number;
  commandLine: string;
  drives: PlannedDrive[];
  adapter: PlannedAdapter | null;
}

const BOOT_DIGITS: Record<BootDevice, number> = { floppy: 1, disk: 2, optical: 3, network: 4 };

/**
 * Says in v86's terms what the machine is. Pure.
 * @throws InnError `NOT_SUPPORTED` for a controller, place, adapter or size that v86 does not have.
 */
export function planEmulator(spec: ProcessSpec): EmulatorPlan {
  if (spec.memoryMiB > EMBEDDED_LIMITS.maxMemoryMiB) {
    throw notSupported(`${spec.memoryMiB} MB of memory`, `at most ${EMBEDDED_LIMITS.maxMemoryMiB} MB`);
  }
  const [adapter, ...further] = spec.adapters;
  if (further.length > 0) throw notSupported(`${spec.adapters.length} network adapters`, 'one');
  return {
    memoryBytes: spec.memoryMiB * 1024 ** 2,
    videoMemoryBytes: spec.videoMemoryMiB * 1024 ** 2,
    bootOrder: bootOrderCode(spec.bootOrder),
    commandLine: spec.kernel?.commandLine ?? '',
    drives: spec.drives.map(planDrive),
    adapter: adapter ? planAdapter(adapter) : null,
  };
}

/** v86 hands three boot devices to the firmware; a fourth cannot be told. */
function bootOrderCode(order: readonly BootDevice[]): number {
  return order.slice(0, 3).reduce((code, device, place) => code | (BOOT_DIGITS[device] << (4 * place)), 0);
}

function planDrive(drive: ResolvedDrive): PlannedDrive {
  const { controller, port, device, kind, medium } = drive;
  const id = driveId(drive);
  if (controller === 'ide' && kind !== 'floppy') {
    if (port < EMBEDDED_LIMITS.ideChannels && device < EMBEDDED_LIMITS.drivesPerChannel) {
      return { id, bus: 'ide', channel: port, unit: device, kind, medium };
    }
  } else if (controller === 'floppy' && kind === 'floppy' && port === 0 && device < EMBEDDED_LIMITS.floppyDrives) {
    return { id, bus: 'floppy', channel: 0, unit: device, kind, medium };
  }
  throw notSupported(
    `A ${kind} drive at port ${port}, device ${device} of a controller of type '${controller}'`,
    'two IDE channels with two drives each, and two floppy drives',
  );
}

function planAdapter(adapter: ResolvedAdapter): PlannedAdapter {
  const { index, isCableConnected } = adapter;
  return { index, isCableConnected, model: adapterModel(adapter), macAddress: parseMac(adapter.macAddress) };
}

function adapterModel({ model }: ResolvedAdapter): PlannedAdapter['model'] {
  if (model === 'auto' || model === 'virtio') return 'virtio';
  if (model === 'ne2000') return 'ne2k';
  throw notSupported(`A network adapter of type '${model}'`, "'virtio' and 'ne2000'");
}

function parseMac(address: string): Uint8Array {
  return Uint8Array.from(address.split(':'), (octet) => Number.parseInt(octet, 16));
}

function notSupported(what: string, has: string): InnError {
  return new InnError('NOT_SUPPORTED', `${what} cannot be had from the embedded engine, which has ${has}.`, {
    hint: 'Change the settings of the machine, or choose the QEMU engine.',
  });
}
