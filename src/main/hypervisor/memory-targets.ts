import type { Grant } from './allocation.ts';
import { allocateMemory, type MachineClaims, type PoolClaims } from './claim-tree.ts';

/** A machine that is on; sizes in whole MiB. */
export interface BalloonMachine extends Omit<MachineClaims, 'processorDemand' | 'memoryDemandMiB'> {
  /** What it was promised: its configured memory. */
  promisedMiB: number;
  /** What its balloon leaves to the guest now; null: it has no balloon, and keeps what it was promised. */
  balloonMiB: number | null;
  /** What the guest itself says it uses; null: it does not tell, and nothing is taken from it. */
  guestUsedMiB: number | null;
}

export interface HostMemory {
  totalMiB: number;
  availableMiB: number;
  /** Kept for the host: pressure begins when less is available. */
  reservedMiB: number;
}

/** What the machines may hold together; null: all they were promised. The controller keeps it between readings. */
export type MemoryBudget = number | null;

/** Memory is given back only when so much more than the reserve is available: a share of the host's, in MiB at least. */
const RELIEF_SHARE = 0.05;
const RELIEF_MIB = 256;
/** Of what is available beyond that, so much is given back at a reading: a guest takes it in its own time. */
const GIVE_BACK_SHARE = 0.5;
/** Free memory that a guest is left with, as a share of what it uses, and in MiB at least. */
const MARGIN_SHARE = 0.15;
const MARGIN_MIB = 32;
/** A target that differs by less from what the balloon leaves now is not told, in MiB. */
const SLACK_MIB = 4;

export interface MemoryPlan {
  budget: MemoryBudget;
  isUnderPressure: boolean;
  /** What each machine with a balloon is to have, in MiB, by id. */
  targets: Map<string, number>;
  /** What machines and pools are granted, in MiB, by id. */
  grants: Map<string, Grant>;
}

/**
 * Balloon targets for all machines. Under pressure the host takes what it lacks from machines that hold more than
 * they must, by shares; when pressure has ended, and by a margin, it gives back step by step. Nothing is taken below
 * a machine's reservation, nor below what its guest uses and a margin. Limits hold at all times. Pure; O(n log n).
 *
 * | available memory | budget of all machines |
 * |---|---|
 * | below the reserve | what they hold now, less what is lacking |
 * | between reserve and relief | stays |
 * | above relief | grows by half of the surplus, until nobody lacks anything |
 */
export function planMemory(
  machines: readonly BalloonMachine[],
  pools: readonly PoolClaims[],
  host: HostMemory,
  before: MemoryBudget,
): MemoryPlan {
  const promised = sum(machines, ({ promisedMiB }) => promisedMiB);
  const held = sum(machines, ({ balloonMiB, promisedMiB }) => balloonMiB ?? promisedMiB);
  const floors = sum(machines, floorOf);
  const isUnderPressure = host.availableMiB < host.reservedMiB;
  const wanted = nextBudget(before, held, host);
  const budget = wanted === null || wanted >= promised ? null : Math.max(wanted, floors);
  const claims = machines.map((machine) => ({ ...machine, ...ballooned(machine), processorDemand: 0 }));
  const grants = allocateMemory({ pools, machines: claims }, budget ?? Number.POSITIVE_INFINITY);
  const targets = new Map<string, number>();
  for (const machine of machines) {
    if (machine.balloonMiB === null) continue;
    const target = Math.max(floorOf(machine), grants.get(machine.id)?.amount ?? machine.promisedMiB);
    targets.set(machine.id, Math.abs(target - machine.balloonMiB) < SLACK_MIB ? machine.balloonMiB : target);
  }
  return { budget, isUnderPressure, targets, grants };
}

/** The least that a machine can be left with, in MiB. */
export function floorOf({ promisedMiB, balloonMiB, guestUsedMiB, memory }: BalloonMachine): number {
  if (balloonMiB === null || guestUsedMiB === null) return balloonMiB ?? promisedMiB;
  const inUse = Math.ceil(guestUsedMiB + Math.max(MARGIN_MIB, guestUsedMiB * MARGIN_SHARE));
  return Math.min(promisedMiB, Math.max(memory.reservationMiB, inUse));
}

/** The floor stands in the tree as the reservation: it is given before shares count. A limit below it gives way to it. */
function ballooned(machine: BalloonMachine) {
  const floor = floorOf(machine);
  const { limitMiB, shares } = machine.memory;
  return {
    memoryDemandMiB: machine.promisedMiB,
    memory: { reservationMiB: floor, limitMiB: limitMiB === null ? null : Math.max(limitMiB, floor), shares },
  };
}

function nextBudget(before: MemoryBudget, heldMiB: number, host: HostMemory): MemoryBudget {
  const { totalMiB, availableMiB, reservedMiB } = host;
  if (availableMiB < reservedMiB) {
    // Never up under pressure: guests that have not yet given what they were asked for still hold it.
    return Math.min(before ?? Number.POSITIVE_INFINITY, Math.floor(heldMiB - (reservedMiB - availableMiB)));
  }
  if (before === null) return null;
  const surplus = availableMiB - reservedMiB - Math.max(RELIEF_MIB, totalMiB * RELIEF_SHARE);
  return surplus > 0 ? Math.floor(before + Math.max(1, surplus * GIVE_BACK_SHARE)) : before;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
