import { freeSlots } from '../../shared/drive-slots.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import {
  type Attachment,
  CONTROLLER_SLOTS,
  type ControllerType,
  type DriveKind,
  type StorageController,
} from '../../shared/model/storage.ts';

type Storage = readonly StorageController[];

/** Adds a drive in the first free slot; the storage as it was when there is none. */
export function withDrive(
  storage: Storage,
  at: number,
  kind: DriveKind,
  mediumId: MediumId | null,
): StorageController[] {
  return withController(storage, at, (controller) => {
    const [slot] = freeSlots(controller);
    if (slot === undefined) return controller;
    const attachments = [...controller.attachments, { ...slot, kind, mediumId }].sort(bySlot);
    return { ...controller, attachments };
  });
}

export function withoutDrive(storage: Storage, at: number, drive: number): StorageController[] {
  return withController(storage, at, (controller) => ({
    ...controller,
    attachments: controller.attachments.filter((_, index) => index !== drive),
  }));
}

export function withMedium(
  storage: Storage,
  at: number,
  drive: number,
  mediumId: MediumId | null,
): StorageController[] {
  return withController(storage, at, (controller) => ({
    ...controller,
    attachments: controller.attachments.map((each, index) => (index === drive ? { ...each, mediumId } : each)),
  }));
}

export function withoutController(storage: Storage, at: number): StorageController[] {
  return storage.filter((_, index) => index !== at);
}

export function withNewController(storage: Storage, type: ControllerType): StorageController[] {
  return [...storage, { name: CONTROLLER_SLOTS[type].label, type, attachments: [] }];
}

function withController(
  storage: Storage,
  at: number,
  change: (controller: StorageController) => StorageController,
): StorageController[] {
  return storage.map((controller, index) => (index === at ? change(controller) : controller));
}

function bySlot(a: Attachment, b: Attachment): number {
  return a.port - b.port || a.device - b.device;
}
