import type { MachineUsage } from '../../shared/model/usage.ts';
import { MIB } from '../../shared/units.ts';
import type { PoolClaims } from '../hypervisor/claim-tree.ts';
import {
  type BalloonMachine,
  type HostMemory,
  type MemoryBudget,
  type MemoryPlan,
  planMemory,
} from '../hypervisor/memory-targets.ts';
import type { LiveSession } from '../machines/live-session.ts';
import type { MachineRecord } from '../machines/machine-record.ts';

/** A machine with a session, and its memory at the latest reading. */
export interface MemoryReading {
  record: MachineRecord;
  live: LiveSession;
  usage: MachineUsage;
  /** What admission asked it to do with for the sake of others, in MiB; null: nothing. */
  ceilingMiB: number | null;
}

/** A balloon stands where it was told to stand when it is so near, in MiB. */
const NEAR_MIB = 8;
/** A guest that does not come to its target is told again after so many readings: somebody else may have told it another. */
const READINGS_UNTIL_REPEAT = 10;

interface Told {
  targetMiB: number;
  readings: number;
}

/**
 * Keeps the balloons. Others set balloons, too: a person, a plan of admission, the idle policy. What they took stays
 * taken: this gives back only what it took itself.
 */
export class BalloonKeeper {
  #budget: MemoryBudget = null;
  readonly #told = new WeakMap<LiveSession, Told>();
  readonly #onError: (machine: MachineRecord, error: unknown) => void;

  constructor(onError: (machine: MachineRecord, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Plans by the latest reading, and tells the engines what has changed. */
  step(readings: readonly MemoryReading[], pools: readonly PoolClaims[], host: HostMemory): MemoryPlan {
    const machines = readings.map((reading) => toBalloonMachine(reading, this.#ceilingOf(reading)));
    const plan = planMemory(machines, pools, host, this.#budget);
    this.#budget = plan.budget;
    readings.forEach((reading, index) => {
      const target = plan.targets.get(reading.record.id);
      const balloonMiB = machines[index]?.balloonMiB ?? null;
      if (target !== undefined && balloonMiB !== null) this.#tell(reading, target, balloonMiB);
    });
    return plan;
  }

  /** What a machine was told here; null: nothing. */
  toldMiB(live: LiveSession): number | null {
    return this.#told.get(live)?.targetMiB ?? null;
  }

  /** What others leave to the machine: a balloon that stands lower than it was told here is theirs. */
  #ceilingOf({ live, usage, ceilingMiB }: MemoryReading): number | null {
    const balloonMiB = inMiB(usage.memoryBalloonBytes);
    const isTheirs =
      balloonMiB !== null &&
      balloonMiB < Math.round(usage.memoryPromisedBytes / MIB) - NEAR_MIB &&
      !this.#isOurs(live, balloonMiB);
    return isTheirs ? Math.min(balloonMiB, ceilingMiB ?? balloonMiB) : ceilingMiB;
  }

  #isOurs(live: LiveSession, balloonMiB: number): boolean {
    const told = this.#told.get(live);
    return told !== undefined && balloonMiB >= told.targetMiB - NEAR_MIB;
  }

  #tell({ record, live }: MemoryReading, targetMiB: number, balloonMiB: number): void {
    const told = this.#told.get(live);
    if (told) told.readings += 1;
    if (record.state !== 'Running' || targetMiB === balloonMiB) return;
    if (told?.targetMiB === targetMiB && told.readings < READINGS_UNTIL_REPEAT) return;
    if (targetMiB > balloonMiB && !this.#isOurs(live, balloonMiB)) return;
    this.#told.set(live, { targetMiB, readings: 0 });
    live
      .call((session) => session.setMemoryTarget(targetMiB))
      .catch((error: unknown) => {
        this.#told.delete(live);
        this.#onError(record, error);
      });
  }
}

function toBalloonMachine({ record: { id, config }, usage }: MemoryReading, ceilingMiB: number | null): BalloonMachine {
  const { poolId, processor, memory } = config.resources;
  const limits = [memory.limitMiB, ceilingMiB].filter((limit) => limit !== null);
  return {
    ...{ id, poolId, processor },
    memory: { ...memory, limitMiB: limits.length === 0 ? null : Math.min(...limits) },
    promisedMiB: Math.round(usage.memoryPromisedBytes / MIB) || config.memoryMiB,
    balloonMiB: inMiB(usage.memoryBalloonBytes),
    guestUsedMiB: inMiB(usage.memoryGuestUsedBytes),
  };
}

const inMiB = (bytes: number | null): number | null => (bytes === null ? null : Math.round(bytes / MIB));
