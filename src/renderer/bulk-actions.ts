import type { ErrorReport } from '../shared/errors.ts';
import type { Machine, MachineId } from '../shared/model/machine.ts';
import { COMMANDS, type Command } from './actions.tsx';
import { sayWarnings, startWarned } from './admission/start-or-ask.ts';
import type { WarnedMachine } from './admission/warning-words.ts';
import { api } from './api.ts';
import { type BulkAction, openDialog } from './dialogs.ts';
import { failureOfOne } from './failure-of-one.ts';
import { failureIn, notifyFailures, notifySuccess } from './notify.tsx';

interface BulkRule {
  /** Ends "Power off 3 machines?". */
  verb: string;
  done: string;
  /** What a person should know before. */
  warning: string;
  isDangerous: boolean;
  /** @param warned takes the machine when something is to be said of it although it is done */
  run(machine: Machine, warned: WarnedMachine[]): Promise<unknown>;
}

/** What several machines can be told at once, in the words of the question that is asked once for all. */
export const BULK: Record<BulkAction, BulkRule> = {
  start: {
    verb: 'Start',
    done: 'started',
    warning: 'They start in the background, one after the other.',
    isDangerous: false,
    run: async (machine, warned) => warned.push(await startWarned(machine)),
  },
  saveState: {
    verb: 'Save the state of',
    done: 'saved',
    warning: 'Each is written to a file and goes on from there when it is started.',
    isDangerous: false,
    run: ({ id }) => api.machine.saveState({ machine: id }),
  },
  powerButton: {
    verb: 'Shut down',
    done: 'told to shut down',
    warning: 'Each guest is asked to end by itself, and decides what follows.',
    isDangerous: false,
    run: ({ id }) => api.machine.powerButton({ machine: id }),
  },
  powerOff: {
    verb: 'Power off',
    done: 'powered off',
    warning: 'This is like pulling the plug: whatever the guests have not written to their disks is lost.',
    isDangerous: true,
    run: ({ id }) => api.machine.powerOff({ machine: id }),
  },
  remove: {
    verb: 'Remove',
    done: 'removed from the list',
    warning: 'They leave the list. Their folders with disks and logs stay on this computer.',
    isDangerous: true,
    run: ({ id }) => api.machine.remove({ machine: id, deletesFiles: false }),
  },
};

/** What a toolbar or menu offers for several machines, in the field's order. */
export const BULK_COMMANDS = ['start', 'saveState', 'powerButton', 'powerOff', 'moveToGroup', 'remove'] as const;

/** Opens the dialog that asks once for all. */
export function openBulk(id: (typeof BULK_COMMANDS)[number], machineIds: readonly MachineId[]): void {
  openDialog(id === 'moveToGroup' ? { kind: 'moveToGroup', machineIds } : { kind: 'bulk', action: id, machineIds });
}

export interface BulkPlan {
  able: Machine[];
  /** With the reason why it is left out. */
  unable: { machine: Machine; reason: string }[];
}

/** Which of the machines an action is for, and why it is not for the others. */
export function bulkPlan(action: BulkAction, machines: Iterable<Machine>): BulkPlan {
  const command: Command = COMMANDS[action];
  const plan: BulkPlan = { able: [], unable: [] };
  for (const machine of machines) {
    const reason = command.whyNot(machine);
    if (reason === null) plan.able.push(machine);
    else plan.unable.push({ machine, reason });
  }
  return plan;
}

/** Does it to one after the other; where one is refused the rest goes on. What is to be said is said once for all. */
export async function runBulk(action: BulkAction, machines: readonly Machine[]): Promise<void> {
  const { run, done } = BULK[action];
  const warned: WarnedMachine[] = [];
  const failures: ErrorReport[] = [];
  for (const machine of machines) {
    const failure = await failureIn(() => run(machine, warned));
    if (failure !== null) failures.push(failureOfOne(machine.config.name, failure));
  }
  const count = machines.length - failures.length;
  if (count > 0) notifySuccess(`${countWords(count)} ${done}.`);
  sayWarnings(warned);
  notifyFailures(`${countWords(failures.length)} not ${done}`, failures);
}

export function countWords(count: number): string {
  return count === 1 ? '1 machine' : `${count} machines`;
}
