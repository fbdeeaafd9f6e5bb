import { networkOf } from '../../shared/adapter-network.ts';
import { isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { NetworkAdapter, NetworkId } from '../../shared/model/network.ts';
import type { Network } from '../../shared/model/virtual-network.ts';

/** A machine's adapter that is on a network, or on none. */
export interface Attachment {
  machine: Machine;
  index: number;
  adapter: NetworkAdapter;
  /** Undefined when the mode wants none, or the network that it names is gone. */
  network: Network | undefined;
}

/** Every adapter of every machine, with its network. */
export function attachments(machines: Iterable<Machine>, networks: Iterable<Network>): Attachment[] {
  const all = [...networks];
  return [...machines].flatMap((machine) =>
    machine.config.adapters.map((adapter, index) => ({ machine, index, adapter, network: networkOf(adapter, all) })),
  );
}

/** A line of the list of networks. */
export interface NetworkRow {
  network: Network;
  machines: readonly Machine[];
  online: number;
}

/** The networks that match a search, with the machines on each; the built-in ones first, then by name. */
export function networkRows(networks: Iterable<Network>, machines: Iterable<Machine>, search = ''): NetworkRow[] {
  const all = [...networks];
  const byNetwork = new Map<NetworkId, Set<Machine>>();
  for (const { machine, network } of attachments(machines, all)) {
    if (network === undefined) continue;
    byNetwork.set(network.id, (byNetwork.get(network.id) ?? new Set()).add(machine));
  }
  const wanted = search.trim().toLowerCase();
  const rows = all.map((network) => {
    const on = [...(byNetwork.get(network.id) ?? [])];
    return { network, machines: on, online: on.filter(({ state }) => isOnline(state)).length };
  });
  return rows
    .filter(({ network: { name, subnet, description }, machines: on }) =>
      [name, subnet ?? '', description, ...on.map(({ config }) => config.name)].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
    )
    .sort(
      (a, b) =>
        Number(b.network.isBuiltIn) - Number(a.network.isBuiltIn) ||
        (a.network.isBuiltIn ? 0 : a.network.name.localeCompare(b.network.name, undefined, { numeric: true })),
    );
}

/** Other machines with an adapter of the same address. */
export function othersWithMac(machines: Iterable<Machine>, own: Machine['id'], macAddress: string): Machine[] {
  return [...machines].filter(
    ({ id, config }) => id !== own && config.adapters.some((adapter) => adapter.macAddress === macAddress),
  );
}
