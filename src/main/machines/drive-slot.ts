import { InnError } from '../../shared/errors.ts';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';

/** Where a drive sits: controller's name, port, device. */
export interface DriveSlot {
  controller: string;
  port: number;
  device: number;
}

/**
 * The configuration with the medium in the optical or floppy drive at the slot; null empties it.
 * @throws InnError `INVALID_CONFIG` when there is no such drive, or it is a disk.
 */
export function withMedium(config: MachineConfig, slot: DriveSlot, mediumId: MediumId | null): MachineConfig {
  const isHere = (drive: { port: number; device: number }) => drive.port === slot.port && drive.device === slot.device;
  const controller = config.storage.find(({ name }) => name === slot.controller);
  const drive = controller?.attachments.find(isHere);
  const place = `port ${slot.port}, device ${slot.device} of '${slot.controller}'`;
  if (!controller || !drive) {
    throw new InnError('INVALID_CONFIG', `'${config.name}' has no drive on ${place}.`, {
      hint: 'Look at the storage settings for the drives that it has.',
      details: { ...slot },
    });
  }
  if (drive.kind === 'disk') {
    throw new InnError('INVALID_CONFIG', `On ${place} of '${config.name}' is a hard disk, not a drive.`, {
      hint: 'Power the machine off and change its storage settings instead.',
      details: { ...slot },
    });
  }
  const attachments = controller.attachments.map((each) => (each === drive ? { ...each, mediumId } : each));
  const storage = config.storage.map((each) => (each === controller ? { ...each, attachments } : each));
  return { ...config, storage };
}
