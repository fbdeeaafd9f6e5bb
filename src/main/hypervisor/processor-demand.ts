/** What one machine did with its processors over the last interval; amounts in processors. */
export interface ProcessorReading {
  /** The most it could use: its virtual processors at its own execution cap. */
  most: number;
  used: number;
  /** It wanted more a moment ago, and other programs may keep it from using what it is allowed. */
  isKeptWaiting: boolean;
  /** What the allocation let it use meanwhile; `most` when nothing held it back. */
  allowed: number;
  /** What a reading may miss of that, as a guest under a cap runs in turns; 0 when it has none. */
  turn: number;
  /** The least that it is left to grow by: see `leastGrowth`. */
  growth: number;
}

/** From this share of what it was allowed, less the turn that a reading may miss, a machine is taken to be held back by it. */
const HUNGRY_SHARE = 0.9;
/** However much a reading may miss, one that used less is content. */
const LEAST_HUNGRY_SHARE = 0.5;
/** The same for a machine that other programs keep waiting. */
const WAITING_SHARE = 0.4;
/** A machine that is not held back is left room to grow by this factor, and by this much at least, in processors. */
const GROWTH = 1.25;
const LEAST_GROWTH = 0.05;
/** All that machines are left to grow by is no more than this share of the host: those that work want it. */
const GROWTH_SHARE = 0.1;

/** The least room to grow of each of so many machines, in processors. */
export function leastGrowth(processors: number, machines: number): number {
  return Math.min(LEAST_GROWTH, (processors * GROWTH_SHARE) / Math.max(1, machines));
}

/** What a guest takes that only ticks: to hold it back would win nothing, and make it late. */
const TICKING = 0.02;

/**
 * What a machine is sure to miss, in processors, if it goes on as it does: all it could use, when it used up what it was
 * allowed; nothing, when it hardly moves. One that is granted this is content, even where the room to grow is not there
 * for all: a hundred quiet machines need not be watched, each for the moment in which it might move. 0 to `most`.
 */
export function processorNeed({ most, used, isKeptWaiting, allowed, turn }: Omit<ProcessorReading, 'growth'>): number {
  const had = Math.min(allowed, most);
  const isHungry = used >= Math.max(HUNGRY_SHARE * had - turn, LEAST_HUNGRY_SHARE * had);
  if (isHungry || (isKeptWaiting && used >= WAITING_SHARE * had)) return most;
  return used < TICKING ? 0 : Math.min(most, used * GROWTH);
}

/** What a machine would use if it were let, in processors: what it needs, with room to grow until the next reading. */
export function processorDemand(reading: ProcessorReading): number {
  return Math.min(reading.most, Math.max(processorNeed(reading), reading.used * GROWTH + reading.growth));
}

/** How the host's processors are used; amounts in processors. */
export interface HostLoad {
  processors: number;
  /** Kept for the host itself. */
  reserved: number;
  /** What other programs use; 0 when it cannot be told. */
  usedByOthers: number;
}

/** Other programs are given way to until machines are left with this share of what is not reserved. */
const YIELD_SHARE = 0.5;

/**
 * Processors that can be given to machines at this moment: what neither the reserve nor other programs take. Other
 * programs live within the reserve first. Their use beyond it is taken from the machines, but never more than half:
 * they would take what machines leave, machines would be left less, and so on to nothing.
 */
export function givableProcessors({ processors, reserved, usedByOthers }: HostLoad): number {
  const room = Math.max(0, processors - reserved);
  return Math.max(room * YIELD_SHARE, processors - Math.max(reserved, usedByOthers));
}
