import * as z from 'zod';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { Machine } from './model/machine.ts';
import { Snapshot, SnapshotCost, SnapshotDescription, SnapshotName } from './model/snapshot.ts';

export const SnapshotRef = z.string().min(1).max(200).describe('Name or id of a snapshot');
const OneMachine = z.object({ machine: MachineRef });
const OneSnapshot = z.object({ machine: MachineRef, snapshot: SnapshotRef });

/** The calls on snapshots, a part of the contract. */
export const snapshot = {
  list: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/snapshots',
      summary: 'The snapshots of a machine, oldest first',
      tags: ['snapshot'],
    })
    .input(OneMachine)
    .output(z.array(Snapshot)),
  take: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/snapshots',
      summary: 'Keep the state of a machine: off, paused or running',
      tags: ['snapshot'],
      successStatus: 201,
    })
    .input(
      z.object({
        machine: MachineRef,
        name: SnapshotName.optional(),
        description: SnapshotDescription.default(''),
        withMemory: z.boolean().default(true).describe('Of a machine that is on: also keep its memory'),
      }),
    )
    .output(Snapshot),
  restore: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/snapshots/{snapshot}/restore',
      summary: 'Bring a machine back to a snapshot; its present state is given up',
      tags: ['snapshot'],
    })
    .input(
      z.object({
        ...OneSnapshot.shape,
        takesCurrentFirst: z.boolean().default(false).describe('Keep the present state as a snapshot first'),
      }),
    )
    .output(Machine),
  delete: call
    .route({
      method: 'DELETE',
      path: '/machines/{machine}/snapshots/{snapshot}',
      summary: 'Forget a snapshot and merge its disks; the other snapshots and the machine stay as they are',
      tags: ['snapshot'],
    })
    .input(OneSnapshot)
    .output(Nothing),
  describe: call
    .route({
      method: 'PATCH',
      path: '/machines/{machine}/snapshots/{snapshot}',
      summary: 'Give a snapshot another name or description',
      tags: ['snapshot'],
    })
    .input(
      z.object({ ...OneSnapshot.shape, name: SnapshotName.optional(), description: SnapshotDescription.optional() }),
    )
    .output(Snapshot),
  cost: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/snapshots/{snapshot}/cost',
      summary: 'What deleting a snapshot would take and give',
      tags: ['snapshot'],
    })
    .input(OneSnapshot)
    .output(SnapshotCost),
  thumbnail: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/snapshots/{snapshot}/thumbnail',
      summary: 'The screen at the moment of the snapshot, as PNG; null when there is no picture',
      tags: ['snapshot'],
    })
    .input(OneSnapshot)
    .output(z.object({ pngBase64: z.string().nullable() })),
};
