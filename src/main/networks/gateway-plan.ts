import { networkOf } from '../../shared/adapter-network.ts';
import { toHostname } from '../../shared/host-name.ts';
import type { MachineState } from '../../shared/machine-state.ts';
import { isRest } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { Network, PortForward, PortForwardId } from '../../shared/model/virtual-network.ts';
import { adaptersOn } from './attachment.ts';

/** What of a machine decides over its networks. */
export type NetworkedMachine = Pick<Machine, 'id' | 'config' | 'state' | 'reason'>;

/** What the gateway of a network should know and do. */
export interface GatewayPlan {
  /** Of all adapters on the network, those of machines that are off, too: they may be up in a moment. */
  names: { name: string; macAddress: string }[];
  fixed: { macAddress: string; address: string }[];
  /** Port forwards that are to be open, each with the adapter that it leads to. */
  forwards: { forward: PortForward; macAddress: string }[];
  /** Those of them whose machines sleep, or are on their way up or to sleep. */
  asleep: PortForwardId[];
}

/** Who connects meanwhile is held, until it is clear whether the machine is up, asleep or off. */
const ON_THE_WAY: readonly MachineState[] = ['Starting', 'Restoring', 'Saving'];

/** Whether a connection is to wake it: the idle policy has put it to sleep, and nobody else. */
export function isAsleep({ state, reason }: Pick<Machine, 'state' | 'reason'>): boolean {
  return reason === 'idle' && (state === 'Paused' || state === 'Saved' || state === 'AbortedSaved');
}

/**
 * Pure. Where two machines come down to one name, the first has it.
 * @param hostEnds addresses of this network that the host has itself
 */
export function gatewayPlan(
  network: Network,
  machines: readonly NetworkedMachine[],
  networks: readonly Network[],
  hostEnds: GatewayPlan['fixed'] = [],
): GatewayPlan {
  const here = machines.flatMap((machine) =>
    adaptersOn(network, machine.config, networks).flatMap((index) => {
      const adapter = machine.config.adapters[index];
      return adapter ? [{ machine, index, adapter }] : [];
    }),
  );
  const names = new Map<string, string>();
  for (const { machine, adapter } of here) {
    const name = toHostname(machine.config.name);
    if (name !== '' && !names.has(name)) names.set(name, adapter.macAddress);
  }
  // Nothing but the machines themselves is on an internal network, though it may give addresses.
  const reached = network.kind === 'internal' ? [] : network.forwards;
  const forwards = reached.flatMap((forward) => {
    const end = here.find(({ machine, index }) => machine.id === forward.machineId && index === forward.adapter);
    const isOpen = end && (isAsleep(end.machine) || !isRest(end.machine.state));
    return isOpen ? [{ forward, end }] : [];
  });
  return {
    names: [...names].map(([name, macAddress]) => ({ name, macAddress })),
    fixed: [...hostEnds, ...here.flatMap(({ adapter }) => fixedOf(adapter))],
    forwards: forwards.map(({ forward, end }) => ({ forward, macAddress: end.adapter.macAddress })),
    asleep: forwards.flatMap(({ forward, end }) =>
      isAsleep(end.machine) || ON_THE_WAY.includes(end.machine.state) ? [forward.id] : [],
    ),
  };
}

function fixedOf({ macAddress, fixedAddress }: NetworkAdapter): GatewayPlan['fixed'] {
  return fixedAddress === null ? [] : [{ macAddress, address: fixedAddress }];
}

/** Forwards that are kept with a network which their adapters have left, with the network that they are on now. */
export function strayForwards(
  machine: NetworkedMachine,
  networks: readonly Network[],
): { forward: PortForward; to: Network }[] {
  return networks.flatMap((from) =>
    from.forwards.flatMap((forward) => {
      const adapter = machine.config.adapters[forward.adapter];
      const to = forward.machineId === machine.id && adapter ? networkOf(adapter, networks) : undefined;
      return to && to.id !== from.id ? [{ forward, to }] : [];
    }),
  );
}
