import { isOnline } from '../../shared/machine-state.ts';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { Pool } from '../../shared/model/pool.ts';
import type { MemoryClaim, ProcessorClaim } from '../../shared/model/resources.ts';
import type { ClaimNode } from '../hypervisor/pool-rules.ts';
import type { MachineRecord } from '../machines/machine-record.ts';

/** A machine that has a process, or is on its way to have one: its reservations count. */
export const isOn = ({ state, runtime }: MachineRecord): boolean =>
  isOnline(state) || runtime !== null || state === 'Starting' || state === 'Restoring';

/** The most processors that a machine can use: its virtual ones at its own execution cap. */
export const mostProcessors = ({ processors }: MachineConfig): number =>
  (processors.count * processors.capPercent) / 100;

interface Claims {
  processor: ProcessorClaim;
  memory: MemoryClaim;
}

const claims = ({ processor, memory }: Claims): Pick<ClaimNode, 'processor' | 'memory'> => ({
  processor: { reservation: processor.reservation, limit: processor.limit },
  memory: { reservation: memory.reservationMiB, limit: memory.limitMiB },
});

/** A pool as the rules see it. */
export const poolClaimNode = (pool: Pool): ClaimNode => ({
  ...{ id: pool.id, name: pool.name, parentId: pool.parentId, kind: 'pool' },
  ...claims(pool),
});

/** A machine as the rules see it. */
export const machineClaimNode = (id: string, { name, resources }: MachineConfig): ClaimNode => ({
  ...{ id, name, parentId: resources.poolId, kind: 'machine' },
  ...claims(resources),
});
