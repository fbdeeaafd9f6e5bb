import * as z from 'zod';
import { call } from './contract-call.ts';
import { AdmissionWarning } from './model/admission.ts';
import { Machine, MachineConfig, MachineId } from './model/machine.ts';
import { Failure } from './model/task.ts';

const InGroup = z.object({
  group: MachineConfig.shape.group.describe('Path of the group, such as /Lab; the groups within it belong to it'),
  timeoutSeconds: z
    .number()
    .min(0.1)
    .max(3600)
    .default(120)
    .describe('How long one machine may take until it is ready, or off'),
});

export const GroupStop = z.enum(['saveState', 'powerButton']);
export type GroupStop = z.infer<typeof GroupStop>;

const Warnings = z
  .array(AdmissionWarning)
  .describe('What may go wrong later, as admission found when it let the machine in; empty for one that ran before');

const StartedMachine = Machine.extend({ warnings: Warnings });
export type StartedMachine = z.infer<typeof StartedMachine>;

/**
 * How far a call on a group came that did not do all of it: `group` in the details of its failure, which is itself the
 * first of `failures`.
 */
export const GroupOutcome = z.object({
  failures: z.array(Failure.extend({ name: z.string() })).describe('Of each machine that failed, with its name'),
  warned: z.array(z.object({ machineId: MachineId, name: z.string(), warnings: Warnings })),
  left: z.array(z.string()).describe('Names of machines whose turn did not come, in their order'),
});
export type GroupOutcome = z.infer<typeof GroupOutcome>;

/** The calls on all machines of a group, a part of the contract. Each is one task. */
export const group = {
  start: call
    .route({
      method: 'POST',
      path: '/groups/start',
      summary: 'Start the machines of a group in their start order; it ends at the first that does not become ready',
      tags: ['group'],
    })
    .input(InGroup)
    .output(z.array(StartedMachine)),
  stop: call
    .route({
      method: 'POST',
      path: '/groups/stop',
      summary: 'Save or shut down the machines of a group, in the start order turned around',
      tags: ['group'],
    })
    .input(InGroup.extend({ how: GroupStop.default('saveState') }))
    .output(z.array(Machine)),
};
