import type { Ability } from '../../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../../shared/model/machine.ts';
import type { AdapterModel } from '../../../shared/model/network.ts';
import { type Attachment, CONTROLLER_SLOTS, type StorageController } from '../../../shared/model/storage.ts';
import { osTypeOf } from '../../../shared/os-types.ts';
import { formatMiB } from '../../../shared/units.ts';
import { EMBEDDED_CAPABILITIES as CAN, MIN_KERNEL_BOOT_MEMORY_MIB } from './capabilities.ts';

const error = (field: string, message: string): Issue => ({ severity: 'error', field, message });
const warning = (field: string, message: string): Issue => ({ severity: 'warning', field, message });

/** Why the embedded engine cannot run this configuration, field by field. Pure. */
export function checkEmbedded(config: MachineConfig): Issue[] {
  return [
    ...checkOsType(config),
    ...checkProcessors(config),
    ...checkMemory(config),
    ...checkBootOrder(config),
    ...checkStorage(config.storage),
    ...checkAdapters(config),
    ...checkBoard(config),
  ];
}

/** A machine that cannot start without it is refused; one that only misses something is told so. */
function checkBoard({ motherboard, audio }: MachineConfig): Issue[] {
  const { chipset, firmware, hasTpm, watchdog } = motherboard;
  return [
    ...(firmware === 'uefi' ? [error('motherboard.firmware', reasonOf(CAN.uefi))] : []),
    ...(hasTpm ? [error('motherboard.hasTpm', reasonOf(CAN.tpm))] : []),
    ...(CAN.chipsets.includes(chipset)
      ? []
      : [error('motherboard.chipset', 'The embedded engine has the chipset i440FX only. Choose it, or QEMU.')]),
    ...(watchdog === 'none' ? [] : [warning('motherboard.watchdog', reasonOf(CAN.watchdog))]),
    ...(CAN.audioCards.includes(audio.card)
      ? []
      : [warning('audio.card', 'The embedded engine has no sound card: the guest will not find one.')]),
  ];
}

const reasonOf = ({ reason }: Ability): string => reason ?? 'The embedded engine cannot do that.';

function checkOsType({ osType }: MachineConfig): Issue[] {
  const { label, architecture } = osTypeOf(osType);
  if (CAN.architectures.includes(architecture)) return [];
  return [error('osType', `${label} needs a 64-bit processor, but the embedded engine has a 32-bit one.`)];
}

function checkProcessors({ processors }: MachineConfig): Issue[] {
  if (processors.count <= CAN.maxProcessors) return [];
  return [error('processors.count', 'The embedded engine has one virtual processor.')];
}

function checkMemory({ memoryMiB, kernelBoot }: MachineConfig): Issue[] {
  if (memoryMiB > CAN.maxMemoryMiB) {
    const most = formatMiB(CAN.maxMemoryMiB);
    return [error('memoryMiB', `The embedded engine gives a machine ${most} of memory at most.`)];
  }
  if (memoryMiB < CAN.minMemoryMiB) {
    return [error('memoryMiB', `A machine needs at least ${formatMiB(CAN.minMemoryMiB)} of memory.`)];
  }
  if (kernelBoot !== null && memoryMiB < MIN_KERNEL_BOOT_MEMORY_MIB) {
    const least = formatMiB(MIN_KERNEL_BOOT_MEMORY_MIB);
    return [error('memoryMiB', `A kernel that is started directly needs at least ${least} of memory.`)];
  }
  return [];
}

function checkBootOrder({ bootOrder, kernelBoot }: MachineConfig): Issue[] {
  if (kernelBoot !== null || !bootOrder.includes('network')) return [];
  return [warning('bootOrder', 'The embedded engine cannot boot from the network and goes on to the next device.')];
}

function checkStorage(storage: StorageController[]): Issue[] {
  return storage.flatMap((controller, index) => {
    const field = `storage.${index}`;
    if (!CAN.controllers.includes(controller.type)) {
      const { label } = CONTROLLER_SLOTS[controller.type];
      return [
        error(`${field}.type`, `The embedded engine has IDE and floppy controllers, but no ${label} controller.`),
      ];
    }
    if (storage.findIndex(({ type }) => type === controller.type) !== index) {
      const { label } = CONTROLLER_SLOTS[controller.type];
      return [error(`${field}.type`, `The embedded engine has one ${label} controller, and this is another one.`)];
    }
    return controller.attachments.flatMap((attachment, place) =>
      checkAttachment(controller, attachment, `${field}.attachments.${place}`),
    );
  });
}

function checkAttachment({ name, type }: StorageController, attachment: Attachment, field: string): Issue[] {
  const { port, device, kind } = attachment;
  const { ports, devicesPerPort, label } = CONTROLLER_SLOTS[type];
  if (port >= ports || device >= devicesPerPort) {
    return [error(field, `Controller '${name}' has no place for a drive at port ${port}, device ${device}.`)];
  }
  if ((type === 'floppy') === (kind === 'floppy')) return [];
  const what = { disk: 'A hard disk', optical: 'An optical drive', floppy: 'A floppy drive' }[kind];
  return [error(field, `${what} cannot be attached to the ${label} controller '${name}'.`)];
}

const MODEL_NAMES: Record<AdapterModel, string> = {
  auto: 'automatic',
  virtio: 'virtio',
  e1000: 'Intel e1000',
  ne2000: 'NE2000',
  pcnet: 'PCnet',
};

function checkAdapters({ adapters }: MachineConfig): Issue[] {
  return adapters.flatMap(({ model }, index) => {
    const field = `adapters.${index}`;
    if (index >= CAN.maxAdapters) return [error(field, 'The embedded engine has one network adapter.')];
    if (CAN.adapterModels.includes(model)) return [];
    const message = `The embedded engine has virtio and NE2000 network adapters, but no ${MODEL_NAMES[model]} adapter.`;
    return [error(`${field}.model`, message)];
  });
}
