/** An IPv4 address as a number, the first octet highest: comparing and masking are one instruction. */
export type Ipv4 = number;
/** A MAC address as a number of 48 bits. */
export type Mac = number;

export const BROADCAST_MAC: Mac = 0xffffffffffff;
export const BROADCAST_IPV4: Ipv4 = 0xffffffff;

/** Reads `10.0.2.15`; undefined when it is anything else, also octal or short forms. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1);
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0')))) return undefined;
  return octets.reduce((address, octet) => address * 256 + Number(octet), 0);
}

export const formatIpv4 = (address: Ipv4): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;

/** Reads `52:54:00:12:34:56`; undefined when it is anything else. */
export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(':', ''), 16);
}

export const formatMac = (mac: Mac): string => (mac.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');

export interface Subnet {
  /** Lowest address: all bits of the host are 0. */
  readonly network: Ipv4;
  /** Bits of the network, 0 to 32. */
  readonly prefixLength: number;
}

/** Reads `10.0.2.0/24`; undefined when it is anything else or has bits of a host. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', length = ''] = text.split('/');
  const network = parseIpv4(address);
  const prefixLength = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (network === undefined || prefixLength > 32 || text.split('/').length !== 2) return undefined;
  return (network & ~maskOf(prefixLength)) === 0 ? { network, prefixLength } : undefined;
}

/** The netmask of a prefix of 0 to 32 bits. */
export const maskOf = (prefixLength: number): number =>
  prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;

export const isInSubnet = ({ network, prefixLength }: Subnet, address: Ipv4): boolean =>
  (address & maskOf(prefixLength)) >>> 0 === network;

/** The highest address of a subnet: all bits of the host are 1. */
export const broadcastOf = ({ network, prefixLength }: Subnet): Ipv4 => (network | ~maskOf(prefixLength)) >>> 0;
