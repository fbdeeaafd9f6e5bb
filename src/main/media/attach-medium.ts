import { driveKinds, freeSlots, type Slot } from '../../shared/drive-slots.ts';
import { InnError } from '../../shared/errors.ts';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { MediumId, MediumKind } from '../../shared/model/medium.ts';
import type { Attachment, StorageController } from '../../shared/model/storage.ts';

/** Where a medium is wanted; what is absent is chosen. */
export interface WantedSlot {
  /** Name of a controller. */
  controller?: string | undefined;
  port?: number | undefined;
  device?: number | undefined;
}

interface Wanted {
  id: MediumId;
  name: string;
  kind: MediumKind;
}

type Storage = readonly StorageController[];

/**
 * The configuration with the medium attached: a disc goes into an empty drive first, everything else into the first free slot
 * of a controller that takes it. One that is attached already stays where it is.
 * @throws InnError `INVALID_CONFIG` when there is no such slot, or it is taken
 */
export function withAttached(config: MachineConfig, medium: Wanted, wanted: WantedSlot): MachineConfig {
  const isNamed = Object.values(wanted).some((each) => each !== undefined);
  const isThere = config.storage.some(({ attachments }) => attachments.some(({ mediumId }) => mediumId === medium.id));
  if (isThere && !isNamed) return config;
  const controllers = config.storage.filter(
    ({ name, type }) =>
      driveKinds(type).includes(medium.kind) && (wanted.controller === undefined || name === wanted.controller),
  );
  const drive = medium.kind === 'disk' ? undefined : emptyDrive(controllers, medium.kind, wanted);
  if (drive) return replace(config, drive.controller, drive.attachment, { ...drive.attachment, mediumId: medium.id });
  const place = freePlace(controllers, wanted);
  if (!place) throw noPlace(config, medium, wanted);
  const added: Attachment = { ...place.slot, kind: medium.kind, mediumId: medium.id };
  return replace(config, place.controller, undefined, added);
}

/** The configuration without the medium: disks lose their drive, discs and floppies leave theirs empty. */
export function withDetached(config: MachineConfig, id: MediumId): MachineConfig {
  const storage = config.storage.map((controller) => ({
    ...controller,
    attachments: controller.attachments.flatMap((drive) => {
      if (drive.mediumId !== id) return [drive];
      return drive.kind === 'disk' ? [] : [{ ...drive, mediumId: null }];
    }),
  }));
  return { ...config, storage };
}

function emptyDrive(controllers: Storage, kind: MediumKind, wanted: WantedSlot) {
  for (const controller of controllers) {
    const attachment = controller.attachments.find(
      (drive) => drive.kind === kind && drive.mediumId === null && isWanted(drive, wanted),
    );
    if (attachment) return { controller, attachment };
  }
  return undefined;
}

function freePlace(controllers: Storage, wanted: WantedSlot) {
  for (const controller of controllers) {
    const slot = freeSlots(controller).find((each) => isWanted(each, wanted));
    if (slot) return { controller, slot };
  }
  return undefined;
}

const isWanted = (slot: Slot, { port, device }: WantedSlot): boolean =>
  (port === undefined || slot.port === port) && (device === undefined || slot.device === device);

function replace(
  config: MachineConfig,
  at: StorageController,
  old: Attachment | undefined,
  drive: Attachment,
): MachineConfig {
  const attachments = [...at.attachments.filter((each) => each !== old), drive].sort(bySlot);
  return { ...config, storage: config.storage.map((each) => (each === at ? { ...each, attachments } : each)) };
}

const bySlot = (a: Slot, b: Slot): number => a.port - b.port || a.device - b.device;

function noPlace({ name, storage }: MachineConfig, medium: Wanted, wanted: WantedSlot): InnError {
  const { controller, port, device } = wanted;
  const words = [
    controller === undefined ? undefined : `controller '${controller}'`,
    port === undefined ? undefined : `port ${port}`,
    device === undefined ? undefined : `device ${device}`,
  ].filter((each) => each !== undefined);
  const where = words.length === 0 ? 'free slot' : `free slot at ${words.join(', ')}`;
  return new InnError('INVALID_CONFIG', `Cannot attach '${medium.name}' because '${name}' has no ${where} for it.`, {
    hint: 'Detach something, or add a controller in the Storage settings of the machine.',
    details: { mediumId: medium.id, controllers: storage.map((each) => each.name), ...wanted },
  });
}
