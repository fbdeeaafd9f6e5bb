import * as z from 'zod';

export const SHARES = { low: 500, normal: 1000, high: 2000 } as const;

/** Weight against siblings when there is not enough for all: a word, or any number from 1 to 1 000 000. */
export const Shares = z.union([z.enum(['low', 'normal', 'high']), z.int().min(1).max(1_000_000)]);
export type Shares = z.infer<typeof Shares>;

export function sharesOf(shares: Shares): number {
  return typeof shares === 'number' ? shares : SHARES[shares];
}

/** A claim on processor time. One unit is one host processor; 1.5 is fine. */
export const ProcessorClaim = z.object({
  /** Held ready whenever it is wanted; 0 for none. */
  reservation: z.number().min(0).max(1024),
  /** Never more than this; null for none. */
  limit: z.number().min(0.01).max(1024).nullable(),
  shares: Shares,
});
export type ProcessorClaim = z.infer<typeof ProcessorClaim>;

/** A claim on host memory, in MiB. */
export const MemoryClaim = z.object({
  /** Never taken away, not by a balloon either; 0 for none. */
  reservationMiB: z.int().min(0).max(16_777_216),
  limitMiB: z.int().min(1).max(16_777_216).nullable(),
  shares: Shares,
});
export type MemoryClaim = z.infer<typeof MemoryClaim>;

/** What happens to a machine that nobody uses; each step in minutes of idleness, null: not at all. */
export const IdlePolicy = z.object({
  balloonAfterMinutes: z.number().min(0.05).max(100_000).nullable(),
  pauseAfterMinutes: z.number().min(0.05).max(100_000).nullable(),
  saveAfterMinutes: z.number().min(0.05).max(100_000).nullable(),
});
export type IdlePolicy = z.infer<typeof IdlePolicy>;

/** One line of a machine's calendar, in the host's local time. */
export const ScheduleEntry = z.object({
  /** 0 is Sunday; empty: every day. */
  days: z.array(z.int().min(0).max(6)).max(7),
  time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'A time is written as 07:30.'),
  action: z.enum(['start', 'save', 'powerButton']),
});
export type ScheduleEntry = z.infer<typeof ScheduleEntry>;

export const PoolId = z.uuid().brand<'PoolId'>();
export type PoolId = z.infer<typeof PoolId>;

/** How a machine stands against the others on the host. */
export const Resources = z.object({
  /** The pool it belongs to; null: the host itself. */
  poolId: PoolId.nullable(),
  processor: ProcessorClaim,
  memory: MemoryClaim,
  /** Scheduling priority of the machine's process among all programs of the host. */
  priority: z.enum(['low', 'normal', 'high']),
  idle: IdlePolicy,
  schedule: z.array(ScheduleEntry).max(50),
});
export type Resources = z.infer<typeof Resources>;

export const NO_IDLE_POLICY: IdlePolicy = {
  balloonAfterMinutes: null,
  pauseAfterMinutes: null,
  saveAfterMinutes: null,
};

/** A machine that claims nothing and stands equal to all others. */
export const USUAL_RESOURCES: Resources = {
  poolId: null,
  processor: { reservation: 0, limit: null, shares: 'normal' },
  memory: { reservationMiB: 0, limitMiB: null, shares: 'normal' },
  priority: 'normal',
  idle: NO_IDLE_POLICY,
  schedule: [],
};
