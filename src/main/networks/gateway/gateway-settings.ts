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
  /** Whether machines reach anything beyond the network (`nat`, `natNetwork`) or not (`hostOnly`). */
  hasOutside: boolean;
  /** By default `inn`. */
  domain?: string;
  /** Largest packet, in bytes, 576 to 9000; by default 1500. */
  mtu?: number;
  /** By default a day. */
  leaseSeconds?: number;
}

export interface ParsedSettings {
  id: string;
  mac: Mac;
  macAddress: string;
  subnet: Subnet;
  address: Ipv4;
  hostAlias: Ipv4;
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
    hasOutside,
    domain: domain.toLowerCase(),
    mtu,
    leaseSeconds,
  };
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
