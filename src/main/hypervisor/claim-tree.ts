import type { MemoryClaim, ProcessorClaim } from '../../shared/model/resources.ts';
import { sharesOf } from '../../shared/model/resources.ts';
import { type AllocationNode, allocate, type Grant } from './allocation.ts';
import { poolsAround } from './pool-rules.ts';

/** A pool's part in the tree of claims. */
export interface PoolClaims {
  id: string;
  parentId: string | null;
  processor: ProcessorClaim;
  memory: MemoryClaim;
}

/** A machine's part, with what it wants. */
export interface MachineClaims {
  id: string;
  poolId: string | null;
  processor: ProcessorClaim;
  memory: MemoryClaim;
  /** In processors. */
  processorDemand: number;
  /** In whole MiB. */
  memoryDemandMiB: number;
}

export interface ClaimTree {
  pools: readonly PoolClaims[];
  machines: readonly MachineClaims[];
}

/** Divides processors over the tree; grants by id, in processors. */
export function allocateProcessors({ pools, machines }: ClaimTree, processors: number): Map<string, Grant> {
  const nodes: AllocationNode[] = [
    ...pools.map(({ id, parentId, processor }) => poolNode(id, parentId, ofProcessor(processor))),
    ...machines.map(({ id, poolId, processor, processorDemand }) =>
      machineNode(id, poolId, ofProcessor(processor), processorDemand),
    ),
  ];
  return allocate({ capacity: processors, nodes, unit: 'fraction' });
}

/** Divides memory over the tree; grants by id, in whole MiB. */
export function allocateMemory({ pools, machines }: ClaimTree, memoryMiB: number): Map<string, Grant> {
  const nodes: AllocationNode[] = [
    ...pools.map(({ id, parentId, memory }) => poolNode(id, parentId, ofMemory(memory))),
    ...machines.map(({ id, poolId, memory, memoryDemandMiB }) =>
      machineNode(id, poolId, ofMemory(memory), memoryDemandMiB),
    ),
  ];
  return allocate({ capacity: memoryMiB, nodes, unit: 'whole' });
}

/** The least limit of processors on the way from the machine to the host; null when there is none. */
export function leastLimit(byId: ReadonlyMap<string, PoolClaims>, machine: MachineClaims): number | null {
  const claims = [machine, ...poolsAround(byId, machine.poolId)].map(({ processor }) => processor.limit);
  const limits = claims.filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

type Amounts = Pick<AllocationNode, 'reservation' | 'limit' | 'shares'>;

const ofProcessor = ({ reservation, limit, shares }: ProcessorClaim): Amounts => ({
  reservation,
  limit,
  shares: sharesOf(shares),
});

const ofMemory = ({ reservationMiB, limitMiB, shares }: MemoryClaim): Amounts => ({
  reservation: reservationMiB,
  limit: limitMiB,
  shares: sharesOf(shares),
});

const poolNode = (id: string, parentId: string | null, amounts: Amounts): AllocationNode => ({
  ...amounts,
  id,
  parentId,
  kind: 'pool',
  demand: 0,
});

const machineNode = (id: string, parentId: string | null, amounts: Amounts, demand: number): AllocationNode => ({
  ...amounts,
  id,
  parentId,
  kind: 'machine',
  demand,
});
