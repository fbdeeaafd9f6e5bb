import { readUint16, writeUint16, writeUint32 } from './bytes.ts';
import { addWords, foldChecksum } from './checksum.ts';
import type { Malformed } from './refusal.ts';

export const ICMP_HEADER_BYTES = 8;
export const ICMP_TYPES = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const;

/** Codes of "destination unreachable": RFC 792, and RFC 1812, section 5.2.7.1, for `prohibited`. */
export const UNREACHABLE_CODES = { net: 0, host: 1, protocol: 2, port: 3, prohibited: 13 } as const;

export interface IcmpMessage {
  type: number;
  code: number;
  /** All behind the checksum: for an echo identifier, sequence number and data. */
  rest: Uint8Array;
}

/** Reads an ICMP message (RFC 792). */
export function parseIcmp(bytes: Uint8Array): IcmpMessage | Malformed {
  if (bytes.length < ICMP_HEADER_BYTES) return 'tooShort';
  if (foldChecksum(addWords(bytes, 0, bytes.length, 0)) !== 0) return 'badChecksum';
  return { type: bytes[0] ?? 0, code: bytes[1] ?? 0, rest: bytes.subarray(4) };
}

/** Makes an ICMP message with its checksum. */
export function makeIcmp({ type, code, rest }: IcmpMessage): Uint8Array {
  const bytes = new Uint8Array(4 + rest.length);
  bytes[0] = type;
  bytes[1] = code;
  bytes.set(rest, 4);
  writeUint16(bytes, 2, foldChecksum(addWords(bytes, 0, bytes.length, 0)));
  return bytes;
}

/** The answer to a packet that cannot be delivered: its header and the first 8 bytes behind it come along (RFC 792). */
export function makeIcmpError(type: number, code: number, packet: Uint8Array): Uint8Array {
  const headerBytes = ((packet[0] ?? 0) & 15) * 4;
  const quoted = packet.subarray(0, headerBytes + 8);
  const rest = new Uint8Array(4 + quoted.length);
  writeUint32(rest, 0, 0);
  rest.set(quoted, 4);
  return makeIcmp({ type, code, rest });
}

/** Whether the message is an error itself: errors are never answered by errors (RFC 1122, section 3.2.2). */
export const isIcmpError = (bytes: Uint8Array): boolean => ![0, 8, 13, 14].includes(readUint16(bytes, 0) >>> 8);
