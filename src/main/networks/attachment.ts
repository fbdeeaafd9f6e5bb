import { networkOf } from '../../shared/adapter-network.ts';
import type { MachineConfig } from '../../shared/model/machine.ts';
import type { Network } from '../../shared/model/virtual-network.ts';

/** Indexes of the adapters that a machine has on a network. */
export function adaptersOn(
  { id }: Network,
  { adapters }: Pick<MachineConfig, 'adapters'>,
  networks: readonly Network[],
): number[] {
  return adapters.flatMap((adapter, index) => (networkOf(adapter, networks)?.id === id ? [index] : []));
}
