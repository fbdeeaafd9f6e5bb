import type { Mac } from './addresses.ts';
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts';
import type { Malformed } from './refusal.ts';

export const ETHERNET_HEADER_BYTES = 14;
export const ETHER_TYPES = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

export interface EthernetFrame {
  destination: Mac;
  source: Mac;
  type: number;
  /** The rest of the frame, padding included; a view, not a copy. */
  payload: Uint8Array;
}

export const readMac = (bytes: Uint8Array, offset: number): Mac =>
  readUint16(bytes, offset) * 2 ** 32 + readUint32(bytes, offset + 2);

export function writeMac(bytes: Uint8Array, offset: number, mac: Mac): void {
  writeUint16(bytes, offset, Math.floor(mac / 2 ** 32));
  writeUint32(bytes, offset + 2, mac % 2 ** 32);
}

/** Reads an Ethernet II frame without its checksum (IEEE 802.3, clause 3.2.6: values from 0x0600 are types). */
export function parseEthernet(frame: Uint8Array): EthernetFrame | Malformed {
  if (frame.length < ETHERNET_HEADER_BYTES) return 'tooShort';
  const type = readUint16(frame, 12);
  const payload = frame.subarray(ETHERNET_HEADER_BYTES);
  return { destination: readMac(frame, 0), source: readMac(frame, 6), type, payload };
}

export function writeEthernet(frame: Uint8Array, destination: Mac, source: Mac, type: number): void {
  writeMac(frame, 0, destination);
  writeMac(frame, 6, source);
  writeUint16(frame, 12, type);
}
