import { HostReserve, USUAL_HOST_RESERVE } from '../../shared/model/pool.ts';
import type { SettingKind, SettingTable } from '../db/setting-table.ts';
import type { HostRoom } from '../hypervisor/pool-rules.ts';

/** What is kept for the host itself, as a setting of the whole program. */
export const HOST_RESERVE: SettingKind<HostReserve> = {
  key: 'hostReserve',
  schema: HostReserve,
  usual: USUAL_HOST_RESERVE,
};

/** What machines may use of so much, after the reserve: processors, and whole MiB. */
export function roomAfterReserve(size: HostRoom, reserve: HostReserve): HostRoom {
  return {
    processors: size.processors * (1 - reserve.processorPercent / 100),
    memoryMiB: Math.floor(size.memoryMiB * (1 - reserve.memoryPercent / 100)),
  };
}

/** The reserve as it is set at this moment. */
export const readReserve = (settings: SettingTable): HostReserve => settings.get(HOST_RESERVE);
