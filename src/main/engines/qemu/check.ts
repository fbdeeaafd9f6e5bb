import type { EngineCapabilities } from '../../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../../shared/model/machine.ts';
import { CONTROLLER_SLOTS, type StorageController } from '../../../shared/model/storage.ts';
import { formatMiB } from '../../../shared/units.ts';
import { checkBoard } from './check-board.ts';
import { EXPRESS_SLOTS } from './command-line/hotplug-slots.ts';
import { FRAMES_VERSION, type Installation, isAtLeast, printVersion } from './installation.ts';

const error = (field: string, message: string): Issue => ({ severity: 'error', field, message });
const warning = (field: string, message: string): Issue => ({ severity: 'warning', field, message });

const PCI_SLOTS = 32;
/** Slots of the PCI bus that chipset, display, USB and what guests need of virtio take for themselves. */
const PCI_SLOTS_TAKEN = 7;

/**
 * Why QEMU cannot run this configuration, field by field. Pure.
 * @param installation undefined: none was found; then only what no QEMU can is refused
 */
export function checkQemu(
  config: MachineConfig,
  can: EngineCapabilities,
  installation: Installation | undefined,
): Issue[] {
  return [
    ...checkMemory(config, can),
    ...config.storage.flatMap((controller, index) => checkController(controller, index, can)),
    ...checkPciSlots(config),
    ...checkAdapters(config, can, installation),
    ...checkBoard(config, can),
  ];
}

function checkMemory({ memoryMiB }: MachineConfig, can: EngineCapabilities): Issue[] {
  if (memoryMiB >= can.minMemoryMiB) return [];
  return [error('memoryMiB', `A machine needs at least ${formatMiB(can.minMemoryMiB)} of memory.`)];
}

function checkController({ type, attachments }: StorageController, index: number, can: EngineCapabilities): Issue[] {
  const { label } = CONTROLLER_SLOTS[type];
  if (!can.controllers.includes(type)) {
    return [error(`storage.${index}.type`, `The QEMU on this computer has no ${label} controller.`)];
  }
  if (type !== 'nvme' || attachments.length === 0) return [];
  return [
    warning(
      `storage.${index}.type`,
      'QEMU cannot save the state of a machine with NVMe disks, nor take it into a snapshot: use VirtIO or SCSI for that.',
    ),
  ];
}

/** Each VirtIO or NVMe disk is a PCI device of its own, as each adapter is. */
function checkPciSlots({ storage, adapters, motherboard, audio }: MachineConfig): Issue[] {
  const slots = storage.map(({ type, attachments }) => {
    if (type === 'virtio' || type === 'nvme') return attachments.length;
    if (type === 'sata') return new Set(attachments.map(({ port }) => Math.floor(port / 6))).size;
    return type === 'scsi' ? 1 : 0;
  });
  const hasIde = motherboard.chipset === 'q35' && storage.some(({ type }) => type === 'ide');
  const cards = [hasIde, motherboard.watchdog !== 'none', audio.card === 'hda' || audio.card === 'ac97'];
  const others = adapters.length + cards.filter(Boolean).length;
  const needed = slots.reduce((sum, count) => sum + count, others);
  const forPlugging = motherboard.chipset === 'q35' ? EXPRESS_SLOTS : 0;
  const free = PCI_SLOTS - PCI_SLOTS_TAKEN - forPlugging;
  if (needed <= free) return [];
  const message = `The machine needs ${needed} places for PCI devices and has ${free}: use SCSI for so many disks.`;
  return [error('storage', message)];
}

function checkAdapters(
  { adapters }: MachineConfig,
  can: EngineCapabilities,
  installation: Installation | undefined,
): Issue[] {
  return adapters.flatMap(({ model }, index) => {
    if (!can.adapterModels.includes(model)) {
      return [error(`adapters.${index}.model`, `The QEMU on this computer has no ${model} network adapter.`)];
    }
    if (installation === undefined) return [];
    const { version } = installation;
    if (isAtLeast(version, FRAMES_VERSION)) return [];
    const needed = `QEMU ${printVersion(FRAMES_VERSION)}`;
    const message = `Network adapters need ${needed} or newer; this one is ${printVersion(version)}.`;
    return [error(`adapters.${index}.mode`, message)];
  });
}
