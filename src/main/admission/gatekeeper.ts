import { InnError } from '../../shared/errors.ts';
import { leastMemoryMiB } from '../../shared/least-memory.ts';
import type { AdmissionReport } from '../../shared/model/admission.ts';
import type { EngineId, EngineInfo } from '../../shared/model/engine.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { PoolId } from '../../shared/model/resources.ts';
import { MIB } from '../../shared/units.ts';
import type { GuestUsage } from '../engines/engine.ts';
import { admit } from '../hypervisor/admission.ts';
import type { AdmissionRequest, HostBudget, PoolBudget } from '../hypervisor/admission-balance.ts';
import type { MachineClaim } from '../hypervisor/admission-claims.ts';
import { refusalHint, refusalMessage } from '../hypervisor/admission-words.ts';
import type { MachineRecord } from '../machines/machine-record.ts';
import type { StorageRoom } from './storage-room.ts';

/** A machine that wants in, or that runs and wants more. */
export interface Candidate {
  record: MachineRecord;
  engine: EngineId;
  kind: AdmissionRequest['kind'];
  /** What it wants; for `grow`, how much more. */
  memoryMiB: number;
  processors: number;
}

/** A machine that has a process, or will have one in a moment. */
export interface OnlineMachine {
  record: MachineRecord;
  engine: EngineId;
  /** Undefined: it has none yet, or does not answer. */
  usage: GuestUsage | undefined;
}

export interface Judgement {
  report: AdmissionReport;
  /** What a start would fail with; null when it is admitted. */
  refusal: InnError | null;
}

/** Answers whether the candidate can be let in beside those that are online. Changes nothing. */
export type Judge = (candidate: Candidate, online: readonly OnlineMachine[]) => Promise<Judgement>;

export interface GatekeeperDeps {
  host(): Promise<Omit<HostBudget, 'memoryOvercommit'>>;
  /** The pool and those that contain it, nearest first, in a host of this size. */
  poolsOf(id: PoolId | null, host: { totalBytes: number; processors: number }): PoolBudget[];
  /** How far promises to machines of this pool may exceed what the host has; 1: not at all. */
  memoryOvercommitOf(id: PoolId | null): number;
  engines(): readonly EngineInfo[];
  /** The most that the machine was seen to hold in ordinary use, in bytes; null: not known. */
  typicalBytes(id: MachineId): number | null;
  /** When somebody last used it, ISO 8601. */
  lastUsedAt(record: MachineRecord): string;
  storage: StorageRoom;
}

/** Puts what is measured into plain data and asks the model. */
export function createGatekeeper(deps: GatekeeperDeps): Judge {
  return async (candidate, online) => {
    const { record } = candidate;
    const { poolId } = record.config.resources;
    const [host, storage] = await Promise.all([
      deps.host(),
      deps.storage(record, [record, ...online.map((each) => each.record)]),
    ]);
    const request: AdmissionRequest = {
      machineId: record.id,
      name: record.config.name,
      kind: candidate.kind,
      memoryBytes: candidate.memoryMiB * MIB,
      leastMemoryBytes: leastMemoryMiB(record.config.osType) * MIB,
      engine: candidate.engine,
      processors: candidate.processors,
      pools: deps.poolsOf(poolId, host),
      host: { ...host, memoryOvercommit: deps.memoryOvercommitOf(poolId) },
      storage,
      others: online.map((each) => claimOf(deps, each, host)),
    };
    return judgementOf(request);
  };
}

function judgementOf(request: AdmissionRequest): Judgement {
  const report = admit(request);
  if (report.verdict !== 'refused') return { report, refusal: null };
  const isOfHost = report.reasons.some(({ kind }) => kind === 'hostMemory');
  const refusal = new InnError(isOfHost ? 'HOST_MEMORY_SHORT' : 'POOL_FULL', refusalMessage(request, report), {
    hint: refusalHint(request, report),
    details: { ...report },
  });
  return { report, refusal };
}

function claimOf(
  deps: GatekeeperDeps,
  { record, engine, usage }: OnlineMachine,
  host: { totalBytes: number; processors: number },
): MachineClaim {
  const { id, config, state, isDisposable } = record;
  const can = deps.engines().find((info) => info.id === engine)?.capabilities;
  const isStill = state === 'Running' || state === 'Paused';
  return {
    machineId: id,
    name: config.name,
    engine,
    promisedBytes: usage?.balloonBytes ?? config.memoryMiB * MIB,
    residentBytes: usage?.residentBytes ?? 0,
    typicalBytes: deps.typicalBytes(id),
    leastBytes: state === 'Running' && can?.balloon.isAvailable ? leastBytes(record, usage) : null,
    processors: config.processors.count,
    poolIds: deps.poolsOf(config.resources.poolId, host).map((pool) => pool.id),
    canSave: isStill && !isDisposable && can?.saveState.isAvailable === true,
    lastUsedAt: deps.lastUsedAt(record),
  };
}

/** Room that is left to a guest above what it uses, so that it can still do something. */
const BREATHING_ROOM_BYTES = 16 * MIB;
/** Of what the guest calls available, the part that is not counted on: caches that make it fast are among it. */
const WORKING_SET_MARGIN = 1.1;

/**
 * How little a balloon may leave: the reservation, and what the guest uses itself with some room to breathe. Null when
 * the guest has no balloon, or does not tell what it uses.
 */
export function leastBytes(record: Pick<MachineRecord, 'config'>, usage: GuestUsage | undefined): number | null {
  if (!usage || usage.balloonBytes === null || usage.guestFreeBytes === null) return null;
  const inUse = Math.max(0, usage.balloonBytes - usage.guestFreeBytes) * WORKING_SET_MARGIN + BREATHING_ROOM_BYTES;
  return Math.max(record.config.resources.memory.reservationMiB * MIB, Math.ceil(inUse));
}
