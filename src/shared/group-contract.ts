import * as z from 'zod';
import { call } from './contract-call.ts';
import { Machine, MachineConfig } from './model/machine.ts';

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
    .output(z.array(Machine)),
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
