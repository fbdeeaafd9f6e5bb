import * as z from 'zod';
import { MachineId } from './machine.ts';
import { IdlePolicy, MemoryClaim, PoolId, ProcessorClaim } from './resources.ts';

/** Pools within pools, the outermost counted: deeper trees are a sign of a mistake. */
export const MAX_POOL_DEPTH = 8;

export const PoolName = z
  .string()
  .trim()
  .min(1, 'A pool needs a name.')
  .max(100, 'A name has at most 100 characters.')
  .refine((name) => !/[\p{Cc}/\\]/u.test(name), 'A name has no slashes and no control characters.');
export type PoolName = z.infer<typeof PoolName>;

/** How much more may be promised to machines that are on than there is to give; null: as much as anybody likes. */
export const Overcommit = z.object({
  /** Virtual processors per processor. */
  processor: z.number().min(1, 'An overcommit ratio is 1 or more.').max(1000).nullable(),
  /** Memory of the guests per memory of the host. */
  memory: z.number().min(1, 'An overcommit ratio is 1 or more.').max(100).nullable(),
});
export type Overcommit = z.infer<typeof Overcommit>;

/** What a person says of a pool. */
export const PoolSettings = z.object({
  name: PoolName,
  processor: ProcessorClaim,
  memory: MemoryClaim,
  overcommit: Overcommit,
  /** For the machines in it that say nothing of their own; null: what the pool around it says. */
  idle: IdlePolicy.nullable(),
});
export type PoolSettings = z.infer<typeof PoolSettings>;

/** A share of the host that machines have in common. Pools form a tree; what is in none belongs to the host itself. */
export const Pool = z.object({
  id: PoolId,
  /** The pool around it; null: the host. */
  parentId: PoolId.nullable(),
  /** Place among its siblings. */
  position: z.int(),
  ...PoolSettings.shape,
});
export type Pool = z.infer<typeof Pool>;

/** A pool that claims nothing and stands equal to all others. */
export const USUAL_POOL: Omit<PoolSettings, 'name'> = {
  processor: { reservation: 0, limit: null, shares: 'normal' },
  memory: { reservationMiB: 0, limitMiB: null, shares: 'normal' },
  overcommit: { processor: null, memory: null },
  idle: null,
};

/** What is kept for the host itself and its other programs, in percent of what there is. */
export const HostReserve = z.object({
  processorPercent: z.number().min(0).max(95),
  memoryPercent: z.number().min(0).max(95),
});
export type HostReserve = z.infer<typeof HostReserve>;

export const USUAL_HOST_RESERVE: HostReserve = { processorPercent: 10, memoryPercent: 10 };

/** What the host can give to machines, and what it has promised. */
export const HostBudget = z.object({
  reserve: HostReserve,
  /** Processors that machines may use, after the reserve. */
  processors: z.number().nonnegative(),
  /** Memory that machines may use, after the reserve. */
  memoryMiB: z.int().nonnegative(),
  /** Virtual processors of the machines that are on. */
  promisedProcessors: z.number().nonnegative(),
  /** Memory of the machines that are on. */
  promisedMemoryMiB: z.int().nonnegative(),
  /** Reserved by pools and machines directly on the host. */
  reservedProcessors: z.number().nonnegative(),
  reservedMemoryMiB: z.int().nonnegative(),
});
export type HostBudget = z.infer<typeof HostBudget>;

/** Why a grant is not more: enough (`demand`), its limit, that of a pool around it, or that others want it, too. */
export const GrantReason = z.enum(['demand', 'limit', 'poolLimit', 'reservation', 'shares']);
export type GrantReason = z.infer<typeof GrantReason>;

/** What one machine or pool is given of processor and memory. */
export const ResourceGrant = z.object({
  processors: z.number().nonnegative(),
  /** What it could use if it were given: its demand within its limit. */
  wantedProcessors: z.number().nonnegative(),
  processorReason: GrantReason,
  memoryMiB: z.int().nonnegative(),
  wantedMemoryMiB: z.int().nonnegative(),
  memoryReason: GrantReason,
});
export type ResourceGrant = z.infer<typeof ResourceGrant>;

/** The present allocation of one machine. */
export const MachineGrant = z.object({
  machineId: MachineId,
  ...ResourceGrant.shape,
  /** What it measurably uses. */
  usedProcessors: z.number().nonnegative(),
  /** The cap that holds now, in percent of one processor per virtual processor; 100: none. */
  capPercent: z.number().min(0).max(100),
  /** What its balloon was told to leave to the guest; null: it has none, or nobody told it anything. */
  memoryTargetMiB: z.int().nonnegative().nullable(),
  /** A sentence. */
  why: z.string(),
});
export type MachineGrant = z.infer<typeof MachineGrant>;

export const PoolGrant = z.object({ poolId: PoolId, ...ResourceGrant.shape });
export type PoolGrant = z.infer<typeof PoolGrant>;

/** The present allocation of the whole host. */
export const Grants = z.object({
  /** Processors that could be given at this moment: the budget, less what other programs use beyond the reserve. */
  processors: z.number().nonnegative(),
  /** Memory that could be given at this moment. */
  memoryMiB: z.int().nonnegative(),
  isProcessorContended: z.boolean(),
  isMemoryContended: z.boolean(),
  machines: z.array(MachineGrant),
  pools: z.array(PoolGrant),
});
export type Grants = z.infer<typeof Grants>;
