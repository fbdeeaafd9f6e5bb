import { toErrorReport } from '../../shared/errors.ts';
import type { WorldEvent } from '../../shared/event-contract.ts';
import { isRest } from '../../shared/machine-state.ts';
import type { AdmissionReport, PlanKind } from '../../shared/model/admission.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { MIB } from '../../shared/units.ts';
import type { SettingTable } from '../db/setting-table.ts';
import type { Events } from '../events.ts';
import type { TaskService } from '../tasks/task-service.ts';
import type { Judgement } from './gatekeeper.ts';
import { makeRoomAndStart, type RoomDeps } from './make-room.ts';
import { WaitQueue } from './wait-queue.ts';

export interface AdmissionDeps extends RoomDeps {
  machines: RoomDeps['machines'] & { list(): Machine[] };
  runner: RoomDeps['runner'] & { judgeStart(id: MachineId, memoryMiB?: number): Promise<Judgement> };
  tasks: Pick<TaskService, 'run'>;
  settings: SettingTable;
  events: Pick<Events, 'watch'>;
}

/** Room on the host: whether there is enough, and how to get it. `ref` is a machine's name or id. */
export interface AdmissionService {
  /** @throws InnError `MACHINE_NOT_FOUND`, `ENGINE_MISSING`, `INVALID_CONFIG` */
  check(ref: string, options: { memoryMiB?: number | undefined }): Promise<AdmissionReport>;
  /**
   * Makes room and starts the machine, as one task; with `wait`, resolves at once and starts it when it fits.
   * @throws InnError see `makeRoomAndStart`; `HOST_MEMORY_SHORT`, `POOL_FULL` when the plan offers no such choice now
   */
  startWith(ref: string, choice: PlanKind, options: { isDisposable: boolean }): Promise<Machine>;
  /** Takes up what an earlier core left waiting. Call once, first. */
  open(): void;
  close(): Promise<void>;
}

export function createAdmissionService(deps: AdmissionDeps): AdmissionService {
  const { machines, runner, tasks, events, ceilings, log } = deps;
  const queue = new WaitQueue(deps);
  const changes = events.watch();
  /** Machines that room is made for at the moment: that they are at rest still does not end what they were given. */
  const expected = new Set<MachineId>();

  const startWith = async (machine: Machine, choice: Exclude<PlanKind, 'wait'>, isDisposable: boolean) => {
    const options = {
      title: `Making room to start '${machine.config.name}'`,
      machineId: machine.id,
      canCancel: true,
    };
    const request = { machineId: machine.id, choice, isDisposable };
    expected.add(machine.id);
    try {
      await tasks.run(options, (task) => makeRoomAndStart(deps, request, task));
    } finally {
      expected.delete(machine.id);
    }
  };

  /** What ended leaves room; what started waits no longer; what was taken for a machine is given back when it ends. */
  const heed = (event: WorldEvent) => {
    if (event.kind === 'machineRemoved') queue.drop(event.id);
    if (event.kind !== 'machineChanged') return;
    const { id, state } = event.machine;
    if (state === 'Running') queue.drop(id);
    if (!isRest(state)) return;
    ceilings.forget(id);
    if (!expected.has(id) && ceilings.holders().includes(id)) {
      const warn = (error: unknown) =>
        log.warn({ machine: id, error: toErrorReport(error) }, 'Memory was not given back');
      ceilings.release(id).catch(warn);
    }
    queue.look();
  };

  return {
    async check(ref, { memoryMiB }) {
      const { report } = await runner.judgeStart(machines.get(ref).id, memoryMiB);
      return report;
    },

    async startWith(ref, choice, { isDisposable }) {
      const machine = machines.get(ref);
      if (choice === 'wait') queue.add({ machineId: machine.id, isDisposable });
      else await startWith(machine, choice, isDisposable);
      return machines.get(machine.id);
    },

    open() {
      void ceilings.open({
        settings: deps.settings,
        online: machines.list().flatMap(({ id, state }) => (isRest(state) ? [] : [id])),
        balloonMiB: async (id) => {
          const { balloonBytes } = await runner.usageOf(id);
          return balloonBytes === null ? null : Math.floor(balloonBytes / MIB);
        },
        onError: (id, error) => log.warn({ machine: id, error: toErrorReport(error) }, 'Memory was not given back'),
      });
      queue.open();
      queue.look();
      void forEach(changes, heed);
    },

    async close() {
      await changes.return?.();
      await queue.close();
    },
  };
}

async function forEach(events: AsyncIterable<WorldEvent>, work: (event: WorldEvent) => void): Promise<void> {
  for await (const event of events) work(event);
}
