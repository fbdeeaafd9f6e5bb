import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { MachineState } from './machine-state.ts';
import { Machine, MachineId } from './model/machine.ts';
import { Medium, MediumId } from './model/medium.ts';
import { NetworkId } from './model/network.ts';
import { Pool } from './model/pool.ts';
import { PoolId } from './model/resources.ts';
import { Snapshot, SnapshotId } from './model/snapshot.ts';
import { Task } from './model/task.ts';
import { Network, NetworkCapture } from './model/virtual-network.ts';

/** A change of the world, after the opening snapshot. */
export const WorldEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('snapshot'),
    machines: z.array(Machine),
    media: z.array(Medium),
    snapshots: z.array(Snapshot),
    pools: z.array(Pool),
    networks: z.array(Network),
    tasks: z.array(Task),
  }),
  z.object({ kind: z.literal('machineChanged'), machine: Machine }),
  z.object({ kind: z.literal('machineRemoved'), id: MachineId }),
  z.object({ kind: z.literal('mediumChanged'), medium: Medium }),
  z.object({ kind: z.literal('mediumRemoved'), id: MediumId }),
  z.object({ kind: z.literal('snapshotChanged'), snapshot: Snapshot }),
  z.object({ kind: z.literal('snapshotRemoved'), id: SnapshotId }),
  z.object({ kind: z.literal('poolChanged'), pool: Pool }),
  z.object({ kind: z.literal('poolRemoved'), id: PoolId }),
  z.object({ kind: z.literal('networkChanged'), network: Network }),
  z.object({ kind: z.literal('networkRemoved'), id: NetworkId }),
  /** A capture ended that nobody had ended: its `failure` says why. */
  z.object({ kind: z.literal('captureEnded'), network: NetworkId, capture: NetworkCapture }),
  z.object({ kind: z.literal('taskChanged'), task: Task }),
]);
export type WorldEvent = z.infer<typeof WorldEvent>;

export const events = {
  /** Opens with a `snapshot`, then changes, on one ordered stream. */
  subscribe: call
    .route({ method: 'GET', path: '/events', summary: 'A snapshot, then every change', tags: ['event'] })
    .input(Nothing)
    .output(eventIterator(WorldEvent)),
  /** Resolves once the machine is in one of the states. */
  waitFor: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/wait',
      summary: 'Wait until a machine is in one of the states',
      tags: ['event'],
    })
    .input(
      z.object({
        machine: MachineRef,
        states: z.array(MachineState).min(1),
        timeoutMs: z.coerce.number().int().min(1).max(3_600_000).default(60_000),
      }),
    )
    .output(Machine),
};
