import { turnSeconds } from '../../shared/cap-rhythm.ts';
import type { Grant } from '../hypervisor/allocation.ts';
import { nextCap } from '../hypervisor/cap-policy.ts';
import { allocateProcessors, leastLimit, type MachineClaims, type PoolClaims } from '../hypervisor/claim-tree.ts';
import { isHostFull, nextScale, nextServed } from '../hypervisor/host-contention.ts';
import { givableProcessors, processorDemand, processorNeed } from '../hypervisor/processor-demand.ts';
import type { LiveSession } from '../machines/live-session.ts';
import type { MachineRecord } from '../machines/machine-record.ts';
import { mostProcessors } from './machine-claims.ts';

/** A machine with a session, and what it used of the processors since the last reading. */
export interface RunningMachine {
  record: MachineRecord;
  live: LiveSession;
  usedProcessors: number;
}

export interface ProcessorState {
  /** Could be given at this moment. */
  processors: number;
  isContended: boolean;
  grants: Map<string, Grant>;
}

/** Time between two readings. */
const READING_SECONDS = 1;
/** What the host counts processor time in (proc(5), `_SC_CLK_TCK`). */
const TICK_SECONDS = 0.01;

/** What the last seconds say of other programs' use weighs so much beside the newest reading. */
const MEMORY = 0.7;

/** Use of the host by other programs, evened out, as one busy moment must not shake every machine. */
export class OtherPrograms {
  #processors = 0;

  /** @param isComparable false when a container gives less than the host has: its use cannot be told from ours then */
  read(hostUse: number, byMachines: number, isComparable: boolean): number {
    const now = isComparable ? Math.max(0, hostUse - byMachines) : 0;
    this.#processors = this.#processors * MEMORY + now * (1 - MEMORY);
    return this.#processors;
  }
}

/** What the execution cap lets a machine use. */
const allowedProcessors = ({ cap }: LiveSession, { processors }: MachineRecord['config']): number =>
  ((cap.told ?? 100) / 100) * processors.count;

/** Watches whether machines that want more get what they are granted, or other programs are before them. */
export class Contention {
  #scale = 1;
  readonly #served = new WeakMap<LiveSession, number>();

  /** The machines that wanted more than they were granted, and may have to wait for that. */
  readonly #hungry = new WeakSet<LiveSession>();
  /** The machines that used all they were allowed at their last reading. */
  readonly #busy = new WeakSet<LiveSession>();
  #isFull = false;

  /** Takes one reading in, before the demands are worked out. */
  read(machines: readonly RunningMachine[], hostUse: number, processors: number): void {
    this.#isFull = isHostFull(hostUse, processors);
    const held = machines.filter(({ live }) => live.cap.granted < 100 && this.#hungry.has(live));
    const served = held.map(({ record, live, usedProcessors }) => {
      const now = nextServed(this.#served.get(live), usedProcessors, allowedProcessors(live, record.config));
      this.#served.set(live, now);
      return now;
    });
    this.#scale = nextScale(this.#scale, this.#isFull, served);
  }

  isKeptWaiting(live: LiveSession): boolean {
    return this.#isFull && this.#hungry.has(live);
  }

  /** Whether a machine seems content for the first time after it was busy: under a cap, one low reading says little. */
  isNewlyContent(live: LiveSession, isContent: boolean): boolean {
    if (isContent) return this.#busy.delete(live);
    this.#busy.add(live);
    return false;
  }

  /** How much is divided of what could be given. */
  get scale(): number {
    return this.#scale;
  }

  /** Remembers who wanted more than it got. */
  note(machines: readonly RunningMachine[], grants: ReadonlyMap<string, Grant>): void {
    for (const { record, live } of machines) {
      const grant = grants.get(record.id);
      if (grant && grant.amount < grant.wanted) this.#hungry.add(live);
      else {
        this.#hungry.delete(live);
        this.#served.delete(live);
      }
    }
  }
}

/** A machine's part in the tree of processors. */
export interface ProcessorClaims extends MachineClaims {
  /** With less than this, in processors, it would be held back: what it wants, without the room to grow. */
  processorNeed: number;
}

/** What a machine asks for: a guest that stands still wants nothing. */
export function claimsOf(
  { record: { id, config, state }, live, usedProcessors: used }: RunningMachine,
  { contention, growth }: { contention: Contention; growth: number },
): ProcessorClaims {
  const { poolId, processor, memory } = config.resources;
  const isStill = state === 'Paused' || state === 'Stuck';
  const allowed = allowedProcessors(live, config);
  const { count } = config.processors;
  const isCapped = allowed < count;
  const turn = isCapped ? (turnSeconds(allowed, count) + TICK_SECONDS) / READING_SECONDS : 0;
  const most = isStill ? 0 : mostProcessors(config);
  const reading = { most, used, isKeptWaiting: contention.isKeptWaiting(live), allowed, turn, growth };
  const need = processorNeed(reading);
  const isDoubted = contention.isNewlyContent(live, need < most) && isCapped;
  return {
    ...{ id, poolId, processor, memory, memoryDemandMiB: config.memoryMiB },
    processorDemand: isDoubted ? most : processorDemand(reading),
    processorNeed: isDoubted ? most : need,
  };
}

/** What the machine would miss, in processors, within its limit. */
const needOf = ({ processorNeed: need }: ProcessorClaims, { wanted }: Grant): number => Math.min(need, wanted);

/** Whether the machine has to do with less than it needs. */
function isHeldBack(claim: ProcessorClaims, grants: ReadonlyMap<string, Grant>): boolean {
  const grant = grants.get(claim.id);
  return grant !== undefined && grant.amount < needOf(claim, grant);
}

/** Divides the processors among the machines that are on. */
export function shareProcessors(
  claims: readonly ProcessorClaims[],
  pools: readonly PoolClaims[],
  host: Parameters<typeof givableProcessors>[0],
  scale: number,
): ProcessorState {
  const processors = givableProcessors(host) * scale;
  const grants = allocateProcessors({ pools, machines: claims }, processors);
  const wanted = claims.reduce((sum, { id }) => sum + (grants.get(id)?.wanted ?? 0), 0);
  const isContended = wanted > processors && claims.some((claim) => isHeldBack(claim, grants));
  return { processors, isContended, grants };
}

/** Tells each engine its cap where that has changed. An engine that does not answer is left to its own for now. */
export function enforceCaps(
  machines: readonly RunningMachine[],
  claims: readonly ProcessorClaims[],
  pools: ReadonlyMap<string, PoolClaims>,
  grants: ReadonlyMap<string, Grant>,
  onError: (machine: MachineRecord, error: unknown) => void,
): void {
  machines.forEach(({ record, live }, index) => {
    const claim = claims[index];
    const grant = grants.get(record.id);
    if (!claim || !grant || live.cap.isBusy || live.exit) return;
    const { count, capPercent } = record.config.processors;
    const limit = leastLimit(pools, claim);
    const toldPercent = live.cap.told;
    const need = needOf(claim, grant);
    const percent = nextCap({ count, ownPercent: capPercent, limit, grant, need, toldPercent });
    if (percent === undefined) return;
    live.cap.granted = percent < capPercent ? percent : 100;
    live.call((session) => live.cap.tell(session, capPercent)).catch((error: unknown) => onError(record, error));
  });
}

/** Gives a machine its own cap back, when the allocation holds it below. */
export async function liftCap(live: LiveSession, { config }: MachineRecord): Promise<void> {
  if (live.cap.granted === 100) return;
  live.cap.granted = 100;
  await live.call((session) => live.cap.tell(session, config.processors.capPercent));
}
