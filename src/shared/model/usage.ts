import * as z from 'zod';
import { MachineId } from './machine.ts';

/** What one machine used over the last sampling interval. Rates are per second; processor use 1 = one processor. */
export const MachineUsage = z.object({
  machineId: MachineId,
  processorUse: z.number().nonnegative(),
  /** Processor time since the machine was started, in seconds. */
  processorSeconds: z.number().nonnegative(),
  /** Memory that the guest was promised, in bytes. */
  memoryPromisedBytes: z.int().nonnegative(),
  /** Memory that the machine's process holds on the host (resident), in bytes. */
  memoryUsedBytes: z.int().nonnegative(),
  /** Memory that the balloon leaves to the guest now, in bytes; null: the machine has no balloon. */
  memoryBalloonBytes: z.int().nonnegative().nullable(),
  /** Memory in use by the guest's own account, in bytes; null: it does not tell. */
  memoryGuestUsedBytes: z.int().nonnegative().nullable(),
  diskReadBytesPerSecond: z.number().nonnegative(),
  diskWriteBytesPerSecond: z.number().nonnegative(),
  networkInBytesPerSecond: z.number().nonnegative(),
  networkOutBytesPerSecond: z.number().nonnegative(),
});
export type MachineUsage = z.infer<typeof MachineUsage>;

export const HostUsage = z.object({
  /** Processors in use by everything on the host, 0 to `processorsTotal`. */
  processorUse: z.number().nonnegative(),
  processorsTotal: z.number().positive(),
  memoryTotalBytes: z.int().nonnegative(),
  memoryAvailableBytes: z.int().nonnegative(),
  storageTotalBytes: z.int().nonnegative(),
  storageFreeBytes: z.int().nonnegative(),
  /** Bytes that machines' folders take on the host's disk. */
  storageByMachinesBytes: z.int().nonnegative(),
  networkInBytesPerSecond: z.number().nonnegative(),
  networkOutBytesPerSecond: z.number().nonnegative(),
});
export type HostUsage = z.infer<typeof HostUsage>;

/** One tick of the sampler, once a second. */
export const UsageSample = z.object({
  at: z.iso.datetime(),
  host: HostUsage,
  machines: z.array(MachineUsage),
});
export type UsageSample = z.infer<typeof UsageSample>;
