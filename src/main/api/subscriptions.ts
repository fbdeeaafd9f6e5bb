import { AsyncIteratorClass } from '@orpc/server';
import { InnError } from '../../shared/errors.ts';
import type { WorldEvent } from '../../shared/event-contract.ts';
import { describeState, MACHINE_STATES, type MachineState } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { UsageSample } from '../../shared/model/usage.ts';
import { LatestStream } from './latest-stream.ts';
import type { CoreServices } from './services.ts';

/** An event stream as oRPC wants it. Its `return()` does not wait for the next event, as a generator's would. */
type Stream<T> = AsyncIteratorClass<T, undefined, void>;

/** A snapshot, then every change, on one ordered stream that lasts until `signal` ends it. */
export function openWorldStream(services: CoreServices, signal?: AbortSignal): Stream<WorldEvent> {
  const { machines, snapshots, media, pools, networks, tasks, events } = services;
  const stream = events.subscribe(() => ({
    kind: 'snapshot',
    machines: machines.list(),
    media: media.known(),
    snapshots: snapshots.known(),
    pools: pools.list(),
    networks: networks.list(),
    tasks: tasks.list(),
  }));
  return endOnAbort(stream, signal);
}

/** The samples of the last minutes, oldest first, then one a second, until `signal` ends the stream. */
export function openUsageStream({ usage }: CoreServices, signal?: AbortSignal): Stream<UsageSample> {
  return endOnAbort(new LatestStream(usage.recent(), usage.subscribe), signal);
}

export interface WaitForState {
  machine: string;
  states: MachineState[];
  timeoutMs: number;
}

/**
 * Resolves with the machine once it is in one of the states, at once when it is already.
 * @throws InnError `MACHINE_NOT_FOUND` when it is or becomes unknown, `TIMEOUT`, `CANCELLED`.
 */
export async function waitForState(services: CoreServices, wait: WaitForState, signal?: AbortSignal): Promise<Machine> {
  const { states, timeoutMs } = wait;
  const deadline = AbortSignal.timeout(timeoutMs);
  let current = services.machines.get(wait.machine);
  const { id, config } = current;
  const changes = endOnAbort(
    services.events.subscribe(() => ({ kind: 'machineChanged', machine: services.machines.get(id) })),
    signal ? AbortSignal.any([signal, deadline]) : deadline,
  );
  for await (const event of changes) {
    if (event.kind === 'machineRemoved' && event.id === id) throw removed(config.name);
    if (event.kind !== 'machineChanged' || event.machine.id !== id) continue;
    current = event.machine;
    if (states.includes(current.state)) return current;
  }
  if (deadline.aborted) throw tooLate(current, states, timeoutMs);
  throw new InnError('CANCELLED', `Stopped waiting for '${config.name}' because the caller left or the core closed.`);
}

/** Ends the stream when the signal says so, and forgets the signal when the stream ends by itself. */
function endOnAbort<T>(stream: AsyncIterableIterator<T>, signal: AbortSignal | undefined): Stream<T> {
  const end = async () => {
    signal?.removeEventListener('abort', end);
    await stream.return?.();
  };
  if (signal?.aborted) void end();
  else signal?.addEventListener('abort', end);
  const next = async (): Promise<IteratorResult<T, undefined>> => {
    const { done, value } = await stream.next();
    return done ? { done, value: undefined } : { value };
  };
  return new AsyncIteratorClass(next, end);
}

function removed(name: string): InnError {
  return new InnError('MACHINE_NOT_FOUND', `Cannot wait for '${name}' any longer because it was removed.`, {
    hint: 'The list of machines shows those that are there.',
  });
}

function tooLate({ config, state, reason }: Machine, states: MachineState[], timeoutMs: number): InnError {
  const wanted = states.map((each) => MACHINE_STATES[each].label).join(' or ');
  return new InnError(
    'TIMEOUT',
    `'${config.name}' did not become ${wanted} within ${timeoutMs} ms (machine state: ${describeState(state, reason)}).`,
    { hint: 'Wait longer, or look at the screen and the log of the machine.', details: { state, states } },
  );
}
