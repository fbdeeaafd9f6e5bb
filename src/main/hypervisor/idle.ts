import type { IdlePolicy } from '../../shared/model/resources.ts';

/** What can be done with a machine that nobody uses, gentlest first. */
export type IdleStep = 'balloon' | 'pause' | 'save';

/** What one machine did over the last interval, and who looked at it. */
export interface IdleReading {
  /** Clock that never goes back, in milliseconds. */
  atMs: number;
  /** Of one host processor, per virtual processor. */
  processorUse: number;
  networkBytesPerSecond: number;
  /** Somebody has its screen or serial port open, or has typed since the last reading. */
  isAttended: boolean;
}

/** Where a machine stands between use and idleness. */
export interface Activity {
  isBusy: boolean;
  /** When it was last in use, on the same clock. */
  lastUsedAtMs: number;
}

/**
 * Above `busy` a machine counts as used, below `calm` as not; in between it stays what it was, so that one that works a
 * little does not waver. A guest that only ticks takes 1 to 8 % of a processor under emulation.
 */
const PROCESSOR = { busy: 0.25, calm: 0.15 };
/** Broadcasts of a quiet network are a few hundred bytes a second. */
const NETWORK = { busy: 4096, calm: 1024 };

/** The activity after one more reading. Pure. */
export function noteReading(before: Activity, reading: IdleReading): Activity {
  const { atMs, processorUse, networkBytesPerSecond, isAttended } = reading;
  const isBusy =
    isAttended ||
    processorUse > PROCESSOR.busy ||
    networkBytesPerSecond > NETWORK.busy ||
    (before.isBusy && (processorUse > PROCESSOR.calm || networkBytesPerSecond > NETWORK.calm));
  return { isBusy, lastUsedAtMs: isBusy ? Math.max(atMs, before.lastUsedAtMs) : before.lastUsedAtMs };
}

export interface IdleSituation {
  policy: IdlePolicy;
  /** How long nobody has used it. */
  idleMs: number;
  /** What has been done already; null: nothing. */
  reached: IdleStep | null;
  /** What its engine and its present run allow. */
  can: Readonly<Record<IdleStep, boolean>>;
}

const STEPS: readonly IdleStep[] = ['balloon', 'pause', 'save'];
const MINUTE_MS = 60_000;

/**
 * The furthest step whose time has come, unless it has been reached already; null: nothing to do. Pure.
 * A step that is not possible is passed over: the next one still comes in its time.
 */
export function idleDecision({ policy, idleMs, reached, can }: IdleSituation): IdleStep | null {
  const minutes: Record<IdleStep, number | null> = {
    balloon: policy.balloonAfterMinutes,
    pause: policy.pauseAfterMinutes,
    save: policy.saveAfterMinutes,
  };
  const isDue = (step: IdleStep) => can[step] && minutes[step] !== null && idleMs >= minutes[step] * MINUTE_MS;
  const furthest = STEPS.findLastIndex(isDue);
  const step = STEPS[furthest];
  return step === undefined || furthest <= (reached === null ? -1 : STEPS.indexOf(reached)) ? null : step;
}

/** Whether the policy does anything at all. */
export function isIdlePolicySet(policy: IdlePolicy): boolean {
  return policy.balloonAfterMinutes !== null || policy.pauseAfterMinutes !== null || policy.saveAfterMinutes !== null;
}
