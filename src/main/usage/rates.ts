import type { MachineId } from '../../shared/model/machine.ts';
import type { MachineUsage } from '../../shared/model/usage.ts';
import type { GuestUsage } from '../engines/engine.ts';
import type { HostCapacity } from '../hypervisor/host-capacity.ts';
import type { HostCounters } from './host-counters.ts';

/** Counters of one session of one machine, as they stood at a moment. */
export interface MachineReading {
  machineId: MachineId;
  /** Names the session: with a new one the counters begin again at zero. */
  session: string;
  usage: GuestUsage;
  startedAtMs: number;
  runtimeFolder: string;
  pid: number;
  /** When it ended: these are its last counters; null while it lasts. */
  endedAtMs: number | null;
}

/** Everything that was read in one tick. */
export interface Reading {
  /** Milliseconds of a clock that never goes back. */
  atMs: number;
  host: HostCounters;
  capacity: HostCapacity;
  machines: MachineReading[];
}

type Counter = Exclude<keyof GuestUsage, 'balloonBytes' | 'guestFreeBytes'>;

/** Growth per second; 0 when a counter went back (a reset of the interface, a new session). */
function rate(now: number, before: number, seconds: number): number {
  return seconds > 0 && now > before ? (now - before) / seconds : 0;
}

export interface HostRates {
  processorUse: number;
  networkInBytesPerSecond: number;
  networkOutBytesPerSecond: number;
}

/** Rates of the host between two readings; zeros without an earlier one. Processor use: 1 = one processor. */
export function hostRates(now: Reading, before: Reading | undefined): HostRates {
  const earlier = before?.host ?? now.host;
  const seconds = (now.atMs - (before?.atMs ?? now.atMs)) / 1000;
  return {
    processorUse: rate(now.host.busySeconds, earlier.busySeconds, seconds),
    networkInBytesPerSecond: rate(now.host.networkInBytes, earlier.networkInBytes, seconds),
    networkOutBytesPerSecond: rate(now.host.networkOutBytes, earlier.networkOutBytes, seconds),
  };
}

/**
 * Rates of each machine of `now`. A machine without an earlier reading of the same session shows zeros: what it used
 * before the first reading belongs to no interval.
 */
export function machineUsages(now: Reading, before: Reading | undefined): MachineUsage[] {
  const seconds = (now.atMs - (before?.atMs ?? now.atMs)) / 1000;
  const earlierOnes = new Map(before?.machines.map((each) => [`${each.machineId} ${each.session}`, each.usage]));
  const online = now.machines.filter(({ endedAtMs }) => endedAtMs === null);
  return online.map(({ machineId, session, usage }) => {
    const earlier = earlierOnes.get(`${machineId} ${session}`);
    const grown = (counter: Counter) => rate(usage[counter], earlier?.[counter] ?? usage[counter], seconds);
    return {
      machineId,
      processorUse: grown('processorSeconds'),
      processorSeconds: usage.processorSeconds,
      memoryPromisedBytes: Math.round(usage.guestMemoryBytes),
      memoryUsedBytes: Math.round(usage.residentBytes),
      memoryBalloonBytes: usage.balloonBytes,
      memoryGuestUsedBytes: guestUsedBytes(usage),
      diskReadBytesPerSecond: grown('diskReadBytes'),
      diskWriteBytesPerSecond: grown('diskWriteBytes'),
      networkInBytesPerSecond: grown('networkInBytes'),
      networkOutBytesPerSecond: grown('networkOutBytes'),
    };
  });
}

/** What the guest has and does not call available. */
function guestUsedBytes({ guestMemoryBytes, balloonBytes, guestFreeBytes }: GuestUsage): number | null {
  if (guestFreeBytes === null) return null;
  return Math.max(0, Math.round((balloonBytes ?? guestMemoryBytes) - guestFreeBytes));
}
