import type { MachineId } from '../../shared/model/machine.ts';
import type { StartOrder } from '../../shared/model/resources.ts';

/** A machine of a group, as far as its place in the order goes. */
export interface OrderedMachine {
  id: MachineId;
  name: string;
  /** `/` for none; `/Lab/Web` is nested. */
  group: string;
  startOrder: StartOrder;
}

/** Machines that start together, once all of the step before are ready. */
export type StartStep<T extends OrderedMachine> = readonly T[];

/** Whether a machine of the group `of` is in `group`, or in a group within it. Everything is in `/`. */
export function isInGroup(of: string, group: string): boolean {
  return group === '/' || of === group || of.startsWith(`${group}/`);
}

/**
 * The steps in which the machines of a group start: by order, lowest first; within a step by name, so that what is
 * written down of two runs can be compared. Pure.
 */
export function startSteps<T extends OrderedMachine>(machines: readonly T[], group: string): StartStep<T>[] {
  const byOrder = Map.groupBy(
    machines.filter((machine) => isInGroup(machine.group, group)),
    ({ startOrder }) => startOrder.order,
  );
  return [...byOrder]
    .sort(([a], [b]) => a - b)
    .map(([, step]) => step.sort((a, b) => a.name.localeCompare(b.name, 'en')));
}

/** The steps in which they stop: the other way round, so that nothing loses what it leans on. Pure. */
export function stopSteps<T extends OrderedMachine>(machines: readonly T[], group: string): StartStep<T>[] {
  return startSteps(machines, group).reverse();
}
