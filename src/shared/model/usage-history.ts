import * as z from 'zod';

/** Whose history: the host's own, all machines' in sum, one machine's (name or id), or a pool's with the pools below it. */
export const UsageSubjectKind = z.enum(['host', 'machines', 'machine', 'pool']);
export type UsageSubjectKind = z.infer<typeof UsageSubjectKind>;

/** Averages over one bucket of time, and the largest values in it. */
export const UsagePoint = z.object({
  /** Where the bucket begins. */
  at: z.iso.datetime(),
  /** Processors in use on average; for a machine that ran for a part of the time, over all of it. */
  processorUse: z.number().nonnegative(),
  processorPeak: z.number().nonnegative(),
  memoryUsedBytes: z.number().nonnegative(),
  /** Of one machine at a time, not of all of a pool together. */
  memoryPeakBytes: z.number().nonnegative(),
  memoryPromisedBytes: z.number().nonnegative(),
  storageBytes: z.number().nonnegative(),
  diskReadBytesPerSecond: z.number().nonnegative(),
  diskWriteBytesPerSecond: z.number().nonnegative(),
  networkInBytesPerSecond: z.number().nonnegative(),
  networkOutBytesPerSecond: z.number().nonnegative(),
  /** Share of the bucket in which it ran (of a pool: machines on average; of the host: the part that was watched). */
  running: z.number().nonnegative(),
});
export type UsagePoint = z.infer<typeof UsagePoint>;

export const UsageHistory = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Length of the buckets, in seconds. */
  bucketSeconds: z.number().positive(),
  /** Oldest first. A bucket of which nothing is known is not among them. */
  points: z.array(UsagePoint),
});
export type UsageHistory = z.infer<typeof UsageHistory>;
