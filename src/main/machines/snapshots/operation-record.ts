import * as z from 'zod';
import { MachineState, StateReason } from '../../../shared/machine-state.ts';
import { EngineId } from '../../../shared/model/engine.ts';
import { MediumId } from '../../../shared/model/medium.ts';
import { SnapshotId } from '../../../shared/model/snapshot.ts';

/** How the machine stood before, to be put back when the program ended in between. */
const Before = { stateBefore: MachineState, reasonBefore: StateReason, detailBefore: z.string().nullable() };

/** A disk that goes on in a new overlay. */
export const DiskSwitch = z.object({ from: MediumId, to: MediumId });
export type DiskSwitch = z.infer<typeof DiskSwitch>;

/** Two images of a disk that become one while the machine is on. */
export const EngineMerge = z.object({ hidden: MediumId, child: MediumId, way: z.enum(['down', 'up']) });
export type EngineMerge = z.infer<typeof EngineMerge>;

/** What is under way on a machine, as it is written down before it begins. One at a time. */
export const Operation = z.discriminatedUnion('kind', [
  /**
   * A snapshot of a machine that is on. `prepared`: its disks are as before. `switching`: its settings name the
   * overlays, and the guest stands still until its engine uses them. `switched`: only the memory is still written.
   */
  z.object({
    kind: z.literal('take'),
    ...Before,
    phase: z.enum(['prepared', 'switching', 'switched']),
    snapshotId: SnapshotId,
    name: z.string(),
    description: z.string(),
    takenAt: z.string(),
    engine: EngineId,
    stateFile: z.string().nullable(),
    thumbnailFile: z.string().nullable(),
    disks: z.array(DiskSwitch),
    pausedMs: z.number().nullable(),
  }),
  /**
   * Disks of deleted snapshots are merged, step by step; each step is whole by itself. `onEngine` is the one that the
   * engine of a machine that is on works at.
   */
  z.object({ kind: z.literal('merge'), ...Before, onEngine: EngineMerge.nullable().default(null) }),
  /** The machine is copied, and must not run meanwhile. */
  z.object({ kind: z.literal('copy'), ...Before }),
]);
export type Operation = z.infer<typeof Operation>;
export type MergeOperation = Extract<Operation, { kind: 'merge' }>;
export type TakeOperation = Extract<Operation, { kind: 'take' }>;
