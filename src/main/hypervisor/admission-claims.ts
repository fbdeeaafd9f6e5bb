import type { EngineId } from '../../shared/model/engine.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import { ENGINE_OVERHEAD_BYTES } from '../../shared/process-memory.ts';

/** A machine that is online, or on its way there, and what it holds and may still come to hold. */
export interface MachineClaim {
  machineId: MachineId;
  name: string;
  engine: EngineId;
  /** Memory that the guest may touch now, in bytes: all of its own, less what its balloon holds. */
  promisedBytes: number;
  /** What its process holds already, in bytes; this part is no longer in the host's available memory. */
  residentBytes: number;
  /** The most that its process was seen to hold in ordinary use, in bytes; null: not known. */
  typicalBytes: number | null;
  /** How little its balloon may leave it, in bytes; null: it has no balloon, or says too little to use it. */
  leastBytes: number | null;
  processors: number;
  /** The pool it is in and those that contain it. */
  poolIds: readonly string[];
  canSave: boolean;
  /** ISO 8601. */
  lastUsedAt: string;
}

/** What the machine may still come to hold, in bytes: its promise and its engine's overhead, less what it holds. */
export function outstandingBytes({ promisedBytes, residentBytes, engine }: MachineClaim): number {
  return Math.max(0, promisedBytes + ENGINE_OVERHEAD_BYTES[engine] - residentBytes);
}

/**
 * The part of what is outstanding that has to be kept ready, in bytes, when promises may exceed what there is by
 * `overcommit` (1: not at all). Never less than the machine is known to use, and all of it when that is not known.
 */
export function countedBytes(claim: MachineClaim, overcommit: number): number {
  const outstanding = outstandingBytes(claim);
  if (claim.typicalBytes === null || overcommit <= 1) return outstanding;
  const stillUsed = Math.max(0, claim.typicalBytes - claim.residentBytes);
  return Math.min(outstanding, Math.max(outstanding / overcommit, stillUsed));
}

/**
 * The claim when the balloon has left the guest `targetBytes`. Its process holds no more than it may then, unless it
 * held too much before: of that, only what the balloon took is given back.
 */
export function ballooned(claim: MachineClaim, targetBytes: number): MachineClaim {
  const gives = Math.max(0, claim.promisedBytes - targetBytes);
  const most = Math.max(targetBytes + ENGINE_OVERHEAD_BYTES[claim.engine], claim.residentBytes - gives);
  return {
    ...claim,
    promisedBytes: claim.promisedBytes - gives,
    residentBytes: Math.min(claim.residentBytes, most),
    typicalBytes: claim.typicalBytes === null ? null : Math.min(claim.typicalBytes, most),
  };
}
