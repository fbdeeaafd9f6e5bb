import type { Ipv4 } from './addresses.ts';
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts';
import { addWords, foldChecksum } from './checksum.ts';
import type { IpPacket } from './ip-packet.ts';
import type { Malformed } from './refusal.ts';

export const IPV4_HEADER_BYTES = 20;
export const MAX_IPV4_BYTES = 65_535;

const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

export interface Ipv4Packet extends IpPacket {
  source: Ipv4;
  destination: Ipv4;
}

/** Reads an IPv4 packet (RFC 791, section 3.1); options are skipped. */
export function parseIpv4Packet(frame: Uint8Array): Ipv4Packet | Malformed {
  if (frame.length < IPV4_HEADER_BYTES) return 'tooShort';
  const first = frame[0] ?? 0;
  const headerBytes = (first & 15) * 4;
  const totalBytes = readUint16(frame, 2);
  if (first >>> 4 !== 4 || headerBytes < IPV4_HEADER_BYTES) return 'badHeader';
  if (totalBytes < headerBytes || totalBytes > frame.length) return 'badLength';
  if (foldChecksum(addWords(frame, 0, headerBytes, 0)) !== 0) return 'badChecksum';
  const fragment = readUint16(frame, 6);
  const bytes = frame.subarray(0, totalBytes);
  return {
    source: readUint32(frame, 12),
    destination: readUint32(frame, 16),
    protocol: frame[9] ?? 0,
    ttl: frame[8] ?? 0,
    identification: readUint16(frame, 4),
    fragmentOffset: (fragment & OFFSET_MASK) * 8,
    hasMoreFragments: (fragment & MORE_FRAGMENTS) !== 0,
    bytes,
    payload: bytes.subarray(headerBytes),
  };
}

export interface Ipv4Header {
  source: Ipv4;
  destination: Ipv4;
  protocol: number;
  /** Length of what follows the header, in bytes. */
  payloadBytes: number;
  identification: number;
  fragmentOffset?: number;
  hasMoreFragments?: boolean;
  /** Hops that it may go. */
  ttl?: number;
}

export const USUAL_TTL = 64;

/** Writes a header of 20 bytes with its checksum. */
export function writeIpv4Header(bytes: Uint8Array, offset: number, header: Ipv4Header): void {
  const { fragmentOffset = 0, hasMoreFragments = false, ttl = USUAL_TTL } = header;
  bytes[offset] = 0x45;
  bytes[offset + 1] = 0;
  writeUint16(bytes, offset + 2, IPV4_HEADER_BYTES + header.payloadBytes);
  writeUint16(bytes, offset + 4, header.identification);
  writeUint16(bytes, offset + 6, (fragmentOffset >>> 3) | (hasMoreFragments ? MORE_FRAGMENTS : 0));
  bytes[offset + 8] = ttl;
  bytes[offset + 9] = header.protocol;
  writeUint16(bytes, offset + 10, 0);
  writeUint32(bytes, offset + 12, header.source);
  writeUint32(bytes, offset + 16, header.destination);
  writeUint16(bytes, offset + 10, foldChecksum(addWords(bytes, offset, offset + IPV4_HEADER_BYTES, 0)));
}
