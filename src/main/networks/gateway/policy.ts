import { BlockList, isIPv6 } from 'node:net';
import type { IsolationProfile } from '../../../shared/model/network.ts';
import { PROFILE_NAMES } from '../../../shared/network-names.ts';

/** What an address is, seen from a machine behind the gateway. */
export type Place = 'gateway' | 'network' | 'host' | 'lan' | 'linkLocal' | 'multicast' | 'reserved' | 'internet';

/** `out`: the machine opens a connection; `in`: the host opens one to the machine, through a port forward. */
export type Direction = 'out' | 'in';

/** What `placeOf` must know of the surroundings; addresses as text, IPv4 or IPv6. */
export interface Surroundings {
  gatewayAddress: string;
  /** Stands for the host itself: connections to it go to the host's loopback. */
  hostAlias: string;
  /** Whether an address is in the network's own range. */
  isOwn: (address: string) => boolean;
  /** All addresses of the host's interfaces. */
  hostAddresses: readonly string[];
}

/** Each rule with what it says, for the report that names the one responsible. */
export const RULES = {
  'open.everything': `The profile '${PROFILE_NAMES.open}' lets the machine reach everything.`,
  'standard.outside': `The profile '${PROFILE_NAMES.standard}' lets the machine reach all but services of this computer.`,
  'standard.host': `The profile '${PROFILE_NAMES.standard}' keeps the machine from services of this computer.`,
  'noLan.internet': `The profile '${PROFILE_NAMES.noLan}' lets the machine reach the internet.`,
  'noLan.private': `The profile '${PROFILE_NAMES.noLan}' keeps the machine from private, local and reserved addresses.`,
  'offline.network': `The profile '${PROFILE_NAMES.offline}' lets the machine reach its own network.`,
  'offline.outside': `The profile '${PROFILE_NAMES.offline}' keeps the machine inside its own network.`,
  'quarantine.nothing': `The profile '${PROFILE_NAMES.quarantine}' lets the machine reach nothing.`,
  'gateway.services': 'Addresses and names are given by the gateway, unless in quarantine.',
  'gateway.multicast': 'The gateway carries no multicast and no broadcast to the outside.',
  'gateway.network': 'The gateway carries nothing between machines of one network: they reach each other directly.',
  'gateway.noOutside': 'This network has no outside: its machines and this computer only.',
  'gateway.protocol': 'The gateway carries TCP and UDP to the outside, and answers a ping only for itself.',
  'gateway.forward': 'A port forward lets this computer reach the machine.',
  'gateway.spoofed': 'The frame bears an address or belongs to a connection of another machine.',
  'limit.tcp': 'The machine has as many TCP connections open as one machine may.',
  'limit.udp': 'The machine has as many UDP mappings open as one machine may.',
  'limit.dns': 'The machine asks for names faster than they can be answered.',
} as const;
export type RuleId = keyof typeof RULES;

export interface Decision {
  isAllowed: boolean;
  rule: RuleId;
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry and its twin for IPv6. */
const RANGES: Record<'host' | 'lan' | 'linkLocal' | 'multicast' | 'reserved', BlockList> = {
  host: blockList('127.0.0.0/8', '::1/128'),
  lan: blockList('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10'),
  linkLocal: blockList('169.254.0.0/16', 'fe80::/10'),
  multicast: blockList('224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'),
  reserved: blockList(
    ...['0.0.0.0/8', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24'],
    // IPv6 addresses that carry IPv4 ones inside lead to places that these rules would not see.
    ...['203.0.113.0/24', '240.0.0.0/4', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23'],
    ...['2001:db8::/32', '2002::/16'],
  ),
};

function blockList(...subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefixLength] = subnet.split('/');
    list.addSubnet(address, Number(prefixLength), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}

const isIn = (list: BlockList, address: string): boolean => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/**
 * Where an address leads. The surroundings come first: a network may use a range that the LAN uses too, and an address of
 * the host is the host whatever its range.
 */
export function placeOf(address: string, surroundings: Surroundings): Place {
  const { gatewayAddress, hostAlias, isOwn, hostAddresses } = surroundings;
  if (address === gatewayAddress) return 'gateway';
  if (address === hostAlias || hostAddresses.includes(unmapped(address)) || isIn(RANGES.host, address)) return 'host';
  // An address of all zeros is the host itself to the systems that let programs connect to it.
  if (address === '0.0.0.0' || address === '::' || address === '::ffff:0:0') return 'host';
  if (isOwn(address)) return 'network';
  for (const place of ['multicast', 'linkLocal', 'lan', 'reserved'] as const) {
    if (isIn(RANGES[place], address)) return place;
  }
  return 'internet';
}

const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

const allowed = (rule: RuleId): Decision => ({ isAllowed: true, rule });
const refused = (rule: RuleId): Decision => ({ isAllowed: false, rule });

/**
 * Whether a profile lets a machine reach a place, or the host reach the machine, with the rule responsible. `network` as
 * a place means frames that the switch carries between its machines; through the gateway none of them goes.
 */
export function decide(profile: IsolationProfile, place: Place, direction: Direction): Decision {
  if (profile === 'quarantine') return refused('quarantine.nothing');
  if (direction === 'in') return profile === 'offline' ? refused('offline.outside') : allowed('gateway.forward');
  if (place === 'gateway') return allowed('gateway.services');
  if (profile === 'offline') return place === 'network' ? allowed('offline.network') : refused('offline.outside');
  if (place === 'multicast') return refused('gateway.multicast');
  if (profile === 'open') return allowed('open.everything');
  if (profile === 'standard') return place === 'host' ? refused('standard.host') : allowed('standard.outside');
  return place === 'internet' ? allowed('noLan.internet') : refused('noLan.private');
}
