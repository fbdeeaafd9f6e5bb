import type { MachineConfig } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import {
  type Attachment,
  type ControllerType,
  HOT_PLUG_CONTROLLERS,
  type StorageController,
} from '../../shared/model/storage.ts';

export interface PluggableDisk {
  controller: StorageController;
  attachment: Attachment;
  /** What makes it this disk and no other. */
  place: { type: ControllerType; port: number; device: number; mediumId: string };
}

export function pluggableDisks({ storage }: Pick<MachineConfig, 'storage'>): PluggableDisk[] {
  return storage.flatMap((controller) =>
    controller.attachments.flatMap((attachment) => {
      const { port, device, mediumId } = attachment;
      if (!isPluggable(controller, attachment) || mediumId === null) return [];
      return [{ controller, attachment, place: { type: controller.type, port, device, mediumId } }];
    }),
  );
}

/** Controllers and drives that stay as they are while a machine runs. A controller for such disks alone comes with them. */
export function fixedStorage(storage: MachineConfig['storage']): MachineConfig['storage'] {
  return storage.flatMap((controller) => {
    const attachments = controller.attachments.filter((each) => !isPluggable(controller, each));
    return attachments.length === 0 && HOT_PLUG_CONTROLLERS.has(controller.type)
      ? []
      : [{ ...controller, attachments }];
  });
}

/** What of an adapter the guest sees as a card: with another one, another card comes. */
export function identityOf(adapter: NetworkAdapter | undefined): object | undefined {
  return adapter && { model: adapter.model, macAddress: adapter.macAddress };
}

function isPluggable({ type }: StorageController, { kind, mediumId }: Attachment): boolean {
  return HOT_PLUG_CONTROLLERS.has(type) && kind === 'disk' && mediumId !== null;
}
