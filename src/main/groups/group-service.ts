import { setTimeout as delay } from 'node:timers/promises';
import { InnError } from '../../shared/errors.ts';
import type { GroupOutcome, GroupStop, StartedMachine } from '../../shared/group-contract.ts';
import { can, isOnline, isRest } from '../../shared/machine-state.ts';
import type { AdmissionWarning } from '../../shared/model/admission.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Events } from '../events.ts';
import { type OrderedMachine, type StartStep, startSteps, stopSteps } from '../hypervisor/start-order.ts';
import type { TaskHandle, TaskService } from '../tasks/task-service.ts';
import { inSteps, throwIfCancelled } from './in-steps.ts';
import { awaitReady, checkWords, type ReadinessDeps } from './readiness.ts';
import { awaitRest } from './rest.ts';

export interface GroupDeps extends ReadinessDeps {
  machines: { list(): Machine[]; get(ref: string): Machine };
  runner: ReadinessDeps['runner'] & {
    start(id: MachineId, options: { isDisposable: boolean }): Promise<unknown>;
    resume(id: MachineId): Promise<unknown>;
    saveState(id: MachineId): Promise<unknown>;
    powerButton(id: MachineId): Promise<unknown>;
    live(id: MachineId): { warnings: readonly AdmissionWarning[] } | undefined;
  };
  tasks: Pick<TaskService, 'run'>;
  events: Pick<Events, 'watch'>;
}

interface GroupCall {
  group: string;
  timeoutSeconds: number;
}

/** Whole groups of machines; a group has the groups within it. Templates and damaged machines stay out. */
export interface GroupService {
  /**
   * Starts the machines in their start order as one task, resumes the paused, restores the saved. What runs, runs on when
   * it fails or is cancelled. @returns the machines of the group, with what admission warned of
   * @throws InnError `MACHINE_NOT_FOUND` for an empty group, `INVALID_CONFIG` when a port cannot be reached, what a start
   * throws, `TIMEOUT` and `INVALID_STATE` for one that does not become ready; as `inSteps` tells them
   */
  start(call: GroupCall): Promise<StartedMachine[]>;
  /** Saves or shuts down the machines that run, in the order turned around. @throws InnError as `start` */
  stop(call: GroupCall & { how: GroupStop }): Promise<Machine[]>;
}

export function createGroupService(deps: GroupDeps): GroupService {
  const { machines, tasks } = deps;
  const title = (verb: string, group: string) => ({ title: `${verb} the group '${group}'`, machineId: null });
  return {
    async start({ group, timeoutSeconds }) {
      const steps = startSteps(membersOf(machines.list(), group), group);
      await assertPortsReachable(deps, steps.flat());
      const warned = await tasks.run({ ...title('Starting', group), canCancel: true }, (task) =>
        inSteps(steps, task, async (member, warnings) => {
          warnings.push(...(await startOne(deps, member, task)));
          await untilReady(deps, member, timeoutSeconds, task);
        }),
      );
      const warningsOf = (id: MachineId) => warned.find(({ machineId }) => machineId === id)?.warnings ?? [];
      return current(machines, steps).map((machine) => ({ ...machine, warnings: warningsOf(machine.id) }));
    },

    async stop({ group, timeoutSeconds, how }) {
      const steps = stopSteps(membersOf(machines.list(), group), group);
      const work = (task: TaskHandle) =>
        inSteps(steps, task, (member) => stopOne(deps, member, how, timeoutSeconds, task));
      await tasks.run({ ...title(how === 'saveState' ? 'Saving' : 'Shutting down', group), canCancel: true }, work);
      return current(machines, steps);
    },
  };
}

/** @throws InnError `MACHINE_NOT_FOUND` when there are none */
function membersOf(all: readonly Machine[], group: string): OrderedMachine[] {
  const members = all
    .filter(({ config, isDamaged }) => !config.isTemplate && !isDamaged)
    .map(({ id, config: { name, group: of, resources } }) => ({
      ...{ id, name, group: of },
      startOrder: resources.startOrder,
    }));
  if (startSteps(members, group).length > 0) return members;
  throw new InnError('MACHINE_NOT_FOUND', `There is no machine in the group '${group}'.`, {
    hint: 'Put machines into a group with `inn set <machine> --group`, or drag them there.',
  });
}

const current = (machines: GroupDeps['machines'], steps: readonly StartStep<OrderedMachine>[]): Machine[] =>
  steps.flat().map(({ id }) => machines.get(id));

/** Said before anything is started: a port that nothing leads to would be waited for in vain. */
async function assertPortsReachable({ placeOf }: GroupDeps, members: readonly OrderedMachine[]): Promise<void> {
  for (const { id, name, startOrder } of members) {
    const { waitsFor, port } = startOrder;
    if (waitsFor !== 'port' || port === null || (await placeOf(id, port)) !== null) continue;
    throw new InnError(
      'INVALID_CONFIG',
      `'${name}' is waited for on its port ${port}, but no port of the host leads there.`,
      {
        hint: `Add a port forward to port ${port} of '${name}', or wait for something else.`,
        details: { machine: name, port },
      },
    );
  }
}

/** @returns the machine with what admission warned of, or nobody */
async function startOne(
  { machines, runner }: GroupDeps,
  { id, name, startOrder }: OrderedMachine,
  task: TaskHandle,
): Promise<GroupOutcome['warned']> {
  if (isRest(machines.get(id).state) && startOrder.delaySeconds > 0) {
    task.progress(null, `'${name}' starts in ${startOrder.delaySeconds} s`);
    await delay(startOrder.delaySeconds * 1000, undefined, { signal: task.signal }).catch(() => undefined); // looked at below
  }
  throwIfCancelled(task.signal);
  task.progress(null, `Starting '${name}'`);
  const { state } = machines.get(id);
  if (state === 'Running') return [];
  // Where the machine is not at rest, paused or running, the start refuses it in the usual words.
  if (can('resume', state)) {
    await runner.resume(id);
    return [];
  }
  await runner.start(id, { isDisposable: false });
  const warnings = runner.live(id)?.warnings ?? [];
  return warnings.length === 0 ? [] : [{ machineId: id, name, warnings: [...warnings] }];
}

/** @throws InnError as `awaitReady` */
async function untilReady(deps: GroupDeps, { id, name }: OrderedMachine, timeoutSeconds: number, task: TaskHandle) {
  throwIfCancelled(task.signal);
  task.progress(null, `Waiting for ${checkWords(deps.machines.get(id))} ('${name}')`);
  await awaitReady(deps, id, timeoutSeconds, task.signal);
}

async function stopOne(
  deps: GroupDeps,
  { id, name }: OrderedMachine,
  how: GroupStop,
  timeoutSeconds: number,
  task: TaskHandle,
): Promise<void> {
  if (!isOnline(deps.machines.get(id).state)) return;
  task.progress(null, `${how === 'saveState' ? 'Saving' : 'Shutting down'} '${name}'`);
  await deps.runner[how](id);
  if (how === 'powerButton') await awaitRest(deps, id, timeoutSeconds, task.signal);
}
