import { InnError } from '../../../../shared/errors.ts';
import { openChain } from '../../../media/formats/backing-chain.ts';
import type { BlockDevice } from '../../../media/formats/block-device.ts';
import type { Emulator } from './emulator-types.ts';
import { connectIdeDrives, ideDrive } from './ide-drives.ts';
import { type DiskFailure, V86Disk } from './v86-disk-buffer.ts';
import type { PlannedDrive } from './v86-options.ts';

export interface DiskCounters {
  readBytes: number;
  writtenBytes: number;
  readOperations: number;
  writeOperations: number;
  flushOperations: number;
}

export interface Drive {
  readonly plan: PlannedDrive;
  /** The medium that lies in it now. */
  medium: PlannedDrive['medium'];
  disk: V86Disk | undefined;
  /** Two of its images are becoming one just now. */
  isMerging: boolean;
  /** What the media that lay in it before have moved. */
  readonly past: DiskCounters;
}

export interface DriveHooks {
  onFailure(drive: Drive, failure: DiskFailure): void;
  /** Wraps calls into the emulator. */
  guard(callback: () => void): void;
}

/** CMOS register of the types of the two floppy drives, and the type of a 1.44 MB drive. */
const CMOS_FLOPPY_TYPES = 0x10;
const FLOPPY_1440K = 4;
/** Sizes that v86 has a geometry for; an image in between is filled up with zeros. */
const FLOPPY_BYTES = [163_840, 184_320, 327_680, 368_640, 737_280, 1_228_800, 1_474_560, 2_949_120];

/** The drives of the machine and the media in them. */
export class Drives {
  readonly all: readonly Drive[];
  readonly #hooks: DriveHooks;

  private constructor(all: Drive[], hooks: DriveHooks) {
    this.all = all;
    this.#hooks = hooks;
  }

  /** Opens every medium. @throws InnError as `openImage`; then none stays open. */
  static async open(plans: readonly PlannedDrive[], hooks: DriveHooks): Promise<Drives> {
    const all = plans.map(
      (plan): Drive => ({ plan, medium: null, disk: undefined, isMerging: false, past: noCounters() }),
    );
    const drives = new Drives(all, hooks);
    try {
      for (const drive of all) await drives.#insert(drive, drive.plan.medium);
    } catch (error) {
      await drives.close();
      throw error;
    }
    return drives;
  }

  /** Shows the drives to the guest, which must not have run yet. */
  connect(emulator: Emulator): void {
    connectIdeDrives(emulator, this.all);
    const { fdc, rtc } = emulator.v86.cpu.devices;
    let types = 0;
    for (const { plan, disk } of this.all.filter(({ plan }) => plan.bus === 'floppy')) {
      types |= FLOPPY_1440K << (plan.unit === 0 ? 4 : 0);
      if (disk) fdc.drives[plan.unit]?.insert_disk(disk, disk.device.isReadOnly);
    }
    rtc.cmos_write(CMOS_FLOPPY_TYPES, types);
  }

  find(id: string): Drive | undefined {
    return this.all.find(({ plan }) => plan.id === id);
  }

  /**
   * Takes the medium out, and puts another in if there is one. @throws as `open`; the drive keeps its medium then.
   */
  async change(emulator: Emulator, drive: Drive, medium: PlannedDrive['medium']): Promise<void> {
    const next = medium ? await this.#openDisk(drive, medium) : undefined;
    const { disk: old } = drive;
    const { bus, channel, unit } = drive.plan;
    drive.disk = next;
    drive.medium = medium;
    if (bus === 'floppy') {
      const floppy = emulator.v86.cpu.devices.fdc.drives[unit];
      floppy?.eject_disk();
      if (next) floppy?.insert_disk(next, next.device.isReadOnly);
    } else {
      const optical = ideDrive(emulator, channel, unit);
      optical?.eject();
      if (next) optical?.set_cdrom(next);
    }
    if (old) await this.#retire(drive, old);
  }

