import path from 'node:path';
import { networkOf } from '../../shared/adapter-network.ts';
import { InnError } from '../../shared/errors.ts';
import type { Issue, MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { IsolationProfile, NetworkAdapter } from '../../shared/model/network.ts';
import { interfaceOf } from '../../shared/model/uplink.ts';
import type { Network } from '../../shared/model/virtual-network.ts';
import { PROFILE_NAMES } from '../../shared/network-names.ts';
import { RUNTIME_FILES } from '../engines/runtime-files.ts';
import { isInSubnet, parseIpv4, parseSubnet } from './gateway/packets/addresses.ts';
import type { PortRequest } from './network-process/network-ports.ts';

export interface PlannedPort {
  network: Network;
  request: PortRequest;
}

/** What to do when there is no bridged network, or not just one. */
const MAKE_BRIDGED =
  'Make one in the Network Manager, or with `inn network create lan --kind bridged --bridge <bridge>`; `inn network uplinks` says what this computer has.';
/** Whoever is beyond an uplink, no rule of ours can be kept about. */
const UNKEPT_PROFILES: readonly IsolationProfile[] = ['standard', 'noLan'];

/** Name of an adapter's port on its switch. */
export const portIdOf = (machine: MachineId, adapter: number): string => `${machine}/${adapter}`;

/** The machine and adapter that a port's name means. */
export function parsePortId(id: string): { machineId: MachineId; adapter: number } {
  const [machine = '', adapter = ''] = id.split('/');
  return { machineId: machine as MachineId, adapter: Number(adapter) }; // written by `portIdOf`
}

/**
 * The ports that a machine's adapters need.
 * @throws InnError `NETWORK_NOT_FOUND` when the network of an adapter is gone or was never made, `INVALID_CONFIG` for a
 * profile that its network cannot keep
 */
export function portsOf(
  machine: { id: MachineId; config: MachineConfig; runtimeFolder: string },
  networks: readonly Network[],
): PlannedPort[] {
  return machine.config.adapters.flatMap((adapter, index) => {
    if (adapter.mode === 'notAttached') return [];
    const network = networkOf(adapter, networks);
    if (!network) throw refusal(adapter, index, machine.config.name, networks);
    assertKept(adapter, index, machine.config.name, network);
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

function refusal(
  { mode, networkId }: NetworkAdapter,
  index: number,
  machine: string,
  networks: readonly Network[],
): InnError {
  const details = { adapter: index, mode };
  if (mode === 'bridged' && networkId === null) {
    const message = `Adapter ${index + 1} of '${machine}' cannot be bridged. ${whyNoBridged(networks)}`;
    return new InnError('NETWORK_NOT_FOUND', message, { hint: bridgedCure(networks), details });
  }
  return new InnError('NETWORK_NOT_FOUND', `The network of adapter ${index + 1} of '${machine}' is gone.`, {
    hint: 'Choose another network in the settings of the machine.',
    details,
  });
}

const bridgedOf = (networks: readonly Network[]): Network[] => networks.filter(({ kind }) => kind === 'bridged');

function whyNoBridged(networks: readonly Network[]): string {
  return bridgedOf(networks).length === 0 ? 'There is no bridged network yet.' : 'There are several bridged networks.';
}

const bridgedCure = (networks: readonly Network[]): string =>
  bridgedOf(networks).length === 0 ? MAKE_BRIDGED : 'Choose one of them in the settings of the machine.';

/** A promise that nobody can keep is not made: no rule of ours reaches beyond an uplink. */
function assertKept({ profile }: NetworkAdapter, index: number, machine: string, { kind, name }: Network): void {
  if (kind !== 'bridged' || !UNKEPT_PROFILES.includes(profile)) return;
  throw new InnError('INVALID_CONFIG', `Adapter ${index + 1} of '${machine}': ${unkept(profile, name)}`, {
    hint: UNKEPT_CURE,
    details: { adapter: index, profile },
  });
}

const unkept = (profile: IsolationProfile, network: string): string =>
  `the isolation '${PROFILE_NAMES[profile]}' cannot be kept on the bridged network '${network}', which leads to everything that this computer's network reaches.`;
const UNKEPT_CURE = "Choose 'Open' to be part of that network, or 'Offline' for the machines of this network alone.";

/** What would be wrong with the networks of a configuration. */
export function networkIssues({ adapters }: MachineConfig, networks: readonly Network[]): Issue[] {
  return adapters.flatMap((adapter, index): Issue[] => {
    const field = `adapters.${index}`;
    if (adapter.mode === 'notAttached') return [];
    const network = networkOf(adapter, networks);
    if (!network && adapter.mode === 'bridged' && adapter.networkId === null) {
      const message = `${whyNoBridged(networks)} The machine does not start so. ${bridgedCure(networks)}`;
      return [{ severity: 'warning', field: `${field}.mode`, message }];
    }
    if (!network) {
      return [{ severity: 'error', field: `${field}.networkId`, message: 'There is no such network of this kind.' }];
    }
    return [
      ...profileIssues(adapter, network, `${field}.profile`),
      ...addressIssues(adapter, network, `${field}.fixedAddress`),
    ];
  });
}

function profileIssues({ profile }: NetworkAdapter, { kind, name, uplink }: Network, field: string): Issue[] {
  if (!UNKEPT_PROFILES.includes(profile) || uplink === null) return [];
  const message =
    kind === 'bridged'
      ? `The machine does not start so: ${unkept(profile, name)} ${UNKEPT_CURE}`
      : `With the isolation '${PROFILE_NAMES[profile]}' the guest does not meet '${interfaceOf(uplink)}', the interface of this computer on the network '${name}'. Choose 'Open' if it should.`;
  return [{ severity: 'warning', field, message }];
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
