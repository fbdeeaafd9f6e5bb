import * as z from 'zod';
import { call, MachineRef } from './contract-call.ts';
import { AdmissionReport, PlanKind } from './model/admission.ts';
import { LIMITS } from './model/hardware.ts';
import { Machine } from './model/machine.ts';

const Memory = z.coerce.number().int().min(LIMITS.memoryMiB.min).max(LIMITS.memoryMiB.max);

/** The calls that ask for room on the host, a part of the contract. */
export const admission = {
  check: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/admission',
      summary: 'Whether a machine could start now, with the numbers and what would make room',
      tags: ['admission'],
    })
    .input(
      z.object({
        machine: MachineRef,
        memoryMiB: Memory.optional().describe('By default what its settings say'),
      }),
    )
    .output(AdmissionReport),
  startWith: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/start-with',
      summary: 'Make room as the plan of a refused start offers, and start; all of it is undone when that fails',
      tags: ['admission'],
    })
    .input(
      z.object({
        machine: MachineRef,
        choice: PlanKind.describe('With `wait` the call returns at once; the machine starts when it fits'),
        isDisposable: z.boolean().default(false).describe('Throw all changes to its disks away when it is powered off'),
      }),
    )
    .output(Machine),
};
