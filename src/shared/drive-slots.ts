import { CONTROLLER_SLOTS, type ControllerType, type DriveKind, type StorageController } from './model/storage.ts';

/** Where a drive sits on its controller. */
export interface Slot {
  port: number;
  device: number;
}

/** Every slot of the controller that has no drive, in the order in which they are filled. */
export function freeSlots({ type, attachments }: StorageController): Slot[] {
  const { ports, devicesPerPort } = CONTROLLER_SLOTS[type];
  const all = Array.from({ length: ports * devicesPerPort }, (_, index) => ({
    port: Math.floor(index / devicesPerPort),
    device: index % devicesPerPort,
  }));
  return all.filter((slot) => !attachments.some((each) => each.port === slot.port && each.device === slot.device));
}

/** The kinds of drive that a controller takes. */
export function driveKinds(type: ControllerType): DriveKind[] {
  if (type === 'floppy') return ['floppy'];
  return type === 'virtio' || type === 'nvme' ? ['disk'] : ['disk', 'optical'];
}
