import type { Machine } from '../../../shared/model/machine.ts';
import type { Grants, HostBudget, Pool, ResourceGrant } from '../../../shared/model/pool.ts';
import type { MemoryClaim, ProcessorClaim } from '../../../shared/model/resources.ts';
import { formatMiB } from '../../../shared/units.ts';
import { fields, table } from '../command-parts/print.ts';

const number = (value: number): string => String(Number(value.toFixed(2)));

/** `0.5 reserved, 2 at most, high`. */
export function processorWords({ reservation, limit, shares }: ProcessorClaim): string {
  return claimWords(reservation === 0 ? null : number(reservation), limit === null ? null : number(limit), shares);
}

export function memoryWords({ reservationMiB, limitMiB, shares }: MemoryClaim): string {
  const reserved = reservationMiB === 0 ? null : formatMiB(reservationMiB);
  return claimWords(reserved, limitMiB === null ? null : formatMiB(limitMiB), shares);
}

function claimWords(reserved: string | null, limit: string | null, shares: string | number): string {
  return [...(reserved ? [`${reserved} reserved`] : []), ...(limit ? [`${limit} at most`] : []), `${shares}`].join(
    ', ',
  );
}

const nowWords = (grant: ResourceGrant | undefined): string =>
  grant ? `${number(grant.processors)} of ${number(grant.wantedProcessors)} CPUs` : '';

/** The tree of pools with the machines in them, and what each has at this moment. */
export function poolTree(pools: Pool[], machines: Machine[], grants: Grants): string[] {
  const ofPool = (id: string) => grants.pools.find(({ poolId }) => poolId === id);
  const ofMachine = (id: string) => grants.machines.find(({ machineId }) => machineId === id);
  const known = new Set(pools.map(({ id }) => id));
  const rows = (parentId: Pool['id'] | null, depth: number): string[][] => [
    ...pools
      .filter((pool) => pool.parentId === parentId)
      .flatMap((pool) => [
        [`${'  '.repeat(depth)}${pool.name}/`, ...claimCells(pool), nowWords(ofPool(pool.id)), pool.id],
        ...rows(pool.id, depth + 1),
      ]),
    ...machines
      .filter(({ config: { resources } }) => holder(resources.poolId) === parentId)
      .map(({ id, config: { name, resources } }) => [
        `${'  '.repeat(depth)}${name}`,
        ...claimCells(resources),
        nowWords(ofMachine(id)),
        id,
      ]),
  ];
  const holder = (id: Pool['id'] | null) => (id !== null && known.has(id) ? id : null);
  const all = rows(null, 0);
  return all.length === 0
    ? ['No pools and no machines yet.']
    : table(['NAME', 'PROCESSORS', 'MEMORY', 'NOW', 'ID'], all);
}

const claimCells = ({ processor, memory }: { processor: ProcessorClaim; memory: MemoryClaim }): string[] => [
  processorWords(processor),
  memoryWords(memory),
];

export function poolFields(pool: Pool): string[] {
  const ratio = (value: number | null) => (value === null ? 'as many as anybody likes' : `${number(value)} : 1`);
  return fields([
    ['Pool', pool.name],
    ['Id', pool.id],
    ['Processors', processorWords(pool.processor)],
    ['Memory', memoryWords(pool.memory)],
    ['Promised processors', ratio(pool.overcommit.processor)],
    ['Promised memory', ratio(pool.overcommit.memory)],
  ]);
}

/** What the host can give, keeps, and has promised. */
export function budgetFields(budget: HostBudget): string[] {
  const { reserve } = budget;
  return fields([
    ['For machines', `${number(budget.processors)} processors and ${formatMiB(budget.memoryMiB)} of memory`],
    [
      'Kept for host',
      `${number(reserve.processorPercent)} % of processors, ${number(reserve.memoryPercent)} % of memory`,
    ],
    ['Promised', `${budget.promisedProcessors} virtual processors, ${formatMiB(budget.promisedMemoryMiB)} of memory`],
    ['Reserved', `${number(budget.reservedProcessors)} processors, ${formatMiB(budget.reservedMemoryMiB)} of memory`],
  ]);
}
