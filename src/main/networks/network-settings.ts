import { InnError } from '../../shared/errors.ts';
import { interfaceOf } from '../../shared/model/uplink.ts';
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
    uplink: null,
  },
  {
    name: 'NAT Network',
    kind: 'natNetwork',
    subnet: '10.0.3.0/24',
    mtu: 1500,
    description: 'The machines reach each other and the outside.',
    uplink: null,
  },
  {
    name: 'Internal',
    kind: 'internal',
    subnet: null,
    mtu: 1500,
    description: 'The machines reach each other alone.',
    uplink: null,
  },
  {
    name: 'Host-only',
    kind: 'hostOnly',
    subnet: '192.168.56.0/24',
    mtu: 1500,
    description: 'The machines reach each other, and this computer reaches them through port forwards.',
    uplink: null,
  },
];

/** Kinds that can do without a range, as their guests get addresses from elsewhere or choose their own. */
const WITHOUT_RANGE: readonly NetworkKind[] = ['internal', 'bridged'];

/** The usual range of a new network of a kind: one that no other has. */
export function usualSubnet(kind: NetworkKind, others: readonly Pick<Network, 'subnet'>[]): string | null {
  if (WITHOUT_RANGE.includes(kind)) return null;
  const taken = new Set(others.map(({ subnet }) => subnet));
  const ranges = Array.from({ length: 250 }, (_, number) =>
    kind === 'hostOnly' ? `192.168.${(56 + number) % 256}.0/24` : `10.0.${number + 4}.0/24`,
  );
  return ranges.find((range) => !taken.has(range)) ?? ranges[0] ?? null;
}

/** @throws InnError `INVALID_CONFIG` when a network cannot be so, beside these others */
export function assertSettings(network: Network, networks: readonly Network[]): void {
  if (network.subnet === null && !WITHOUT_RANGE.includes(network.kind)) {
    throw new InnError('INVALID_CONFIG', `The network '${network.name}' needs a range of addresses.`, {
      hint: 'Give it one, such as 10.0.4.0/24; only internal and bridged networks do without.',
    });
  }
  assertUplink(network, networks);
  const settings = gatewaySettingsOf(network);
  if (settings) parseSettings(settings);
}

/**
 * | kind | uplink | range |
 * |---|---|---|
 * | `bridged` | a bridge or TAP device | none: the host's own network gives addresses |
 * | `hostOnly` | none, or a TAP device | |
 * | others | none | |
 */
function assertUplink({ id, name, kind, subnet, uplink }: Network, networks: readonly Network[]): void {
  const refuse = (message: string, hint: string): never => {
    throw new InnError('INVALID_CONFIG', message, { hint });
  };
  if (kind === 'bridged' && uplink === null) {
    refuse(
      `The bridged network '${name}' needs a bridge or TAP device of this computer.`,
      'Name one; `inn network uplinks` shows what there is.',
    );
  }
  if (kind === 'bridged' && subnet !== null) {
    refuse(
      `The bridged network '${name}' can have no range of its own.`,
      "Leave the range out: the host's own network gives addresses to the guests.",
    );
  }
  if (uplink === null) return;
  if (kind !== 'bridged' && !(kind === 'hostOnly' && uplink.kind === 'tap')) {
    const only = 'Only bridged networks have one, and host-only networks a TAP device.';
    refuse(`The network '${name}' can have no such uplink.`, only);
  }
  const rival = networks.find(
    (each) => each.id !== id && each.uplink && interfaceOf(each.uplink) === interfaceOf(uplink),
  );
  if (rival) {
    refuse(
      `'${interfaceOf(uplink)}' is the uplink of the network '${rival.name}' already.`,
      'Two networks with one uplink would be one network. Put the machines on that one, or choose another uplink.',
    );
  }
}
