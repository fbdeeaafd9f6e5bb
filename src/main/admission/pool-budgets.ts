import type { Pool } from '../../shared/model/pool.ts';
import type { PoolId } from '../../shared/model/resources.ts';
import { MIB } from '../../shared/units.ts';
import type { PoolBudget } from '../hypervisor/admission-balance.ts';

/** The pool and those that contain it, nearest first. A pool that is gone counts as the host. */
export function poolChain(pools: readonly Pool[], id: PoolId | null): Pool[] {
  const chain: Pool[] = [];
  for (let at = id; at !== null; ) {
    const pool = pools.find((each) => each.id === at);
    if (!pool || chain.includes(pool)) break;
    chain.push(pool);
    at = pool.parentId;
  }
  return chain;
}

/** What the pools allow. Without an overcommit ratio nothing bars the way in: limits then bind what is used, not what is promised. */
export function poolBudgets(
  pools: readonly Pool[],
  id: PoolId | null,
  host: { totalBytes: number; processors: number },
): PoolBudget[] {
  return poolChain(pools, id).map(({ id: poolId, name, processor, memory, overcommit }) => ({
    id: poolId,
    name,
    memoryLimitBytes:
      overcommit.memory === null ? null : memory.limitMiB === null ? host.totalBytes : memory.limitMiB * MIB,
    memoryOvercommit: overcommit.memory ?? 1,
    processorLimit: overcommit.processor === null ? null : (processor.limit ?? host.processors),
    processorOvercommit: overcommit.processor ?? 1,
  }));
}

/** How far promises of memory may exceed what there is: as the nearest pool with a ratio says; 1 without one. */
export function memoryOvercommitOf(pools: readonly Pool[], id: PoolId | null): number {
  return poolChain(pools, id).find(({ overcommit }) => overcommit.memory !== null)?.overcommit.memory ?? 1;
}
