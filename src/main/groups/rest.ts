import { InnError } from '../../shared/errors.ts';
import { describeState, isRest } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Events } from '../events.ts';

interface RestDeps {
  machines: { get(ref: string): Machine };
  events: Pick<Events, 'watch'>;
}

/**
 * Waits until the machine is off. @throws InnError `TIMEOUT` when its guest does not shut down in time; `CANCELLED`
 */
export async function awaitRest(
  { machines, events }: RestDeps,
  id: MachineId,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const changes = events.watch();
  const patience = AbortSignal.timeout(timeoutSeconds * 1000);
  const either = AbortSignal.any([signal, patience]);
  const leave = () => void changes.return?.();
  either.addEventListener('abort', leave, { once: true });
  try {
    for await (const _ of changes) if (isRest(machines.get(id).state) || either.aborted) break;
  } finally {
    either.removeEventListener('abort', leave);
  }
  const { config, state, reason } = machines.get(id);
  if (isRest(state)) return;
  if (signal.aborted) throw new InnError('CANCELLED', 'Waiting was cancelled.');
  throw new InnError(
    'TIMEOUT',
    `'${config.name}' did not shut down within ${timeoutSeconds} s (machine state: ${describeState(state, reason)}).`,
    {
      hint: `Its guest may ignore the power button. Save '${config.name}' instead.`,
      details: { machine: config.name },
    },
  );
}
