import type { HostReserve } from '../../shared/model/pool.ts';
import type { HostBudget } from '../hypervisor/admission-balance.ts';
import type { HostCapacity } from '../hypervisor/host-capacity.ts';

/** The host as admission sees it: of what is available, the reserve is never promised to a machine. */
export function hostBudget(capacity: HostCapacity, reserve: HostReserve): Omit<HostBudget, 'memoryOvercommit'> {
  const { memoryTotalBytes, memoryAvailableBytes, processors } = capacity;
  return {
    totalBytes: memoryTotalBytes,
    availableBytes: memoryAvailableBytes,
    reserveBytes: Math.floor((memoryTotalBytes * reserve.memoryPercent) / 100),
    processors,
  };
}
