import * as z from 'zod';
import { call, MachineRef, Nothing } from './contract-call.ts';
import { Machine, MachineId } from './model/machine.ts';
import { Grants, HostBudget, HostReserve, Pool, PoolGrant, PoolSettings, ResourceGrant } from './model/pool.ts';
import { MemoryClaim, PoolId, ProcessorClaim } from './model/resources.ts';

export const PoolRef = z.string().min(1).max(200).describe('Name or id of a pool');
const OnePool = z.object({ pool: PoolRef });

/** Claims that a person is only thinking of; what is absent stays as it is. */
const Hypothesis = z.object({
  pools: z
    .array(z.object({ id: PoolId, processor: ProcessorClaim.optional(), memory: MemoryClaim.optional() }))
    .default([]),
  machines: z
    .array(
      z.object({
        id: MachineId,
        poolId: PoolId.nullable().optional(),
        processor: ProcessorClaim.optional(),
        memory: MemoryClaim.optional(),
      }),
    )
    .default([]),
});
export type Hypothesis = z.infer<typeof Hypothesis>;

const PreviewLoad = z.object({
  machines: z.array(z.object({ machineId: MachineId, ...ResourceGrant.shape })),
  pools: z.array(PoolGrant),
});

export const PoolPreview = z.object({
  /** When every machine, also those that are off now, wants all it may have. */
  fullLoad: PreviewLoad,
  /** With the machines that are on, and what they want at this moment. */
  presentLoad: PreviewLoad,
  /** Why these claims could not be saved; empty when they could. */
  problems: z.array(z.string()),
});
export type PoolPreview = z.infer<typeof PoolPreview>;

/** The calls on resource pools, a part of the contract. */
export const pool = {
  list: call
    .route({ method: 'GET', path: '/pools', summary: 'All resource pools', tags: ['pool'] })
    .input(Nothing)
    .output(z.array(Pool)),
  create: call
    .route({ method: 'POST', path: '/pools', summary: 'Create a resource pool', tags: ['pool'], successStatus: 201 })
    .input(
      z.object({ parent: PoolRef.nullable().default(null), ...PoolSettings.partial().required({ name: true }).shape }),
    )
    .output(Pool),
  configure: call
    .route({
      method: 'PATCH',
      path: '/pools/{pool}',
      summary: 'Change the settings of a resource pool',
      tags: ['pool'],
    })
    .input(z.object({ ...OnePool.shape, ...PoolSettings.partial().shape }))
    .output(Pool),
  move: call
    .route({
      method: 'POST',
      path: '/pools/{pool}/move',
      summary: 'Put a resource pool into another, or among its siblings elsewhere',
      tags: ['pool'],
    })
    .input(
      z.object({
        ...OnePool.shape,
        parent: PoolRef.nullable().describe('The pool around it; null for the host'),
        position: z.int().min(0).optional().describe('Place among its new siblings; absent: the last'),
      }),
    )
    .output(Pool),
  remove: call
    .route({
      method: 'DELETE',
      path: '/pools/{pool}',
      summary: 'Remove a resource pool; its pools and machines go to the one around it',
      tags: ['pool'],
    })
    .input(OnePool)
    .output(z.object({ id: PoolId })),
  assign: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/pool',
      summary: 'Put a machine into a resource pool',
      tags: ['pool'],
    })
    .input(z.object({ machine: MachineRef, pool: PoolRef.nullable().describe('Null for the host itself') }))
    .output(Machine),
  preview: call
    .route({
      method: 'POST',
      path: '/pools/preview',
      summary: 'What machines and pools would be given if their claims were these',
      tags: ['pool'],
    })
    .input(Hypothesis)
    .output(PoolPreview),
  grants: call
    .route({
      method: 'GET',
      path: '/pools/grants',
      summary: 'What each machine and pool is given at this moment, and why',
      tags: ['pool'],
    })
    .input(Nothing)
    .output(Grants),
  budget: call
    .route({
      method: 'GET',
      path: '/host/budget',
      summary: 'What the host can give to machines, keeps for itself, and has promised',
      tags: ['pool'],
    })
    .input(Nothing)
    .output(HostBudget),
  setReserve: call
    .route({
      method: 'PUT',
      path: '/host/reserve',
      summary: 'Change what is kept for the host itself',
      tags: ['pool'],
    })
    .input(HostReserve.partial())
    .output(HostBudget),
};
