import type { GuestUsage } from '../../src/main/engines/engine.ts';
import type { MachineReading, Reading } from '../../src/main/usage/rates.ts';
import { MachineId } from '../../src/shared/model/machine.ts';
import { GIB, MIB } from '../../src/shared/units.ts';

export const WEB = MachineId.parse('00000000-0000-4000-8000-000000000001');
export const DATABASE = MachineId.parse('00000000-0000-4000-8000-000000000002');

export const CAPACITY = {
  processors: 2,
  memoryTotalBytes: 8 * GIB,
  memoryAvailableBytes: 4 * GIB,
  storageTotalBytes: 100,
  storageFreeBytes: 50,
};

/** Counters of a machine that has done nothing yet. */
export const guestUsage = (changes: Partial<GuestUsage> = {}): GuestUsage => ({
  processorSeconds: 0,
  guestMemoryBytes: 128 * MIB,
  residentBytes: 150 * MIB,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  networkInBytes: 0,
  networkOutBytes: 0,
  balloonBytes: null,
  guestFreeBytes: null,
  ...changes,
});

export const machineReading = (changes: Partial<MachineReading> = {}): MachineReading => ({
  machineId: WEB,
  session: 'a',
  usage: guestUsage(),
  startedAtMs: 0,
  runtimeFolder: '/nowhere',
  pid: 1,
  endedAtMs: null,
  ...changes,
});

export const reading = (atMs: number, busySeconds: number, machines: MachineReading[] = []): Reading => ({
  atMs,
  host: { busySeconds, networkInBytes: busySeconds * 1000, networkOutBytes: 0 },
  capacity: CAPACITY,
  machines,
});
