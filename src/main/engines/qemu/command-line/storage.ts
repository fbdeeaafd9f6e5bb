import { InnError } from '../../../../shared/errors.ts';
import type { Chipset } from '../../../../shared/model/hardware.ts';
import type { ControllerType } from '../../../../shared/model/storage.ts';
import type { ResolvedDrive } from '../../start-spec.ts';
import { driveId } from '../drive-id.ts';
import { blockNode, hasMedium } from './blockdev.ts';
import { bootIndexes } from './boot-index.ts';
import { type CommandPart, type CommandPlan, jsonOption, part } from './part.ts';
import { USB_BUS } from './usb.ts';

type Device = Record<string, unknown> & { driver: string };

/** An AHCI controller of QEMU has six ports; more ports are more controllers. */
const PORTS_PER_AHCI = 6;
const AHCI = 'ahci';
/** What i440FX has built in and Q35 has not; its ports keep clear of the names of Q35's own SATA ports. */
const IDE = { driver: 'piix3-ide', id: 'pata' };
const FLOPPY = { driver: 'isa-fdc', id: 'floppy' };
const SCSI_CONTROLLER = 'virtio-scsi-pci';
/** Device that takes SCSI drives and is a USB stick or drive to the guest. */
const USB_BRIDGE = 'usb-bot';

/** Devices that must be there for drives on a controller. */
export const NEEDED_DEVICES: Record<ControllerType, readonly string[]> = {
  ide: ['ide-hd', 'ide-cd'],
  sata: [AHCI, 'ide-hd', 'ide-cd'],
  scsi: [SCSI_CONTROLLER, 'scsi-hd', 'scsi-cd'],
  virtio: ['virtio-blk-pci'],
  nvme: ['nvme'],
  usb: [USB_BRIDGE, 'scsi-hd', 'scsi-cd'],
  floppy: ['floppy'],
};

/** Controllers, drives and the images in them. A full disk or a failing one stops the guest; nothing is lost then. */
export function storagePart({ spec }: CommandPlan): CommandPart {
  const boot = bootIndexes(spec).drives;
  const { chipset } = spec.config.motherboard;
  return part(
    'storage',
    ...spec.drives.flatMap((drive) => floppyBoot(drive, boot.get(driveId(drive)))),
    ...controllers(spec.drives, chipset).flatMap((device) => jsonOption('-device', device)),
    ...spec.drives.flatMap((drive) => {
      if (hasMedium(drive)) assertWritable(drive);
      const image = hasMedium(drive) ? jsonOption('-blockdev', blockNode(drive)) : [];
      const bootindex = boot.get(driveId(drive));
      const devices = devicesOf(drive, chipset, bootindex === undefined || isFloppy(drive) ? {} : { bootindex });
      return [...image, ...devices.flatMap((device) => jsonOption('-device', device))];
    }),
  );
}

/** Controllers that the chipset and the USB part have not brought already. */
function controllers(drives: ResolvedDrive[], chipset: Chipset): Device[] {
  const isLacking = (type: ControllerType) => chipset === 'q35' && drives.some(({ controller }) => controller === type);
  const ahci = new Set(drives.filter(({ controller }) => controller === 'sata').map(({ port }) => ahciOf(port)));
  const hasScsi = drives.some(({ controller }) => controller === 'scsi');
  return [
    ...[...ahci].sort().map((id) => ({ driver: AHCI, id })),
    ...(isLacking('ide') ? [IDE] : []),
    ...(isLacking('floppy') ? [FLOPPY] : []),
    ...(hasScsi ? [{ driver: SCSI_CONTROLLER, id: 'scsi' }] : []),
  ];
}

const isFloppy = ({ controller }: ResolvedDrive): boolean => controller === 'floppy';

/** The floppy controller, not the drive, holds the place of its drives in the boot order. */
function floppyBoot(drive: ResolvedDrive, bootIndex: number | undefined): string[] {
  if (!isFloppy(drive) || bootIndex === undefined) return [];
  return ['-global', `isa-fdc.bootindex${drive.device === 0 ? 'A' : 'B'}=${bootIndex}`];
}

const ahciOf = (port: number): string => `sata${Math.floor(port / PORTS_PER_AHCI)}`;

const STOP_ON_ERROR = { werror: 'stop', rerror: 'stop' };

/** The devices that a drive is to the guest, the one it hangs on first. */
export function devicesOf(drive: ResolvedDrive, chipset: Chipset, boot: { bootindex?: number }): Device[] {
  const { controller, port, device, medium, kind } = drive;
  const id = driveId(drive);
  const base = { id, ...(medium === null ? {} : { drive: id }), ...boot };
  const [ide, scsi] = kind === 'optical' ? ['ide-cd', 'scsi-cd'] : ['ide-hd', 'scsi-hd'];
  switch (controller) {
    case 'ide':
      return [
        { driver: ide, bus: `${chipset === 'q35' ? IDE.id : 'ide'}.${port}`, unit: device, ...base, ...STOP_ON_ERROR },
      ];
    case 'sata':
      return [{ driver: ide, bus: `${ahciOf(port)}.${port % PORTS_PER_AHCI}`, ...base, ...STOP_ON_ERROR }];
    case 'scsi':
      return [{ driver: scsi, bus: 'scsi.0', 'scsi-id': port, ...base, ...STOP_ON_ERROR }];
    case 'virtio':
      return [{ driver: 'virtio-blk-pci', ...base, ...STOP_ON_ERROR }];
    case 'nvme':
      return [{ driver: 'nvme', serial: id, ...base }];
    case 'usb':
      return [
        { driver: USB_BRIDGE, id: `${id}-bridge`, bus: USB_BUS },
        { driver: scsi, bus: `${id}-bridge.0`, 'scsi-id': 0, ...base, ...STOP_ON_ERROR },
      ];
    case 'floppy':
      return [{ driver: 'floppy', unit: device, ...base, ...(medium === null ? { 'drive-type': '144' } : {}) }];
  }
}

/** ATA knows no disk that refuses writes. */
function assertWritable({ controller, kind, medium, controllerName }: ResolvedDrive): void {
  if (kind !== 'disk' || !medium?.isReadOnly || (controller !== 'ide' && controller !== 'sata')) return;
  throw new InnError(
    'INVALID_CONFIG',
    `The disk '${medium.path}' may not be written, but '${controllerName}' needs it.`,
    {
      hint: 'Attach it to a SCSI, VirtIO or NVMe controller instead, or make the file writable.',
      details: { path: medium.path },
    },
  );
}
