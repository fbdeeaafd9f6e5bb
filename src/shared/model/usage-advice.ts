import * as z from 'zod';
import { LIMITS, Processors } from './hardware.ts';
import { MachineId } from './machine.ts';

/** A part of a machine's configuration that is to be replaced: merge it and call `machine.configure`. */
export const ConfigChange = z.object({
  memoryMiB: z.int().min(LIMITS.memoryMiB.min).max(LIMITS.memoryMiB.max).optional(),
  processors: Processors.optional(),
});
export type ConfigChange = z.infer<typeof ConfigChange>;

export const AdviceKind = z.enum([
  /** Less memory would do. */
  'memoryTooLarge',
  /** It uses nearly all that it has. */
  'memoryTooSmall',
  'processorsUnused',
  /** It runs, and nobody uses it. */
  'idle',
  /** Its folder holds much more than it was used for; compacting disks may give room back. */
  'storageIdle',
  'snapshotsCost',
]);
export type AdviceKind = z.infer<typeof AdviceKind>;

/** What an advice rests on. */
export const AdviceEvidence = z.object({
  /** Hours in which the machine ran and was watched. */
  hoursObserved: z.number().nonnegative(),
  /** What is given: bytes, or processors. */
  given: z.number().nonnegative(),
  /** The most that was ever used. */
  max: z.number().nonnegative(),
  /** In 95 of 100 hours it was never more than this. */
  p95: z.number().nonnegative(),
  /** Where the numbers come from, and how they are wrong if they are. */
  source: z.string(),
});
export type AdviceEvidence = z.infer<typeof AdviceEvidence>;

export const Advice = z.object({
  kind: AdviceKind,
  machineId: MachineId,
  machineName: z.string(),
  /** One sentence that a person can act on. */
  message: z.string(),
  evidence: AdviceEvidence,
  confidence: z.enum(['low', 'medium', 'high']),
  /** What following it would give back. */
  saves: z.object({
    memoryBytes: z.number().nonnegative(),
    processors: z.number().nonnegative(),
    storageBytes: z.number().nonnegative(),
  }),
  /** The change that one click applies; null when there is nothing to set, only something to do. */
  change: ConfigChange.nullable(),
  /** Why it cannot be applied at this moment; null when it can, or when there is nothing to apply. */
  blockedBy: z.string().nullable(),
});
export type Advice = z.infer<typeof Advice>;

/** A kind of machine of which one would like to have more. */
export const MachineKind = z.object({
  memoryMiB: z.int().min(LIMITS.memoryMiB.min).max(LIMITS.memoryMiB.max),
  processors: z.int().min(1).max(LIMITS.processors.max),
  storageGiB: z.number().min(0).max(65_536),
});
export type MachineKind = z.infer<typeof MachineKind>;

export const UsageAdvice = z.object({
  advice: z.array(Advice),
  /** What is given on this host and never used, in sum over the machines that advice is given for. */
  wasted: z.object({
    memoryBytes: z.number().nonnegative(),
    processors: z.number().nonnegative(),
    storageBytes: z.number().nonnegative(),
  }),
  /** How many more machines of this kind would fit now, and what there is not enough of for one more. */
  fits: z.object({
    kind: MachineKind,
    count: z.int().nonnegative(),
    limitedBy: z.enum(['memory', 'processors', 'storage']),
  }),
});
export type UsageAdvice = z.infer<typeof UsageAdvice>;
