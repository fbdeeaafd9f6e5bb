import type { Ipv4, Mac } from './addresses.ts';
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts';
import { readMac, writeMac } from './ethernet.ts';
import type { Malformed } from './refusal.ts';

export const ARP_BYTES = 28;
/** RFC 826: Ethernet and IPv4, with address lengths of 6 and 4. */
const ETHERNET_IPV4 = [0x0001, 0x0800, 0x0604];

export interface ArpPacket {
  operation: 'request' | 'reply';
  senderMac: Mac;
  senderAddress: Ipv4;
  targetMac: Mac;
  targetAddress: Ipv4;
}

/** Reads an ARP packet (RFC 826). Other hardware, other protocols and other operations are refused. */
export function parseArp(bytes: Uint8Array): ArpPacket | Malformed {
  if (bytes.length < ARP_BYTES) return 'tooShort';
  if (ETHERNET_IPV4.some((value, index) => readUint16(bytes, index * 2) !== value)) return 'badHeader';
  const code = readUint16(bytes, 6);
  if (code !== 1 && code !== 2) return 'badHeader';
  return {
    operation: code === 1 ? 'request' : 'reply',
    senderMac: readMac(bytes, 8),
    senderAddress: readUint32(bytes, 14),
    targetMac: readMac(bytes, 18),
    targetAddress: readUint32(bytes, 24),
  };
}

export function writeArp(bytes: Uint8Array, offset: number, packet: ArpPacket): void {
  for (const [index, value] of ETHERNET_IPV4.entries()) writeUint16(bytes, offset + index * 2, value);
  writeUint16(bytes, offset + 6, packet.operation === 'request' ? 1 : 2);
  writeMac(bytes, offset + 8, packet.senderMac);
  writeUint32(bytes, offset + 14, packet.senderAddress);
  writeMac(bytes, offset + 18, packet.targetMac);
  writeUint32(bytes, offset + 24, packet.targetAddress);
}
