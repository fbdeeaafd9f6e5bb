import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Pool } from '../../shared/model/pool.ts';
import type { PoolId } from '../../shared/model/resources.ts';

/** One line of the pool tree, from the host down. `level` begins at 1. */
export type PoolRow =
  | { kind: 'host'; key: 'host'; level: 1; poolId: null; hasChildren: boolean }
  | { kind: 'pool'; key: PoolId; level: number; poolId: PoolId; pool: Pool; hasChildren: boolean }
  | { kind: 'machine'; key: MachineId; level: number; poolId: PoolId | null; machine: Machine };

/** Pools by position before machines by name; what is in a collapsed pool is left out. */
export function poolRows(
  pools: Iterable<Pool>,
  machines: Iterable<Machine>,
  collapsed: ReadonlySet<string> = new Set(),
): PoolRow[] {
  const known = [...pools].sort((a, b) => a.position - b.position || a.name.localeCompare(b.name));
  const ids = new Set(known.map(({ id }) => id));
  const all = [...machines].sort((a, b) => a.config.name.localeCompare(b.config.name));
  const poolOf = ({ config }: Machine) => {
    const { poolId } = config.resources;
    return poolId !== null && ids.has(poolId) ? poolId : null;
  };
  const below = (poolId: PoolId | null, level: number): PoolRow[] => [
    ...known.filter(({ parentId }) => parentId === poolId).flatMap((pool) => poolAndBelow(pool, level)),
    ...all
      .filter((machine) => poolOf(machine) === poolId)
      .map((machine) => ({ kind: 'machine' as const, key: machine.id, level, poolId, machine })),
  ];
  const poolAndBelow = (pool: Pool, level: number): PoolRow[] => {
    const children = below(pool.id, level + 1);
    const row: PoolRow = {
      kind: 'pool',
      key: pool.id,
      level,
      poolId: pool.id,
      pool,
      hasChildren: children.length > 0,
    };
    return collapsed.has(pool.id) ? [row] : [row, ...children];
  };
  const children = below(null, 2);
  return [{ kind: 'host', key: 'host', level: 1, poolId: null, hasChildren: children.length > 0 }, ...children];
}

/** Whether `inner` lies in `outer`, or is it: a pool cannot be moved there. */
export function isWithin(pools: ReadonlyMap<PoolId, Pool>, inner: PoolId | null, outer: PoolId): boolean {
  for (let at = inner; at !== null; at = pools.get(at)?.parentId ?? null) if (at === outer) return true;
  return false;
}
