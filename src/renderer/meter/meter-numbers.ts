import { isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { UsageSample } from '../../shared/model/usage.ts';
import { MIB } from '../../shared/units.ts';

/** A resource of the host, split so that `machines + others + free = total`. */
export interface Split {
  total: number;
  machines: number;
  others: number;
  free: number;
}

export interface MeterNumbers {
  /** In processors; `promised` counts virtual processors of online machines. */
  processor: Split & { promised: number };
  /** In bytes; `promised` is guest memory of online machines, `claimable` what they have not taken of it yet. */
  memory: Split & { promised: number; claimable: number };
  storage: Split;
  network: { inBytesPerSecond: number; outBytesPerSecond: number; machinesBytesPerSecond: number };
  /** Machines that are online. */
  online: number;
}

/**
 * Says who uses what. Two instruments measured the host and the machines a moment apart, so that the machines may seem
 * to use more than all: the parts are kept within the total and never below zero.
 */
export function meterNumbers(sample: UsageSample, machines: Iterable<Machine>): MeterNumbers {
  const { host } = sample;
  const sum = (pick: (usage: UsageSample['machines'][number]) => number) =>
    sample.machines.reduce((total, usage) => total + pick(usage), 0);
  const online = [...machines].filter((machine) => isOnline(machine.state));
  const promised = sum((usage) => usage.memoryPromisedBytes);
  const claimable = sum((usage) => Math.max(0, usage.memoryPromisedBytes - usage.memoryUsedBytes));
  return {
    processor: {
      ...split(
        host.processorsTotal,
        sum((usage) => usage.processorUse),
        host.processorsTotal - host.processorUse,
      ),
      promised: online.reduce((total, machine) => total + machine.config.processors.count, 0),
    },
    memory: {
      ...split(
        host.memoryTotalBytes,
        sum((usage) => usage.memoryUsedBytes),
        host.memoryAvailableBytes,
      ),
      promised,
      claimable,
    },
    storage: split(host.storageTotalBytes, host.storageByMachinesBytes, host.storageFreeBytes),
    network: {
      inBytesPerSecond: host.networkInBytesPerSecond,
      outBytesPerSecond: host.networkOutBytesPerSecond,
      machinesBytesPerSecond: sum((usage) => usage.networkInBytesPerSecond + usage.networkOutBytesPerSecond),
    },
    online: online.length,
  };
}

function split(total: number, byMachines: number, free: number): Split {
  const used = Math.max(0, total - Math.max(0, free));
  const machines = Math.min(Math.max(0, byMachines), total);
  const others = Math.max(0, used - machines);
  return { total, machines, others, free: Math.max(0, total - machines - others) };
}

/**
 * How many more machines with this memory would fit, when every online machine takes all that it was promised and the
 * host keeps its share. By memory alone: processors can be shared out further, memory cannot.
 * @param keptPercent of the host's memory, for the host itself
 */
export function roomFor(memoryMiB: number, memory: MeterNumbers['memory'], keptPercent: number): number {
  const left = memory.free - memory.claimable - (memory.total * keptPercent) / 100;
  return Math.max(0, Math.floor(left / (memoryMiB * MIB)));
}

/** `0.4 of 8 processors` needs a number that does not jump about: two digits below ten. */
export function formatProcessors(use: number): string {
  return use >= 10 ? use.toFixed(0) : use.toFixed(1);
}

export function formatPercent(part: number, total: number): string {
  return total <= 0 ? '0 %' : `${Math.round((100 * part) / total)} %`;
}
