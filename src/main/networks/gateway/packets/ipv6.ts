import { readUint16, writeUint16, writeUint32 } from './bytes.ts';
import { type Ipv6, readIpv6, writeIpv6 } from './ip-address.ts';
import type { IpPacket } from './ip-packet.ts';
import { FRAGMENT_HEADER, FRAGMENT_HEADER_BYTES, readExtensions } from './ipv6-extensions.ts';
import { isMalformed, type Malformed } from './refusal.ts';

export const IPV6_HEADER_BYTES = 40;
/** What every link must carry in one packet (RFC 8200, section 5). */
export const MIN_IPV6_MTU = 1280;

export interface Ipv6Packet extends IpPacket {
  source: Ipv6;
  destination: Ipv6;
}

/** Reads an IPv6 packet (RFC 8200, section 3) with its extension headers. Larger ones than 64 KiB are refused. */
export function parseIpv6Packet(frame: Uint8Array): Ipv6Packet | Malformed {
  if (frame.length < IPV6_HEADER_BYTES) return 'tooShort';
  if ((frame[0] ?? 0) >>> 4 !== 6) return 'badHeader';
  const totalBytes = IPV6_HEADER_BYTES + readUint16(frame, 4);
  if (totalBytes > frame.length) return 'badLength';
  const bytes = frame.subarray(0, totalBytes);
  const chain = readExtensions(bytes, frame[6] ?? 0, IPV6_HEADER_BYTES);
  if (isMalformed(chain)) return chain;
  const { contentAt, ...rest } = chain;
  const [source, destination] = [readIpv6(frame, 8), readIpv6(frame, 24)];
  return { source, destination, ttl: frame[7] ?? 0, ...rest, bytes, payload: bytes.subarray(contentAt) };
}

/** Reads the headers that came inside of fragments, once these are put together (RFC 8200, section 4.5). */
export function parseAssembled(packet: Ipv6Packet): Ipv6Packet | Malformed {
  const chain = readExtensions(packet.payload, packet.protocol, 0);
  if (isMalformed(chain)) return chain;
  const { contentAt, ...rest } = chain;
  const isNested = rest.fragmentOffset !== 0 || rest.hasMoreFragments;
  return isNested ? 'badHeader' : { ...packet, ...rest, payload: packet.payload.subarray(contentAt) };
}

export interface Ipv6Header {
  source: Ipv6;
  destination: Ipv6;
  /** Of what follows, an extension header included. */
  protocol: number;
  /** Length of what follows the header, in bytes. */
  payloadBytes: number;
  /** Hops that it may go. */
  ttl: number;
}

export function writeIpv6Header(bytes: Uint8Array, offset: number, header: Ipv6Header): void {
  writeUint32(bytes, offset, 0x6000_0000);
  writeUint16(bytes, offset + 4, header.payloadBytes);
  bytes[offset + 6] = header.protocol;
  bytes[offset + 7] = header.ttl;
  writeIpv6(bytes, offset + 8, header.source);
  writeIpv6(bytes, offset + 24, header.destination);
}

/** The headers of one fragment; `payloadBytes` counts its part of the content alone. */
export function writeIpv6Fragment(
  bytes: Uint8Array,
  offset: number,
  header: Ipv6Header & Pick<IpPacket, 'identification' | 'fragmentOffset' | 'hasMoreFragments'>,
): void {
  const payloadBytes = header.payloadBytes + FRAGMENT_HEADER_BYTES;
  writeIpv6Header(bytes, offset, { ...header, protocol: FRAGMENT_HEADER, payloadBytes });
  const at = offset + IPV6_HEADER_BYTES;
  writeUint16(bytes, at, header.protocol << 8);
  writeUint16(bytes, at + 2, header.fragmentOffset | (header.hasMoreFragments ? 1 : 0));
  writeUint32(bytes, at + 4, header.identification);
}
