import * as z from 'zod';
import { MachineId } from '../../shared/model/machine.ts';

/** What is carried on of an integral: byte·milliseconds that do not make a whole MiB·second yet. */
const Carry = z.number().nonnegative();

/** How far a session has been charged: the counters that are in the books already. */
export const SessionAccount = z.object({
  machineId: MachineId,
  /** Pid and start of the process: names one run for good. */
  session: z.string(),
  /** The moment up to which it is charged, in milliseconds since 1970. */
  atMs: z.number(),
  startedAtMs: z.number(),
  /** Where the process leaves its final report. */
  runtimeFolder: z.string(),
  pid: z.int(),
  processorMicros: z.number(),
  diskReadBytes: z.number(),
  diskWriteBytes: z.number(),
  networkInBytes: z.number(),
  networkOutBytes: z.number(),
  /** As last seen, in bytes: what an interval without a witness is charged with. */
  promisedBytes: z.number(),
  usedBytes: z.number(),
  promisedCarry: Carry,
  usedCarry: Carry,
});
export type SessionAccount = z.infer<typeof SessionAccount>;

/** How far the room that a machine's folder takes has been charged. */
export const StorageAccount = z.object({
  machineId: MachineId,
  atMs: z.number(),
  /** As last measured. */
  bytes: z.number(),
  carry: Carry,
});
export type StorageAccount = z.infer<typeof StorageAccount>;
