import type { ForwardState, NetworkDetails, PortForward } from '../../../shared/model/virtual-network.ts';
import { table } from '../command-parts/print.ts';

/** A forward with its network's view of it; null: its network does not know it yet. */
export interface ForwardAndState {
  forward: PortForward;
  state: ForwardState | null;
}

export function forwardsOf(networks: readonly NetworkDetails[]): ForwardAndState[] {
  return networks.flatMap(({ network, forwards }) =>
    network.forwards.map((forward) => ({ forward, state: forwards.find(({ id }) => id === forward.id) ?? null })),
  );
}

/** `127.0.0.1:8080`; where any free port was asked for, the one that it has now. */
function placeOf({ hostAddress, hostPort }: PortForward, state: ForwardState | null): string {
  const port = state?.openPort ?? hostPort;
  return `${hostAddress}:${port === 0 ? 'any' : port}`;
}

function stateOf(state: ForwardState | null): string {
  if (state?.failure) return state.failure;
  if (state?.openPort == null) return 'closed: the machine is off';
  return state.connections === 0 ? 'open' : `open, used ${state.connections} times`;
}

/** @param nameOf name of a machine by its id */
export function forwardTable(all: readonly ForwardAndState[], nameOf: (id: string) => string): string[] {
  if (all.length === 0) return ['No port forwards yet. Try `inn forward add <machine> 8080:80`.'];
  const rows = all.map(({ forward, state }) => [
    ...[nameOf(forward.machineId), forward.protocol, placeOf(forward, state), String(forward.guestPort)],
    ...[stateOf(state), forward.description],
  ]);
  const hasNotes = all.some(({ forward }) => forward.description !== '');
  const header = ['MACHINE', 'PROTOCOL', 'HOST', 'GUEST PORT', 'STATE', ...(hasNotes ? ['NOTE'] : [])];
  return table(header, hasNotes ? rows : rows.map((row) => row.slice(0, -1)));
}

/** `127.0.0.1:8080 leads to port 80 of 'web', and is open.` */
export function addedLine({ forward, state }: { forward: PortForward; state: ForwardState }, machine: string): string {
  const { guestPort, hostAddress, hostPort } = forward;
  const isChosenLater = state.openPort === null && hostPort === 0;
  const place = isChosenLater ? `A free port of ${hostAddress}` : placeOf(forward, state);
  const goal = `port ${guestPort} of '${machine}'`;
  if (state.failure !== null) return `${place} is to lead to ${goal}, but is not open: ${state.failure}`;
  return `${place} leads to ${goal}, and ${state.openPort === null ? `opens when '${machine}' is on` : 'is open'}.`;
}

/** `127.0.0.1:8080 leads to port 80 of 'web' no longer.` */
export function removedLine({ forward, state }: ForwardAndState, machine: string): string {
  const runs = forward.protocol === 'tcp' && state?.openPort ? ' Connections that run go on.' : '';
  return `${placeOf(forward, state)} leads to port ${forward.guestPort} of '${machine}' no longer.${runs}`;
}
