import * as z from 'zod';
import { MediumId } from './medium.ts';

export const ControllerType = z.enum(['ide', 'sata', 'scsi', 'virtio', 'nvme', 'usb', 'floppy']);
export type ControllerType = z.infer<typeof ControllerType>;

/** Their disks can come and go while a machine runs, where its engine can do that at all. */
export const HOT_PLUG_CONTROLLERS: ReadonlySet<ControllerType> = new Set(['virtio', 'scsi']);

export const DriveKind = z.enum(['disk', 'optical', 'floppy']);
export type DriveKind = z.infer<typeof DriveKind>;

/** One drive on a controller. An optical or floppy drive may be empty (`mediumId` null); a disk may not. */
export const Attachment = z.object({
  port: z.int().min(0).max(255),
  device: z.int().min(0).max(1),
  kind: DriveKind,
  mediumId: MediumId.nullable(),
});
export type Attachment = z.infer<typeof Attachment>;

export const StorageController = z.object({
  name: z.string().min(1).max(50),
  type: ControllerType,
  attachments: z.array(Attachment),
});
export type StorageController = z.infer<typeof StorageController>;

/** Ports and devices per port of each controller type (field guide §2.6). */
export const CONTROLLER_SLOTS: Record<ControllerType, { ports: number; devicesPerPort: number; label: string }> = {
  ide: { ports: 2, devicesPerPort: 2, label: 'IDE' },
  sata: { ports: 30, devicesPerPort: 1, label: 'SATA' },
  scsi: { ports: 16, devicesPerPort: 1, label: 'SCSI' },
  virtio: { ports: 256, devicesPerPort: 1, label: 'VirtIO' },
  nvme: { ports: 255, devicesPerPort: 1, label: 'NVMe' },
  usb: { ports: 8, devicesPerPort: 1, label: 'USB' },
  floppy: { ports: 1, devicesPerPort: 2, label: 'Floppy' },
};
