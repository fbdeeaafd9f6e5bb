import { InnError } from '../../../shared/errors.ts';
import { describeState, isOnline } from '../../../shared/machine-state.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { ForwardState, PortForward, PortForwardId } from '../../../shared/model/virtual-network.ts';
import type { InnClient } from '../../api/client-link.ts';

/** Where the host reaches a port of a guest. */
export interface GuestPort {
  hostAddress: string;
  hostPort: number;
  /** The forward that was made for this; null: it was there before, and stays. */
  temporaryId: PortForwardId | null;
}

/** Says what a forward is for that is made for a while: those of others who do the same are left to them. */
const TEMPORARY = 'inn ssh';

/**
 * A way from the host to a port of a guest: a forward that is open, else a new one on any free port.
 * @throws InnError `INVALID_STATE` while the machine neither runs nor sleeps by the idle policy; as `network.addForward`
 */
export async function openGuestPort(client: InnClient, machine: Machine, guestPort: number): Promise<GuestPort> {
  assertWithinReach(machine);
  const known = await findOpen(client, machine, guestPort);
  if (known) return known;
  const { forward, state } = await client.network.addForward({
    ...{ machine: machine.id, adapter: adapterFor(machine), protocol: 'tcp', hostPort: 0, guestPort },
    description: TEMPORARY,
    ownerPid: process.pid, // however this program ends
  });
  if (state.openPort !== null) return placeOf(forward, state.openPort, forward.id);
  await client.network.removeForward({ id: forward.id });
  throw new InnError('INVALID_STATE', `No port could be opened to '${machine.config.name}': ${explain(state)}`, {
    hint: 'Look at its network with `inn network list`, then try again.',
  });
}

/** Removes the forward if it was made for a while; one that somebody has removed meanwhile is as it should be. */
export async function closeGuestPort(client: InnClient, { temporaryId }: GuestPort): Promise<void> {
  if (temporaryId === null) return;
  const forwards = (await client.network.list({})).flatMap((network) => network.forwards);
  if (forwards.some(({ id }) => id === temporaryId)) await client.network.removeForward({ id: temporaryId });
}

async function findOpen(client: InnClient, { id }: Machine, guestPort: number): Promise<GuestPort | undefined> {
  for (const network of await client.network.list({})) {
    const known = network.forwards.filter(
      (each) =>
        each.machineId === id &&
        each.guestPort === guestPort &&
        each.protocol === 'tcp' &&
        each.description !== TEMPORARY,
    );
    const states = known.length === 0 ? [] : (await client.network.get({ network: network.id })).forwards;
    for (const forward of known) {
      const openPort = states.find((state) => state.id === forward.id)?.openPort;
      if (openPort) return placeOf(forward, openPort, null);
    }
  }
  return undefined;
}

function placeOf({ hostAddress }: PortForward, hostPort: number, temporaryId: PortForwardId | null): GuestPort {
  return { hostAddress: hostAddress === '0.0.0.0' ? '127.0.0.1' : hostAddress, hostPort, temporaryId };
}

function assertWithinReach({ config, state, reason }: Machine): void {
  const isAwake = isOnline(state) && state !== 'Paused';
  if (isAwake || reason === 'idle') return; // a connection wakes a machine that the idle policy has put to sleep
  const message = `'${config.name}' does not run (machine state: ${describeState(state, reason)}).`;
  const hint = state === 'Paused' ? `inn resume '${config.name}'` : `inn start '${config.name}'`;
  throw new InnError('INVALID_STATE', message, { hint: `Let it run first: ${hint}` });
}

/** The first adapter to which a port can lead; where there is none, the first, so that it is said why not. */
function adapterFor({ config }: Machine): number {
  const isReachable = (mode: string): boolean => mode === 'nat' || mode === 'natNetwork' || mode === 'hostOnly';
  return Math.max(
    0,
    config.adapters.findIndex(({ mode }) => isReachable(mode)),
  );
}

const explain = ({ failure }: ForwardState): string => failure ?? 'its network does not run.';
