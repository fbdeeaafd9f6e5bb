import { InnError } from '../../shared/errors.ts';
import type { Network, NetworkKind, NetworkSettings } from '../../shared/model/virtual-network.ts';
import { parseSettings } from './gateway/gateway-settings.ts';
import { gatewaySettingsOf } from './network-spec.ts';

/** The networks that are there without anybody having made them: one of each kind. Ranges as VirtualBox has them. */
export const BUILT_IN_NETWORKS: readonly NetworkSettings[] = [
  {
    name: 'NAT',
    kind: 'nat',
    subnet: '10.0.2.0/24',
    mtu: 1500,
    description: 'Each machine reaches the outside, and none of the others.',
  },
  {
    name: 'NAT Network',
    kind: 'natNetwork',
    subnet: '10.0.3.0/24',
    mtu: 1500,
    description: 'The machines reach each other and the outside.',
  },
  { name: 'Internal', kind: 'internal', subnet: null, mtu: 1500, description: 'The machines reach each other alone.' },
  {
    name: 'Host-only',
    kind: 'hostOnly',
    subnet: '192.168.56.0/24',
    mtu: 1500,
    description: 'The machines reach each other, and this computer reaches them through port forwards.',
  },
];

/** The usual range of a new network of a kind: one that no other has. */
export function usualSubnet(kind: NetworkKind, others: readonly Pick<Network, 'subnet'>[]): string | null {
  if (kind === 'internal') return null;
  const taken = new Set(others.map(({ subnet }) => subnet));
  const ranges = Array.from({ length: 250 }, (_, number) =>
    kind === 'hostOnly' ? `192.168.${(56 + number) % 256}.0/24` : `10.0.${number + 4}.0/24`,
  );
  return ranges.find((range) => !taken.has(range)) ?? ranges[0] ?? null;
}

/** @throws InnError `INVALID_CONFIG` when a network cannot be so */
export function assertSettings(network: Network): void {
  if (network.subnet === null && network.kind !== 'internal') {
    throw new InnError('INVALID_CONFIG', `The network '${network.name}' needs a range of addresses.`, {
      hint: 'Give it one, such as 10.0.4.0/24; only an internal network does without.',
    });
  }
  const settings = gatewaySettingsOf(network);
  if (settings) parseSettings(settings);
}
