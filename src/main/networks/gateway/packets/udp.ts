import { readUint16, writeUint16 } from './bytes.ts';
import { addWords, foldChecksum, pseudoHeaderSum } from './checksum.ts';
import { type IpAddress, isIpv6 } from './ip-address.ts';
import { PROTOCOLS } from './ip-packet.ts';
import type { Malformed } from './refusal.ts';

export const UDP_HEADER_BYTES = 8;
/** What fits into the largest IPv4 packet. */
export const MAX_UDP_PAYLOAD_BYTES = 65_507;

export interface UdpDatagram {
  sourcePort: number;
  destinationPort: number;
  /** A view, not a copy. */
  payload: Uint8Array;
}

/** Reads a UDP datagram (RFC 768). A checksum of 0 means that the sender made none, which IPv6 permits not (RFC 8200, section 8.1). */
export function parseUdp(bytes: Uint8Array, source: IpAddress, destination: IpAddress): UdpDatagram | Malformed {
  if (bytes.length < UDP_HEADER_BYTES) return 'tooShort';
  const length = readUint16(bytes, 4);
  if (length < UDP_HEADER_BYTES || length > bytes.length) return 'badLength';
  // No port at all; the host's system refuses to send there.
  if (readUint16(bytes, 2) === 0) return 'badHeader';
  if (readUint16(bytes, 6) !== 0 || isIpv6(source)) {
    const pseudo = pseudoHeaderSum(source, destination, PROTOCOLS.udp, length);
    if (foldChecksum(addWords(bytes, 0, length, pseudo)) !== 0) return 'badChecksum';
  }
  const payload = bytes.subarray(UDP_HEADER_BYTES, length);
  return { sourcePort: readUint16(bytes, 0), destinationPort: readUint16(bytes, 2), payload };
}

/** Makes a datagram with its checksum; a sum of 0 is sent as all ones (RFC 768). */
export function makeUdp(
  { sourcePort, destinationPort, payload }: UdpDatagram,
  source: IpAddress,
  destination: IpAddress,
): Uint8Array {
  const bytes = new Uint8Array(UDP_HEADER_BYTES + payload.length);
  writeUint16(bytes, 0, sourcePort);
  writeUint16(bytes, 2, destinationPort);
  writeUint16(bytes, 4, bytes.length);
  bytes.set(payload, UDP_HEADER_BYTES);
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOLS.udp, bytes.length);
  writeUint16(bytes, 6, foldChecksum(addWords(bytes, 0, bytes.length, pseudo)) || 0xffff);
  return bytes;
}
