import * as z from 'zod';
import { EngineId } from './engine.ts';
import { MachineConfig, MachineId } from './machine.ts';

export const SnapshotId = z.uuid().brand<'SnapshotId'>();
export type SnapshotId = z.infer<typeof SnapshotId>;

export const SnapshotName = z
  .string()
  .trim()
  .min(1, 'A snapshot needs a name.')
  .max(100, 'A name has at most 100 characters.')
  .refine((name) => !/\p{Cc}/u.test(name), 'A name has no control characters.');
export type SnapshotName = z.infer<typeof SnapshotName>;

export const SnapshotDescription = z.string().max(10_000);

/** The state of a machine at one moment: its settings, its disks and, when it was on, its memory. */
export const Snapshot = z.object({
  id: SnapshotId,
  machineId: MachineId,
  /** The snapshot that the machine stood on when this one was taken; null for the first. */
  parentId: SnapshotId.nullable(),
  name: SnapshotName,
  description: SnapshotDescription,
  takenAt: z.iso.datetime(),
  /** The settings at that moment; the disks in them are those that the snapshot keeps. */
  config: MachineConfig,
  /** The machine was on, and goes on from that moment when the snapshot is restored and started. */
  hasMemory: z.boolean(),
  /** The engine that the memory belongs to; null without memory. */
  engine: EngineId.nullable(),
  /** How long the guest stood still while it was taken, in milliseconds; null when it was not running. */
  pausedMs: z.number().nonnegative().nullable(),
  /** `snapshot.thumbnail` gives a picture of the screen. */
  hasThumbnail: z.boolean(),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** What deleting a snapshot takes and gives, before it is done. */
export const SnapshotCost = z.object({
  /** Bytes that have to be copied to merge its disks with those that build on them. */
  bytesToCopy: z.int().nonnegative(),
  /** Bytes that the merged disks can grow by while it lasts, at most. */
  bytesNeeded: z.int().nonnegative(),
  /** Bytes that are free on the disk of the machine's folder. */
  bytesFree: z.int().nonnegative(),
  /** Bytes that are free again afterwards, at least. */
  bytesFreed: z.int().nonnegative(),
  /** About how long it takes. */
  seconds: z.number().nonnegative(),
  /** Disks that stay on the host because several snapshots or clones build on them. */
  disksKept: z.int().nonnegative(),
});
export type SnapshotCost = z.infer<typeof SnapshotCost>;

export const CloneKind = z.enum(['full', 'linked']);
export type CloneKind = z.infer<typeof CloneKind>;
