import { allocateMemory, allocateProcessors, type ClaimTree } from '../src/main/hypervisor/claim-tree.ts';
import type { Shares } from '../src/shared/model/resources.ts';
import { median, milliseconds, type Row, timesMs } from './measure.ts';

const RUNS = 15;

/** Machines in a tenth as many pools, all wanting more than there is: the allocation that costs most. */
function crowd(count: number): ClaimTree {
  const pools = Array.from({ length: Math.ceil(count / 10) }, (_, index) => ({
    id: `pool ${index}`,
    parentId: index < 10 ? null : `pool ${index % 10}`,
    processor: { reservation: 0.01, limit: null, shares: 'normal' as Shares },
    memory: { reservationMiB: 16, limitMiB: null, shares: 'normal' as Shares },
  }));
  const machines = Array.from({ length: count }, (_, index) => {
    const shares = 1 + ((index * 7919) % 10_007);
    return {
      id: `machine ${index}`,
      poolId: `pool ${index % pools.length}`,
      processor: { reservation: 0.001, limit: 1, shares },
      memory: { reservationMiB: 16, limitMiB: 4096, shares },
      processorDemand: 1,
      memoryDemandMiB: 1024,
    };
  });
  return { pools, machines };
}

/** Time that one allocation of processors and memory takes, as the controller makes one each second. */
export async function benchAllocation(counts: number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of counts) {
    const tree = crowd(count);
    const times = await timesMs(RUNS, async () => {
      allocateProcessors(tree, count / 10);
      allocateMemory(tree, count * 100);
    });
    rows.push({
      what: `allocation for ${count} machines`,
      value: milliseconds(median(times)),
      note: `processors and memory, ${tree.pools.length} pools`,
    });
  }
  return rows;
}
