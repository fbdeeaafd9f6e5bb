import type { MachineConfig } from '../../../../shared/model/machine.ts';
import { osTypeOf } from '../../../../shared/os-types.ts';
import { type CommandPart, type CommandPlan, jsonOption, part } from './part.ts';

/** Devices that can be added to a running machine with a PCI Express board; the older board has a whole bus for them. */
export const EXPRESS_SLOTS = 4;
/** Up to so many processors can be plugged into a running machine. */
const PROCESSOR_SLOTS = 8;

/** Addresses that the firmware keeps free behind each slot, in bytes: not every guest finds room for a device by itself. */
const ROOM = { 'io-reserve': 4096, 'mem-reserve': 4 * 1024 ** 2, 'pref32-reserve': 4 * 1024 ** 2 };

/** Name of a root port, and of the bus behind it. */
export const expressSlot = (number: number): string => `hotplug${number}`;
export const isExpressSlot = (id: string): boolean => /^hotplug\d+$/.test(id);

/** Ports for devices to come: on PCI Express only a port of its own takes a device while the machine runs. */
export function hotplugSlotsPart({ spec, installation: { devices } }: CommandPlan): CommandPart {
  const isExpress = spec.config.motherboard.chipset === 'q35' && devices.has('pcie-root-port');
  const numbers = isExpress ? Array.from({ length: EXPRESS_SLOTS }, (_, index) => index) : [];
  return part(
    'hot-plug slots',
    ...numbers.flatMap((number) =>
      jsonOption('-device', {
        ...{ driver: 'pcie-root-port', id: expressSlot(number), bus: 'pcie.0' },
        ...{ chassis: number + 1, slot: number + 1 },
        ...ROOM,
      }),
    ),
  );
}

/** Places for processors on the board; as many as there are processors for guests that cannot take more while they run. */
export function processorSlots({
  osType,
  processors: { count },
}: Pick<MachineConfig, 'osType' | 'processors'>): number {
  return osTypeOf(osType).family === 'linux' ? Math.max(count, PROCESSOR_SLOTS) : count;
}