  /**
   * Lets the disks go on in other images of the same content. All of them or none; one that is in its drive already stays.
   * Nothing may be on its way to the disks. @throws as `open`; `INVALID_STATE` when images of a disk are being merged
   */
  async switchDisks(changes: readonly { drive: Drive; medium: NonNullable<PlannedDrive['medium']> }[]): Promise<void> {
    const due = changes.filter(({ drive, medium }) => drive.medium?.path !== medium.path);
    if (due.some(({ drive }) => drive.isMerging))
      throw new InnError('INVALID_STATE', 'Images of a disk are being merged.');
    const opened: BlockDevice[] = [];
    try {
      for (const { medium } of due) opened.push(await openMedium(medium, medium.isReadOnly));
    } catch (error) {
      for (const device of opened) await device.close();
      throw error;
    }
    for (const [index, { drive, medium }] of due.entries()) {
      const device = opened[index];
      const old = device && drive.disk?.replaceDevice(device);
      drive.medium = medium;
      await old?.close();
    }
  }

  counters(): DiskCounters {
    return this.all.map(driveCounters).reduce(addCounters, noCounters());
  }

  /** Resolves when nothing is under way. @throws the error of a request that failed and waits. */
  async idle(): Promise<void> {
    for (const { disk } of this.all) await disk?.idle();
  }

  async flush(): Promise<void> {
    for (const { disk } of this.all) await disk?.device.flush();
  }

  retry(): void {
    for (const { disk } of this.all) disk?.retry();
  }

  /** Brings what the guest has written to the disks, each as far as it goes, and lets go of them. Never rejects. */
  async finish(onLost: (drive: Drive, error: unknown) => void): Promise<void> {
    const finishOne = async (drive: Drive): Promise<void> => {
      drive.disk?.retry();
      await drive.disk?.idle();
      await drive.disk?.device.flush();
      await drive.disk?.device.close();
    };
    await Promise.all(this.all.map((drive) => finishOne(drive).catch((error) => onLost(drive, error))));
  }

  async close(): Promise<void> {
    for (const { disk } of this.all) await disk?.device.close();
  }

  async #insert(drive: Drive, medium: PlannedDrive['medium']): Promise<void> {
    drive.disk = medium ? await this.#openDisk(drive, medium) : undefined;
    drive.medium = medium;
  }

  async #openDisk(drive: Drive, medium: NonNullable<PlannedDrive['medium']>): Promise<V86Disk> {
    const { kind } = drive.plan;
    const isReadOnly = kind === 'optical' || medium.isReadOnly;
    const device = await openMedium(medium, isReadOnly);
    const paddedBytes = kind === 'floppy' ? FLOPPY_BYTES.find((size) => size >= device.sizeBytes) : undefined;
    const disk = new V86Disk(device, {
      sectorBytes: kind === 'optical' ? 2048 : 512,
      ...(paddedBytes === undefined ? {} : { paddedBytes }),
      onFailure: (failure) => this.#hooks.onFailure(drive, failure),
      guard: this.#hooks.guard,
    });
    try {
      await disk.prepare();
      return disk;
    } catch (error) {
      await device.close();
      throw notAccessible(medium.path, error);
    }
  }

  /** The guest cannot reach it any more; what it wrote before still has to arrive. */
  async #retire(drive: Drive, disk: V86Disk): Promise<void> {
    Object.assign(drive.past, addCounters(drive.past, disk));
    await disk.idle();
    await disk.device.flush();
    await disk.device.close();
  }
}

/** Opens the image with those that it builds on, as the program's records have them. */
async function openMedium(medium: NonNullable<PlannedDrive['medium']>, isReadOnly: boolean): Promise<BlockDevice> {
  const { path, format, backing } = medium;
  return openChain([{ path, format }, ...backing], { isReadOnly });
}

function notAccessible(path: string, cause: unknown): InnError {
  if (cause instanceof InnError) return cause;
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InnError(isMissing ? 'FILE_NOT_FOUND' : 'FILE_NOT_ACCESSIBLE', `'${path}' cannot be opened: ${reason}`, {
    cause,
    details: { path },
  });
}

export function driveCounters({ past, disk }: Drive): DiskCounters {
  return disk ? addCounters(past, disk) : past;
}

function noCounters(): DiskCounters {
  return { readBytes: 0, writtenBytes: 0, readOperations: 0, writeOperations: 0, flushOperations: 0 };
}

function addCounters(a: DiskCounters, b: DiskCounters): DiskCounters {
  return {
    readBytes: a.readBytes + b.readBytes,
    writtenBytes: a.writtenBytes + b.writtenBytes,
    readOperations: a.readOperations + b.readOperations,
    writeOperations: a.writeOperations + b.writeOperations,
    flushOperations: a.flushOperations + b.flushOperations,
  };
}
