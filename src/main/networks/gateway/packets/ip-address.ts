import { isIPv6 } from 'node:net';
import { formatIpv4, type Ipv4, type Mac, parseIpv4 } from './addresses.ts';

/** An IPv6 address as a number of 128 bits; the type tells it from an IPv4 address. */
export type Ipv6 = bigint;
/** An address of either family: which one, its type tells. */
export type IpAddress = Ipv4 | Ipv6;

const HOST_BITS = 64n;
const LINK_LOCAL_PREFIX = 0xfe80n << 112n;
const SOLICITED_NODE_PREFIX = 0xff02_0000_0000_0000_0000_0001_ff00_0000n;
const MAPPED = 0xffffn;
/** Inverted in the first octet of an interface identifier (RFC 4291, appendix A). */
const UNIVERSAL_BIT = 1n << 57n;

export const UNSPECIFIED: Ipv6 = 0n;
export const ALL_NODES: Ipv6 = (0xff02n << 112n) | 1n;
export const ALL_ROUTERS: Ipv6 = (0xff02n << 112n) | 2n;

export const isIpv6 = (address: IpAddress): address is Ipv6 => typeof address === 'bigint';

/** Reads `fd00::1` in all forms of RFC 4291, section 2.2; undefined when it is anything else, also with a zone. */
export function parseIpv6(text: string): Ipv6 | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const plain = text.replace(/[\d.]+\.\d+$/, (dotted) => {
    const number = parseIpv4(dotted) ?? 0;
    return `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
  });
  const [left = [], right = []] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return BigInt(`0x${[...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('')}`);
}

/** As systems write it: the longest run of zeros left out (RFC 5952), an IPv4 address that is mapped into it in dots. */
export function formatIpv6(address: Ipv6): string {
  if (address >> 32n === MAPPED) return `::ffff:${formatIpv4(Number(address & 0xffff_ffffn))}`;
  const groups = address.toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
  const text = groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
  const runs: string[] = text.match(/(?:^|:)0(?::0)+(?::|$)/g) ?? [];
  const zerosOf = (run: string): number => run.replaceAll(':', '').length;
  const longest = runs.reduce((best, run) => (zerosOf(run) > zerosOf(best) ? run : best), '');
  return longest === '' ? text : text.replace(longest, '::');
}

export const formatIp = (address: IpAddress): string =>
  typeof address === 'number' ? formatIpv4(address) : formatIpv6(address);

export const parseIp = (text: string): IpAddress | undefined => parseIpv4(text) ?? parseIpv6(text);

/** Reads `fd00:1:2:3::/64`: undefined when it is anything else, of another length, or has bits of a host. */
export function parsePrefix64(text: string): Ipv6 | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const prefix = parseIpv6(address);
  const isPrefix = prefix !== undefined && length === '64' && rest.length === 0 && isInPrefix(prefix, prefix);
  return isPrefix && BigInt.asUintN(64, prefix) === 0n ? prefix : undefined;
}

/** Whether an address begins with the 64 bits of a prefix. */
export const isInPrefix = (prefix: Ipv6, address: Ipv6): boolean => address >> HOST_BITS === prefix >> HOST_BITS;

/** fe80::/10 (RFC 4291, section 2.5.6). */
export const isLinkLocal = (address: Ipv6): boolean => address >> 118n === LINK_LOCAL_PREFIX >> 118n;

export const isMulticast = (address: Ipv6): boolean => address >> 120n === 0xffn;

/**
 * The unspecified address, the loopback, and IPv4 addresses in the clothes of IPv6, which lead to places that no rule of this
 * family sees: no packet on a network may be sent there (RFC 4291, sections 2.5.2, 2.5.3 and 2.5.5).
 */
export const isNeverOnWire = (address: Ipv6): boolean => address >> 96n === 0n;

/** Where those listen who may have an address (RFC 4291, section 2.7.1). */
export const solicitedNodeOf = (address: Ipv6): Ipv6 => SOLICITED_NODE_PREFIX | (address & 0xff_ffffn);

/** The Ethernet group of a multicast address (RFC 2464, section 7). */
export const multicastMacOf = (address: Ipv6): Mac => 0x3333_0000_0000 + Number(address & 0xffff_ffffn);

/** Whether a frame's destination is such a group. */
export const isMulticastMac = (mac: Mac): boolean => Math.floor(mac / 2 ** 32) === 0x3333;

/** The address that an adapter makes for itself in a prefix of 64 bits (RFC 4291, appendix A). */
export function slaacAddress(prefix: Ipv6, mac: Mac): Ipv6 {
  const number = BigInt(mac);
  const id = ((number >> 24n) << 40n) | (0xfffen << 24n) | (number & 0xff_ffffn);
  return prefix | (id ^ UNIVERSAL_BIT);
}

export const linkLocalAddress = (mac: Mac): Ipv6 => slaacAddress(LINK_LOCAL_PREFIX, mac);

/** The adapter whose address is in the identifier; undefined: it was made in another way. */
export function macOfAddress(address: Ipv6): Mac | undefined {
  if (((address >> 24n) & 0xffffn) !== 0xfffen) return undefined;
  const id = BigInt.asUintN(64, address) ^ UNIVERSAL_BIT;
  return Number(((id >> 40n) << 24n) | (id & 0xff_ffffn));
}

export function readIpv6(bytes: Uint8Array, offset: number): Ipv6 {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
  return (view.getBigUint64(0) << HOST_BITS) | view.getBigUint64(8);
}

export function writeIpv6(bytes: Uint8Array, offset: number, address: Ipv6): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
  view.setBigUint64(0, address >> HOST_BITS);
  view.setBigUint64(8, BigInt.asUintN(64, address));
}
