import path from 'node:path';
import { networkOf } from '../../shared/adapter-network.ts';
import { InnError } from '../../shared/errors.ts';
import type { Issue, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { Network } from '../../shared/model/virtual-network.ts';
import { RUNTIME_FILES } from '../engines/runtime-files.ts';
import { isInSubnet, parseIpv4, parseSubnet } from './gateway/packets/addresses.ts';
import type { PortRequest } from './network-process/network-ports.ts';

export interface PlannedPort {
  network: Network;
  request: PortRequest;
}

/** Why a bridge is refused; making one takes a right that no ordinary user has. */
const NO_BRIDGE = 'A bridge to the network of this computer needs a TAP device, which this program may not make here';
const NO_BRIDGE_CURE =
  'Use NAT or a NAT Network, with port forwards for what others are to reach; or ask an administrator for a TAP device.';

/** Name of an adapter's port on its switch. */
export const portIdOf = (machine: MachineId, adapter: number): string => `${machine}/${adapter}`;

/** The machine and adapter that a port's name means. */
export function parsePortId(id: string): { machineId: MachineId; adapter: number } {
  const [machine = '', adapter = ''] = id.split('/');
  return { machineId: machine as MachineId, adapter: Number(adapter) }; // written by `portIdOf`
}

/**
 * The ports that a machine's adapters need.
 * @throws InnError `NOT_SUPPORTED` for a bridge, `NETWORK_NOT_FOUND` when the network of an adapter is gone
 */
export function portsOf(
  machine: { id: MachineId; config: MachineConfig; runtimeFolder: string },
  networks: readonly Network[],
): PlannedPort[] {
  return machine.config.adapters.flatMap((adapter, index) => {
    if (adapter.mode === 'notAttached') return [];
    const network = networkOf(adapter, networks);
    if (!network) throw refusal(adapter, index, machine.config.name);
    const socket = path.join(machine.runtimeFolder, RUNTIME_FILES.frames(index));
    return [{ network, request: { id: portIdOf(machine.id, index), path: socket, settings: portSettings(adapter) } }];
  });
}

function portSettings(adapter: NetworkAdapter): PortRequest['settings'] {
  const { macAddress, isCableConnected, profile, promiscuous, conditions } = adapter;
  const { limitInBitsPerSecond, limitOutBitsPerSecond } = adapter;
  return {
    ...{ macAddress, isCableConnected, profile, promiscuous, conditions },
    ...{ limitInBitsPerSecond, limitOutBitsPerSecond },
  };
}

function refusal({ mode }: NetworkAdapter, index: number, machine: string): InnError {
  const details = { adapter: index, mode };
  if (mode === 'bridged') {
    const message = `Adapter ${index + 1} of '${machine}' cannot be bridged. ${NO_BRIDGE}.`;
    return new InnError('NOT_SUPPORTED', message, { hint: NO_BRIDGE_CURE, details });
  }
  return new InnError('NETWORK_NOT_FOUND', `The network of adapter ${index + 1} of '${machine}' is gone.`, {
    hint: 'Choose another network in the settings of the machine.',
    details,
  });
}

/** What would be wrong with the networks of a configuration. */
export function networkIssues({ adapters }: MachineConfig, networks: readonly Network[]): Issue[] {
  return adapters.flatMap((adapter, index): Issue[] => {
    const field = `adapters.${index}`;
    if (adapter.mode === 'notAttached') return [];
    if (adapter.mode === 'bridged') {
      const message = `${NO_BRIDGE}: the machine does not start so. ${NO_BRIDGE_CURE}`;
      return [{ severity: 'warning', field: `${field}.mode`, message }];
    }
    const network = networkOf(adapter, networks);
    if (!network) {
      return [{ severity: 'error', field: `${field}.networkId`, message: 'There is no such network of this kind.' }];
    }
    return addressIssues(adapter, network, `${field}.fixedAddress`);
  });
}

function addressIssues({ fixedAddress }: NetworkAdapter, { name, subnet }: Network, field: string): Issue[] {
  if (fixedAddress === null) return [];
  const range = subnet === null ? undefined : parseSubnet(subnet);
  const address = parseIpv4(fixedAddress);
  if (range && address !== undefined && isInSubnet(range, address)) return [];
  const message =
    subnet === null
      ? `The network '${name}' gives no addresses.`
      : `The address ${fixedAddress} is not in ${subnet}, the range of the network '${name}'.`;
  return [{ severity: 'error', field, message }];
}
