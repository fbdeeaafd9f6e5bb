import { networkOf } from '../../shared/adapter-network.ts';
import { toHostname } from '../../shared/host-name.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { Network, NetworkDetails, NetworkLease, NetworkPort } from '../../shared/model/virtual-network.ts';
import type { MachineAddress } from '../../shared/network-contract.ts';
import type { StoredLease } from '../db/network-table.ts';
import { adaptersOn } from './attachment.ts';
import { parseSettings } from './gateway/gateway-settings.ts';
import { formatIpv4 } from './gateway/packets/addresses.ts';
import { formatIpv6 } from './gateway/packets/ip-address.ts';
import { RULES, type RuleId } from './gateway/policy.ts';
import type { HeardAddresses } from './kept-network.ts';
import { parsePortId } from './machine-ports.ts';
import type { PortState } from './network-process/network-ports.ts';
import { gatewaySettingsOf } from './network-spec.ts';

/** The domain in which machines have their names. */
const DOMAIN = 'inn';

/** `<machine>.inn` */
export const fullName = (machine: string): string => `${toHostname(machine)}.${DOMAIN}`;

/** The gateway's address and the one that stands for the host; null: the network has no gateway. */
export function gatewayAddresses(network: Network): { gateway: string; hostAlias: string } | null {
  const settings = gatewaySettingsOf(network);
  if (!settings) return null;
  const { address, hostAlias } = parseSettings(settings);
  return { gateway: formatIpv4(address), hostAlias: formatIpv4(hostAlias) };
}

/** The same of IPv6, with the prefix that machines make their addresses in; null: the network carries none. */
export function ipv6Of(network: Network): NetworkDetails['ipv6'] {
  const settings = gatewaySettingsOf(network);
  const ipv6 = settings && parseSettings(settings).ipv6;
  if (!ipv6) return null;
  const { prefix, address, hostAlias } = ipv6;
  return {
    prefix: `${formatIpv6(prefix)}/64`,
    gatewayAddress: formatIpv6(address),
    hostAlias: formatIpv6(hostAlias),
  };
}

/** The address that an adapter has: by its lease, or the one that is fixed for it; null: none. */
export function addressOf(
  { macAddress, fixedAddress }: Machine['config']['adapters'][number],
  leases: readonly StoredLease[],
): string | null {
  return leases.find((lease) => lease.macAddress === macAddress)?.address ?? fixedAddress;
}

/** The IPv6 addresses that an adapter was heard to use on a network. */
const heardOf = ({ macAddress }: NetworkAdapter, heard: readonly HeardAddresses[]): string[] =>
  heard.find((each) => each.macAddress === macAddress)?.addresses ?? [];

/** Where each adapter of a machine is. */
export function addressesOf(
  { config }: Machine,
  networks: readonly Network[],
  leasesOf: (network: Network) => readonly StoredLease[],
  heardOn: (network: Network) => readonly HeardAddresses[],
): MachineAddress[] {
  return config.adapters.map((adapter, index) => {
    const network = networkOf(adapter, networks);
    const hasNames = network !== undefined && gatewayAddresses(network) !== null;
    return {
      adapter: index,
      macAddress: adapter.macAddress,
      network: network?.name ?? null,
      networkId: network?.id ?? null,
      address: network && hasNames ? addressOf(adapter, leasesOf(network)) : null,
      addresses6: network ? heardOf(adapter, heardOn(network)) : [],
      name: hasNames ? fullName(config.name) : null,
    };
  });
}

/** Ports of machines that are known, as the switch sees them. */
export function portsView(
  states: readonly PortState[],
  machines: readonly Machine[],
  leases: readonly StoredLease[],
  heard: readonly HeardAddresses[],
): NetworkPort[] {
  return states.flatMap(({ id, settings, isUp, counters }) => {
    const { machineId, adapter: index } = parsePortId(id);
    const machine = machines.find((each) => each.id === machineId);
    const adapter = machine?.config.adapters[index];
    if (!machine || !adapter) return [];
    const { dropped, ...counted } = counters;
    return [
      {
        ...{ machineId, machineName: machine.config.name, adapter: index, macAddress: settings.macAddress },
        ...{
          address: addressOf(adapter, leases),
          addresses6: heardOf(adapter, heard),
          name: fullName(machine.config.name),
          profile: settings.profile,
        },
        ...{ isCableConnected: settings.isCableConnected, isUp, ...counted },
        drops: Object.fromEntries(Object.entries(dropped).filter(([, count]) => count > 0)),
      },
    ];
  });
}

export function leasesView(
  leases: readonly StoredLease[],
  machines: readonly Machine[],
  network: Network,
  networks: readonly Network[],
): NetworkLease[] {
  const nameOf = (macAddress: string): string | null => {
    const owner = machines.find(({ config }) =>
      adaptersOn(network, config, networks).some((index) => config.adapters[index]?.macAddress === macAddress),
    );
    return owner?.config.name ?? null;
  };
  return leases.map(({ macAddress, address, hostName, expiresAtMs }) => ({
    ...{ macAddress, address, hostName, machineName: nameOf(macAddress) },
    expiresAt: new Date(expiresAtMs).toISOString(),
  }));
}

export function refusalsView(counts: Readonly<Record<string, number>>): NetworkDetails['refusals'] {
  return Object.entries(counts).map(([rule, count]) => ({ rule, says: RULES[rule as RuleId] ?? rule, count }));
}
