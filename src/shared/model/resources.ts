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

/** What a machine must have come to before those after it in its group are started. */
export const StartWait = z.enum(['nothing', 'running', 'guestAgent', 'port']);
export type StartWait = z.infer<typeof StartWait>;

/** When a machine starts and stops among the machines of its group. */
export const StartOrder = z
  .object({
    /** Lower starts earlier and stops later; equal ones go together. */
    order: z.int().min(0).max(1000).default(100),
    /** Seconds from the moment that those before it are ready to its own start. */
    delaySeconds: z.int().min(0).max(3600).default(0),
    waitsFor: StartWait.default('running'),
    /** TCP port of the guest that must answer, when `port` is waited for. */
    port: z.int().min(1).max(65_535).nullable().default(null),
  })
  .refine(({ waitsFor, port }) => waitsFor !== 'port' || port !== null, {
    path: ['port'],
    message: 'Say which port is waited for.',
  });
export type StartOrder = z.infer<typeof StartOrder>;

export const USUAL_START_ORDER: StartOrder = { order: 100, delaySeconds: 0, waitsFor: 'running', port: null };

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
  startOrder: StartOrder.default(USUAL_START_ORDER),
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
  startOrder: USUAL_START_ORDER,
};
