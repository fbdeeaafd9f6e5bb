import { setTimeout as delay } from 'node:timers/promises';
import { InnError } from '../../shared/errors.ts';
import { describeState } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { Session } from '../engines/engine.ts';
import { answersOnPort, type PortPlace } from './port-probe.ts';

/** How often a machine is asked whether it is ready, in milliseconds. */
const LOOK_MS = 500;

export interface ReadinessDeps {
  machines: { get(ref: string): Machine };
  runner: { askGuest<T>(id: MachineId, work: (session: Session) => Promise<T>): Promise<T> };
  /** Where a TCP port of the guest can be reached; null: nowhere. */
  placeOf(id: MachineId, guestPort: number): Promise<PortPlace | null>;
  lookMs?: number;
}

/**
 * Waits until the machine is as far as its start order says: its agent answers, or its port. One that only has to run is.
 * @throws InnError `TIMEOUT` naming machine and check; `INVALID_STATE` when the machine ends meanwhile; `CANCELLED`
 */
export async function awaitReady(
  deps: ReadinessDeps,
  id: MachineId,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const { config } = deps.machines.get(id);
  const { waitsFor } = config.resources.startOrder;
  if (waitsFor === 'nothing' || waitsFor === 'running') return;
  const patience = AbortSignal.timeout(timeoutSeconds * 1000);
  const either = AbortSignal.any([signal, patience]);
  while (!(await isReady(deps, id, either))) {
    if (signal.aborted) throw new InnError('CANCELLED', 'Waiting was cancelled.');
    assertRuns(deps.machines.get(id));
    if (patience.aborted) throw notReady(deps.machines.get(id), timeoutSeconds);
    await delay(deps.lookMs ?? LOOK_MS, undefined, { signal: either }).catch(() => undefined); // looked at above
  }
}

/** What is waited for, as in "'db' did not become ready: …". */
export function checkWords({ config }: Machine): string {
  const { waitsFor, port } = config.resources.startOrder;
  if (waitsFor === 'guestAgent') return 'its guest agent';
  return waitsFor === 'port' ? `its port ${port}` : 'it to run';
}

async function isReady({ machines, runner, placeOf }: ReadinessDeps, id: MachineId, signal: AbortSignal) {
  const { waitsFor, port } = machines.get(id).config.resources.startOrder;
  if (waitsFor === 'port' && port !== null) {
    const place = await placeOf(id, port);
    return place !== null && answersOnPort(place, signal);
  }
  if (waitsFor !== 'guestAgent') return true;
  // A machine that does not run, or not any more, has no agent; which of the two is told by its state.
  return runner.askGuest(id, async ({ guestAgent }) => guestAgent?.isConnected() ?? false).catch(() => false);
}

function assertRuns({ config: { name }, state, reason }: Machine): void {
  if (state === 'Running' || state === 'LiveSnapshotting' || state === 'DeletingSnapshotOnline') return;
  throw new InnError(
    'INVALID_STATE',
    `'${name}' stopped before it was ready (machine state: ${describeState(state, reason)}).`,
    { hint: `Look at the log and the screen of '${name}'.`, details: { machine: name, state } },
  );
}

function notReady(machine: Machine, timeoutSeconds: number): InnError {
  const { name } = machine.config;
  return new InnError(
    'TIMEOUT',
    `'${name}' did not become ready within ${timeoutSeconds} s: ${checkWords(machine)} did not answer.`,
    { hint: `Look at the screen of '${name}', or give it more time.`, details: { machine: name } },
  );
}
