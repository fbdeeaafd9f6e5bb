import type { GuestUsage } from '../../engine.ts';
import type { MachineParts } from './machine-parts.ts';

/** What the machine has used since its process began. */
export function sampleUsage({
  spec,
  machine,
  network,
}: Pick<MachineParts, 'spec' | 'machine' | 'network'>): Omit<GuestUsage, 'balloonBytes' | 'guestFreeBytes'> {
  const { user, system } = process.cpuUsage();
  const { readBytes, writtenBytes } = machine.drives.counters();
  return {
    processorSeconds: (user + system) / 1e6,
    guestMemoryBytes: spec.memoryMiB * 1024 ** 2,
    residentBytes: process.memoryUsage.rss(),
    diskReadBytes: readBytes,
    diskWriteBytes: writtenBytes,
    networkInBytes: network?.receivedBytes ?? 0,
    networkOutBytes: network?.sentBytes ?? 0,
  };
}
