import { InnError } from '../../shared/errors.ts';
import { describeState, isTransient } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Events } from '../events.ts';

export interface WakeDeps {
  get(id: MachineId): Machine;
  start(id: MachineId, options: { isDisposable: boolean }): Promise<unknown>;
  resume(id: MachineId): Promise<unknown>;
  events: Pick<Events, 'watch'>;
}

/** A machine that a person paused or saved sleeps as well; one that is powered off does not. */
const isAsleep = ({ state }: Machine) => state === 'Paused' || state === 'Saved' || state === 'AbortedSaved';

/**
 * Makes a function that wakes a machine which is paused or saved, whoever made it so, and resolves when it runs. One that
 * runs is awake already; one that is just being saved or started is waited for. Callers at the same time share one wake.
 * @throws InnError `INVALID_STATE` when it is powered off or stuck, and what start and resume throw
 */
export function createWake(deps: WakeDeps): (id: MachineId) => Promise<void> {
  const underWay = new Map<MachineId, Promise<void>>();
  return (id) => {
    const known = underWay.get(id);
    if (known) return known;
    const waking = wake(deps, id).finally(() => underWay.delete(id));
    underWay.set(id, waking);
    return waking;
  };
}

async function wake(deps: WakeDeps, id: MachineId): Promise<void> {
  for (;;) {
    const machine = deps.get(id);
    const { state, config } = machine;
    if (state === 'Running') return;
    if (isTransient(state)) await settled(deps, id);
    else if (state === 'Paused') await deps.resume(id);
    else if (isAsleep(machine)) await deps.start(id, { isDisposable: false });
    else {
      throw new InnError(
        'INVALID_STATE',
        `Cannot wake '${config.name}' because it is not paused or saved (machine state: ${describeState(state)}).`,
        {
          hint: `Start '${config.name}' first.`,
          details: { state },
        },
      );
    }
  }
}

async function settled({ get, events }: WakeDeps, id: MachineId): Promise<void> {
  for await (const _ of events.watch()) if (!isTransient(get(id).state)) return;
}

/** As `wake`, for a machine that the idle policy has put to sleep; any other is left as it is. */
export function createIdleWake(
  get: (id: MachineId) => Machine,
  wakeUp: (id: MachineId) => Promise<void>,
): (id: MachineId) => Promise<void> {
  return async (id) => {
    const machine = get(id);
    if (machine.reason === 'idle' && isAsleep(machine)) await wakeUp(id);
  };
}
