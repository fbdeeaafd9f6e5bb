import type { MachineConfig } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { Network } from '../../shared/model/virtual-network.ts';

/** The network that an adapter is on; undefined: on none, as its mode wants it or because the one it names is gone. */
export function networkOf(adapter: NetworkAdapter, networks: readonly Network[]): Network | undefined {
  const { mode, networkId } = adapter;
  const ofKind = networks.filter(({ kind }) => kind === mode);
  return networkId === null ? ofKind.find(({ isBuiltIn }) => isBuiltIn) : ofKind.find(({ id }) => id === networkId);
}

/** Indexes of the adapters that a machine has on a network. */
export function adaptersOn(
  { id }: Network,
  { adapters }: Pick<MachineConfig, 'adapters'>,
  networks: readonly Network[],
): number[] {
  return adapters.flatMap((adapter, index) => (networkOf(adapter, networks)?.id === id ? [index] : []));
}
