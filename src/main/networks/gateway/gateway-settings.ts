import { InnError } from '../../../shared/errors.ts';
import {
  broadcastOf,
  formatIpv4,
  type Ipv4,
  isInSubnet,
  type Mac,
  parseIpv4,
  parseMac,
  parseSubnet,
  type Subnet,
} from './packets/addresses.ts';
import { type Ipv6, linkLocalAddress, parsePrefix64 } from './packets/ip-address.ts';
import { MIN_IPV6_MTU } from './packets/ipv6.ts';

/** What a network says about its gateway; all plain data. */
export interface GatewaySettings {
  /** Id of the gateway on the switch. */
  id: string;
  /** In lower case with colons. */
  macAddress: string;
  /** The range of the network, such as `10.0.2.0/24`; 8 to 29 bits. */
  subnet: string;
  /** The gateway's address; by default the first of the range. */
  gatewayAddress?: string;
  /** The address that stands for the host itself; by default the one behind the gateway's. */
  hostAlias?: string;
  /** The IPv6 prefix of the network, such as `fd12:3456:789a:1::/64`; without it, it carries no IPv6. */
  ipv6Prefix?: string | undefined;
  /** Whether machines reach anything beyond the network (`nat`, `natNetwork`) or not (`hostOnly`). */
  hasOutside: boolean;
  /** By default `inn`. */
  domain?: string;
  /** Largest packet, in bytes, 576 to 9000; by default 1500. */
  mtu?: number;
  /** By default a day. */
  leaseSeconds?: number;
}

/** The IPv6 side of a gateway. */
export interface Ipv6Settings {
  /** Its first 64 bits count. */
  prefix: Ipv6;
  /** `prefix::1`, and `prefix::2` for the host itself. */
  address: Ipv6;
  hostAlias: Ipv6;
  /** Made from the MAC address: routers are known by it (RFC 4861, section 4.2). */
  linkLocal: Ipv6;
}

export interface ParsedSettings {
  id: string;
  mac: Mac;
  macAddress: string;
  subnet: Subnet;
  address: Ipv4;
  hostAlias: Ipv4;
  /** Undefined: the network carries no IPv6, because it has no prefix, or packets too small for it. */
  ipv6: Ipv6Settings | undefined;
  hasOutside: boolean;
  domain: string;
  mtu: number;
  leaseSeconds: number;
}

const DAY_SECONDS = 86_400;

/** @throws InnError `INVALID_CONFIG` naming the setting that cannot be */
export function parseSettings(settings: GatewaySettings): ParsedSettings {
  const { id, hasOutside, domain = 'inn', mtu = 1500, leaseSeconds = DAY_SECONDS } = settings;
  const subnet = parseSubnet(settings.subnet);
  if (!subnet || subnet.prefixLength < 8 || subnet.prefixLength > 29) throw invalid('subnet', settings.subnet);
  const mac = parseMac(settings.macAddress);
  if (mac === undefined) throw invalid('macAddress', settings.macAddress);
  if (!Number.isInteger(mtu) || mtu < 576 || mtu > 9000) throw invalid('mtu', mtu);
  const address = hostIn(subnet, 'gatewayAddress', settings.gatewayAddress ?? formatIpv4(subnet.network + 1));
  const hostAlias = hostIn(subnet, 'hostAlias', settings.hostAlias ?? formatIpv4(address + 1));
  if (address === hostAlias) throw invalid('hostAlias', settings.hostAlias);
  const macAddress = settings.macAddress.toLowerCase();
  return {
    id,
    mac,
    macAddress,
    subnet,
    address,
    hostAlias,
    ipv6: mtu < MIN_IPV6_MTU ? undefined : parseIpv6Settings(settings.ipv6Prefix, mac),
    hasOutside,
    domain: domain.toLowerCase(),
    mtu,
    leaseSeconds,
  };
}

function parseIpv6Settings(text: string | undefined, mac: Mac): Ipv6Settings | undefined {
  if (text === undefined) return undefined;
  const prefix = parsePrefix64(text);
  if (prefix === undefined) throw invalid('ipv6Prefix', text);
  return { prefix, address: prefix | 1n, hostAlias: prefix | 2n, linkLocal: linkLocalAddress(mac) };
}

function hostIn(subnet: Subnet, field: string, text: string): Ipv4 {
  const address = parseIpv4(text);
  const isHost = address !== undefined && isInSubnet(subnet, address);
  if (!isHost || address === subnet.network || address === broadcastOf(subnet)) throw invalid(field, text);
  return address;
}

const invalid = (field: string, value: unknown): InnError =>
  new InnError('INVALID_CONFIG', `The network's gateway cannot have '${String(value)}' as its ${field}.`, {
    details: { field, value },
  });
