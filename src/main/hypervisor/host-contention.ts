/** What a machine that wants more got of what it was allowed, evened out over some readings: about 0 to 1. */
export type Served = number;

/** With less of the host idle than this share, whoever wants a processor may have to wait for one. */
const FULL_SHARE = 0.92;
/** How much an old reading weighs beside the newest. */
const MEMORY = 0.8;
/** A reading is off by a turn of the cap, in both directions; more than this, as a factor, is something else. */
const MOST = 1.5;
/** A machine that gets this much of what it is allowed is served. */
const SERVED = 0.94;
/** The allocation gives way to other programs no further than to this share. */
const LEAST_SCALE = 0.5;
/** How fast it comes back, at each reading. */
const RECOVERY = { full: 1.04, idle: 1.25 };

/** True when other programs may keep machines waiting for a processor. */
export const isHostFull = (used: number, processors: number): boolean => used >= FULL_SHARE * processors;

/** Takes one more reading in. */
export function nextServed(before: Served | undefined, used: number, allowed: number): Served {
  const now = allowed > 0 ? Math.min(MOST, used / allowed) : 1;
  return before === undefined ? now : before * MEMORY + now * (1 - MEMORY);
}

/**
 * How much of the processors is really divided, as a factor of what could be given. On a host that is full of other
 * programs' work the system's scheduler serves every thread alike, so machines with large grants miss more of theirs
 * than those with small ones, and shares would not hold. Dividing less, until the worst served gets what it is granted,
 * keeps them. Comes back to 1 by itself when the host has room. Pure.
 */
export function nextScale(before: number, isFull: boolean, served: readonly Served[]): number {
  if (!isFull) return Math.min(1, before * RECOVERY.idle);
  const worst = Math.min(1, ...served);
  if (worst >= SERVED) return Math.min(1, before * RECOVERY.full);
  return Math.max(LEAST_SCALE, before * (0.5 + 0.5 * worst));
}
