import type { Mac } from './addresses.ts';
import { writeUint16, writeUint32 } from './bytes.ts';
import { readMac, writeMac } from './ethernet.ts';
import type { IcmpMessage } from './icmp.ts';
import { ICMP6_TYPES } from './icmp6.ts';
import { type Ipv6, isMulticast, readIpv6, writeIpv6 } from './ip-address.ts';
import type { Malformed } from './refusal.ts';

/** Hops of these messages: one that was forwarded has fewer, and is not believed (RFC 4861, section 3.1). */
export const NDP_HOPS = 255;

/** RFC 4861, section 4.6, and RFC 8106, section 5. */
const OPTIONS = { sourceMac: 1, targetMac: 2, prefix: 3, mtu: 5, nameServers: 25, domains: 31 } as const;
const UNIT_BYTES = 8;
/** Position of the options: behind type, code, checksum, flags and, except in a router's question, the target. */
const OPTIONS_AT = { routerSolicitation: 8, neighbor: 24 } as const;

/** Who sends an advertisement, and why. */
const IS_ROUTER = 0x80;
const IS_SOLICITED = 0x40;
const REPLACES = 0x20;

/** A question for, or a claim to, an address. */
export interface NeighborMessage {
  kind: 'solicitation' | 'advertisement';
  target: Ipv6;
  /** The adapter that the option names: whoever asks, or whoever has the address; undefined: it was left out. */
  mac: Mac | undefined;
}

/** Reads a message of RFC 4861, sections 4.1, 4.3 and 4.4; the checksum has been looked at. Others are `badHeader`. */
export function parseNdp({ type, code, rest }: IcmpMessage): NeighborMessage | { kind: 'router' } | Malformed {
  if (code !== 0) return 'badHeader';
  // `rest` begins behind the checksum, 4 bytes into the message.
  if (type === ICMP6_TYPES.routerSolicitation) {
    return readOptions(rest, OPTIONS_AT.routerSolicitation - 4) ? { kind: 'router' } : 'badLength';
  }
  const isQuestion = type === ICMP6_TYPES.neighborSolicitation;
  if (!isQuestion && type !== ICMP6_TYPES.neighborAdvertisement) return 'badHeader';
  if (rest.length < OPTIONS_AT.neighbor - 4) return 'tooShort';
  const target = readIpv6(rest, 4);
  const options = readOptions(rest, OPTIONS_AT.neighbor - 4);
  if (!options || isMulticast(target)) return 'badLength';
  const option = options.get(isQuestion ? OPTIONS.sourceMac : OPTIONS.targetMac);
  const mac = option?.length === UNIT_BYTES ? readMac(option, 2) : undefined;
  return { kind: isQuestion ? 'solicitation' : 'advertisement', target, mac };
}

/** The first option of each kind; undefined when one has no length, or more than there is (section 4.6). */
function readOptions(bytes: Uint8Array, start: number): Map<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  for (let at = start; at < bytes.length; ) {
    const length = (bytes[at + 1] ?? 0) * UNIT_BYTES;
    if (length === 0 || at + length > bytes.length) return undefined;
    const kind = bytes[at] ?? 0;
    if (!options.has(kind)) options.set(kind, bytes.subarray(at, at + length));
    at += length;
  }
  return options;
}

/** A question for an address. @param from the adapter that asks; undefined in the test for a double (RFC 4862) */
export function makeSolicitation(target: Ipv6, from: Mac | undefined): IcmpMessage {
  const option = from === undefined ? new Uint8Array(0) : macOption(OPTIONS.sourceMac, from);
  const rest = new Uint8Array(20 + option.length);
  writeIpv6(rest, 4, target);
  rest.set(option, 20);
  return { type: ICMP6_TYPES.neighborSolicitation, code: 0, rest };
}

/** The answer to it. @param isSolicited not so when it goes to all, because the asker has no address yet */
export function makeNeighborAdvertisement(
  target: Ipv6,
  mac: Mac,
  { isRouter, isSolicited }: { isRouter: boolean; isSolicited: boolean },
): IcmpMessage {
  const rest = new Uint8Array(28);
  rest[0] = (isRouter ? IS_ROUTER : 0) | (isSolicited ? IS_SOLICITED : 0) | REPLACES;
  writeIpv6(rest, 4, target);
  rest.set(macOption(OPTIONS.targetMac, mac), 20);
  return { type: ICMP6_TYPES.neighborAdvertisement, code: 0, rest };
}

export interface RouterAdvertisement {
  mac: Mac;
  mtu: number;
  /** Of 64 bits; machines make their addresses in it. */
  prefix: Ipv6;
  nameServer: Ipv6;
  domain: string;
  /** How long the sender is a way out, in seconds; 0: it is none. */
  routerSeconds: number;
  /** How long addresses of the prefix are good, and chosen for new connections. */
  validSeconds: number;
  preferredSeconds: number;
  /** How long the name server is asked. */
  namesSeconds: number;
}

/** What a router says of itself and its network (RFC 4861, section 4.2): addresses are made by the machines (RFC 4862). */
export function makeRouterAdvertisement(advertisement: RouterAdvertisement): IcmpMessage {
  const { mac, mtu, nameServer, domain, namesSeconds } = advertisement;
  const head = new Uint8Array(12);
  head[0] = 64; // hops for what machines send
  writeUint16(head, 2, advertisement.routerSeconds);
  const mtuOption = option(OPTIONS.mtu, 8);
  writeUint32(mtuOption, 4, mtu);
  const names = option(OPTIONS.nameServers, 24);
  writeUint32(names, 4, namesSeconds);
  writeIpv6(names, 8, nameServer);
  const parts = [
    ...[head, macOption(OPTIONS.sourceMac, mac), mtuOption, prefixOption(advertisement), names],
    domainOption(domain, namesSeconds),
  ];
  return { type: ICMP6_TYPES.routerAdvertisement, code: 0, rest: new Uint8Array(Buffer.concat(parts)) };
}

function prefixOption({ prefix, validSeconds, preferredSeconds }: RouterAdvertisement): Uint8Array {
  const bytes = option(OPTIONS.prefix, 32);
  bytes[2] = 64; // bits of the prefix
  bytes[3] = 0xc0; // on this link, and to make addresses with
  writeUint32(bytes, 4, validSeconds);
  writeUint32(bytes, 8, preferredSeconds);
  writeIpv6(bytes, 16, prefix);
  return bytes;
}

/** RFC 8106, section 5.2: labels behind their lengths. */
function domainOption(domain: string, seconds: number): Uint8Array {
  const labels = domain.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const name = Buffer.concat([...labels, Buffer.from([0])]);
  const bytes = option(OPTIONS.domains, Math.ceil((8 + name.length) / UNIT_BYTES) * UNIT_BYTES);
  writeUint32(bytes, 4, seconds);
  bytes.set(name, 8);
  return bytes;
}

function macOption(kind: number, mac: Mac): Uint8Array {
  const bytes = option(kind, UNIT_BYTES);
  writeMac(bytes, 2, mac);
  return bytes;
}

function option(kind: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = kind;
  bytes[1] = length / UNIT_BYTES;
  return bytes;
}
