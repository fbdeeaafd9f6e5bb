import type { EngineId } from '../../shared/model/engine.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import { ENGINE_OVERHEAD_BYTES } from '../../shared/process-memory.ts';
import { ballooned, countedBytes, type MachineClaim, outstandingBytes } from './admission-claims.ts';

/** What a pool allows, as plain data. */
export interface PoolBudget {
  id: string;
  name: string;
  /** Null: no limit. */
  memoryLimitBytes: number | null;
  /** How many times the limit may be promised; 1 or more. */
  memoryOvercommit: number;
  /** In processors; null: no limit. */
  processorLimit: number | null;
  processorOvercommit: number;
}

export interface HostBudget {
  totalBytes: number;
  /** What new programs could get now. */
  availableBytes: number;
  /** Of the available memory, kept for the host itself. */
  reserveBytes: number;
  processors: number;
  /** How far promises of memory may exceed what there is; 1: not at all. */
  memoryOvercommit: number;
}

export interface AdmissionRequest {
  machineId: MachineId;
  name: string;
  /** `start`: a cold start. `restore`: a start from saved memory, whose size is settled. `grow`: more for one that runs. */
  kind: 'start' | 'restore' | 'grow';
  memoryBytes: number;
  /** Below this it is not worth starting. */
  leastMemoryBytes: number;
  engine: EngineId;
  processors: number;
  /** The machine's pool and those that contain it, nearest first. */
  pools: readonly PoolBudget[];
  host: HostBudget;
  /** Of the file system that holds the machine; null: not known. */
  storage: { freeBytes: number; promisedBytes: number } | null;
  /** The machines that are online or on their way there. */
  others: readonly MachineClaim[];
}

export interface PoolBalance {
  pool: PoolBudget;
  promisedBytes: number;
  promisedProcessors: number;
  /** What is lacking; 0 when it fits. */
  shortBytes: number;
  shortProcessors: number;
}

export interface Balance {
  overheadBytes: number;
  promisedToOthersBytes: number;
  /** What the host lacks to keep every promise. */
  shortOfPromisesBytes: number;
  /** What the host lacks when promises are overcommitted as far as is allowed; never more than the above. */
  shortBytes: number;
  pools: PoolBalance[];
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** Weighs what the machine asks for against what host and pools have left. Pure; sizes in bytes. O(pools × others). */
export function weigh(request: AdmissionRequest): Balance {
  const { host, others, memoryBytes } = request;
  const overheadBytes = request.kind === 'grow' ? 0 : ENGINE_OVERHEAD_BYTES[request.engine];
  const left = Math.max(0, host.availableBytes - host.reserveBytes) - memoryBytes - overheadBytes;
  const promisedToOthersBytes = sum(others.map(outstandingBytes));
  const countedOfOthers = sum(others.map((claim) => countedBytes(claim, host.memoryOvercommit)));
  return {
    overheadBytes,
    promisedToOthersBytes,
    shortOfPromisesBytes: Math.max(0, promisedToOthersBytes - left),
    shortBytes: Math.max(0, Math.ceil(countedOfOthers - left)),
    pools: request.pools.map((pool) => weighPool(request, pool)),
  };
}

function weighPool({ others, memoryBytes, processors }: AdmissionRequest, pool: PoolBudget): PoolBalance {
  const members = others.filter(({ poolIds }) => poolIds.includes(pool.id));
  const promisedBytes = sum(members.map((claim) => claim.promisedBytes));
  const promisedProcessors = sum(members.map((claim) => claim.processors));
  const memory = (pool.memoryLimitBytes ?? Number.POSITIVE_INFINITY) * pool.memoryOvercommit;
  const processorsInAll = (pool.processorLimit ?? Number.POSITIVE_INFINITY) * pool.processorOvercommit;
  return {
    pool,
    promisedBytes,
    promisedProcessors,
    shortBytes: memoryBytes === 0 ? 0 : Math.max(0, Math.ceil(promisedBytes + memoryBytes - memory)),
    shortProcessors: processors === 0 ? 0 : Math.max(0, promisedProcessors + processors - processorsInAll),
  };
}

/** Whether the host and every pool have room for it. */
export function fits(request: AdmissionRequest): boolean {
  const { shortBytes, pools } = weigh(request);
  return shortBytes === 0 && pools.every((each) => each.shortBytes === 0 && each.shortProcessors === 0);
}

/** The request when these machines were saved: what they held is available, what they were promised is free. */
export function afterSaving(request: AdmissionRequest, ids: ReadonlySet<MachineId>): AdmissionRequest {
  const saved = request.others.filter(({ machineId }) => ids.has(machineId));
  const others = request.others.filter(({ machineId }) => !ids.has(machineId));
  return withAvailable({ ...request, others }, sum(saved.map(({ residentBytes }) => residentBytes)));
}

/** The request when balloons have left these machines so much, in bytes. */
export function afterBallooning(request: AdmissionRequest, targets: ReadonlyMap<MachineId, number>): AdmissionRequest {
  const others = request.others.map((claim) => ballooned(claim, targets.get(claim.machineId) ?? claim.promisedBytes));
  const held = (claims: readonly MachineClaim[]) => sum(claims.map(({ residentBytes }) => residentBytes));
  return withAvailable({ ...request, others }, held(request.others) - held(others));
}

function withAvailable(request: AdmissionRequest, moreBytes: number): AdmissionRequest {
  const { host } = request;
  return { ...request, host: { ...host, availableBytes: host.availableBytes + moreBytes } };
}
