import { writeUint16, writeUint32 } from './bytes.ts';
import { addWords, foldChecksum, pseudoHeaderSum } from './checksum.ts';
import { ICMP_HEADER_BYTES, type IcmpMessage } from './icmp.ts';
import type { IpAddress } from './ip-address.ts';
import { PROTOCOLS } from './ip-packet.ts';
import { IPV6_HEADER_BYTES, MIN_IPV6_MTU } from './ipv6.ts';
import type { Malformed } from './refusal.ts';

/** RFC 4443, section 2.1, and RFC 4861, section 4. */
export const ICMP6_TYPES = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
} as const;

/** Codes of "destination unreachable" (RFC 4443, section 3.1). */
export const UNREACHABLE6_CODES = { net: 0, prohibited: 1, beyondScope: 2, host: 3, port: 4 } as const;
/** Code of "parameter problem": nobody here knows this protocol (section 3.4). */
export const UNKNOWN_NEXT_HEADER = 1;

/** Reads an ICMPv6 message; its checksum counts the addresses too (RFC 4443, section 2.3). */
export function parseIcmp6(bytes: Uint8Array, source: IpAddress, destination: IpAddress): IcmpMessage | Malformed {
  if (bytes.length < ICMP_HEADER_BYTES) return 'tooShort';
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOLS.icmp6, bytes.length);
  if (foldChecksum(addWords(bytes, 0, bytes.length, pseudo)) !== 0) return 'badChecksum';
  return { type: bytes[0] ?? 0, code: bytes[1] ?? 0, rest: bytes.subarray(4) };
}

/** Makes an ICMPv6 message with its checksum. */
export function makeIcmp6({ type, code, rest }: IcmpMessage, source: IpAddress, destination: IpAddress): Uint8Array {
  const bytes = new Uint8Array(4 + rest.length);
  bytes[0] = type;
  bytes[1] = code;
  bytes.set(rest, 4);
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOLS.icmp6, bytes.length);
  writeUint16(bytes, 2, foldChecksum(addWords(bytes, 0, bytes.length, pseudo)));
  return bytes;
}

/**
 * The message about a packet that cannot be delivered, with as much of it as every link carries (RFC 4443, section 2.4).
 * @param word what stands before the packet: the link's MTU for `packetTooBig`, a position for `parameterProblem`
 */
export function icmp6ErrorAbout(packet: Uint8Array, type: number, code: number, word = 0): IcmpMessage {
  const quoted = packet.subarray(0, MIN_IPV6_MTU - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES);
  const rest = new Uint8Array(4 + quoted.length);
  writeUint32(rest, 0, word);
  rest.set(quoted, 4);
  return { type, code, rest };
}

/** Errors have the lower half of the numbers; they are never answered by errors (RFC 4443, section 2.4, e). */
export const isIcmp6Error = (bytes: Uint8Array): boolean => (bytes[0] ?? 0) < 128;
