import * as z from 'zod';
import { MachineId } from './machine.ts';
import { MediumId } from './medium.ts';

export const TaskId = z.uuid().brand<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;

/** A failure as it is stored, shown and sent; the plain form of `InnError`. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Failure = z.infer<typeof Failure>;

/** Long work that a person can watch and cancel. */
export const Task = z.object({
  id: TaskId,
  /** Says what is done, in the words of the user: `Saving the state of 'web'`. */
  title: z.string(),
  machineId: MachineId.nullable(),
  /** The medium that is worked on, where it is one. */
  mediumId: MediumId.nullable(),
  status: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** 0 to 1, or null when it cannot be known. */
  progress: z.number().min(0).max(1).nullable(),
  /** What is done at the moment, or how it ended. */
  detail: z.string().nullable(),
  canCancel: z.boolean(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  failure: Failure.nullable(),
});
export type Task = z.infer<typeof Task>;
