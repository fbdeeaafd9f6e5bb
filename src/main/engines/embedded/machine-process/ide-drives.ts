import type { Emulator, IdeDrive } from './emulator-types.ts';
import { V86Disk } from './v86-disk-buffer.ts';
import type { PlannedDrive } from './v86-options.ts';

/** ATA commands (ATA/ATAPI-6, table 9). */
const IDENTIFY = 0xec;
const FLUSHES = [0xe7, 0xea];
const WRITES = [0x30, 0x31, 0x34, 0x35, 0x39, 0xc5, 0xca];
const READY = 0x50;
const BUSY = 0xd0;
/** Bit 5 of IDENTIFY words 82 and 85: a write cache is there, and on. */
const WRITE_CACHE = 0x20;
const WRITE_CACHE_WORDS = [82, 85];

/**
 * Connects the drives to the two IDE channels at the places of the plan. v86 itself only knows two disks on the first
 * channel and an optical drive on the second; its channels are made of four equal interfaces, though, and each can be
 * made into what is wanted before the guest has looked.
 */
export function connectIdeDrives(
  emulator: Emulator,
  drives: readonly { plan: PlannedDrive; disk: V86Disk | undefined }[],
): void {
  for (const channel of [0, 1]) {
    for (const unit of [0, 1]) {
      const place = ideDrive(emulator, channel, unit);
      const drive = drives.find(({ plan }) => plan.bus === 'ide' && plan.channel === channel && plan.unit === unit);
      if (place) connect(place, drive?.plan.kind, drive?.disk);
    }
  }
  const anyDrive = ideDrive(emulator, 1, 0);
  if (anyDrive) patchAtaCommands(anyDrive);
}

/** The interface at a place, or undefined when the channel does not exist. */
export function ideDrive(emulator: Emulator, channel: number, unit: number): IdeDrive | undefined {
  const { primary, secondary } = emulator.v86.cpu.devices.ide;
  const pair = channel === 0 ? primary : secondary;
  return unit === 0 ? pair?.master : pair?.slave;
}

function connect(place: IdeDrive, kind: PlannedDrive['kind'] | undefined, disk: V86Disk | undefined): void {
  const isOptical = kind === 'optical';
  place.drive_connected = kind !== undefined;
  place.is_atapi = isOptical;
  place.sector_size = isOptical ? 2048 : 512;
  place.head_count = isOptical ? 1 : 0;
  place.buffer = null;
  place.status_reg = READY;
  place.error_reg = 0;
  if (disk) place.set_disk_buffer(disk);
}

/**
 * Makes v86's disks honest about durability: a flush of the guest reaches the host's disk before it is acknowledged (v86
 * acknowledges at once), a cache is declared so that guests do flush, and writes to a read-only disk are refused.
 */
function patchAtaCommands(anyDrive: IdeDrive): void {
  const prototype: IdeDrive = Object.getPrototypeOf(anyDrive);
  const original = prototype.ata_command;
  prototype.ata_command = function (this: IdeDrive, command) {
    const disk = this.buffer instanceof V86Disk && !this.is_atapi ? this.buffer : undefined;
    if (disk && FLUSHES.includes(command)) {
      this.current_command = command;
      flush(this, disk);
    } else if (disk?.device.isReadOnly && WRITES.includes(command)) {
      this.current_command = -1; // else the DMA that the guest starts next would write all the same
      this.ata_abort_command();
    } else {
      original.call(this, command);
      if (disk && command === IDENTIFY) declareWriteCache(this);
    }
  };
}

function flush(drive: IdeDrive, disk: V86Disk): void {
  drive.error_reg = 0;
  drive.status_reg = BUSY;
  disk.flush(() => {
    drive.status_reg = READY;
    drive.push_irq();
  });
}

function declareWriteCache({ data }: IdeDrive): void {
  for (const word of WRITE_CACHE_WORDS) data[2 * word] = (data[2 * word] ?? 0) | WRITE_CACHE;
}
