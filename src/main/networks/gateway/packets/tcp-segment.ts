import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts';
import { addWords, foldChecksum, pseudoHeaderSum } from './checksum.ts';
import type { IpAddress } from './ip-address.ts';
import { PROTOCOLS } from './ip-packet.ts';
import type { Malformed } from './refusal.ts';

export const TCP_HEADER_BYTES = 20;
export const FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

const OPTION = { end: 0, noOperation: 1, maxSegmentSize: 2, windowScale: 3 } as const;

export interface TcpSegment {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgment: number;
  /** Sum of `FLAGS`. */
  flags: number;
  /** As it stands in the header: not scaled. */
  window: number;
  /** Options, only in segments with SYN: bytes per segment, and bits to shift windows by (RFC 7323, section 2). */
  maxSegmentSize?: number | undefined;
  windowScale?: number | undefined;
  /** A view, not a copy. */
  payload: Uint8Array;
}

/** Reads a TCP segment (RFC 9293, section 3.1). Options other than size and scale are skipped. */
export function parseTcp(bytes: Uint8Array, source: IpAddress, destination: IpAddress): TcpSegment | Malformed {
  if (bytes.length < TCP_HEADER_BYTES) return 'tooShort';
  const headerBytes = ((bytes[12] ?? 0) >>> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES || headerBytes > bytes.length) return 'badLength';
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOLS.tcp, bytes.length);
  if (foldChecksum(addWords(bytes, 0, bytes.length, pseudo)) !== 0) return 'badChecksum';
  const flags = bytes[13] ?? 0;
  const options = (flags & FLAGS.syn) === 0 ? undefined : readOptions(bytes.subarray(TCP_HEADER_BYTES, headerBytes));
  return {
    sourcePort: readUint16(bytes, 0),
    destinationPort: readUint16(bytes, 2),
    sequence: readUint32(bytes, 4),
    acknowledgment: readUint32(bytes, 8),
    flags,
    window: readUint16(bytes, 14),
    payload: bytes.subarray(headerBytes),
    ...options,
  };
}

function readOptions(bytes: Uint8Array): { maxSegmentSize?: number; windowScale?: number } {
  const options: { maxSegmentSize?: number; windowScale?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at];
    if (kind === OPTION.end) break;
    const length = kind === OPTION.noOperation ? 1 : (bytes[at + 1] ?? 0);
    // A length that cannot be ends the list: what follows has no beginning (RFC 9293, MUST-7).
    if (kind !== OPTION.noOperation && (length < 2 || at + length > bytes.length)) break;
    if (kind === OPTION.maxSegmentSize && length === 4) options.maxSegmentSize = readUint16(bytes, at + 2);
    if (kind === OPTION.windowScale && length === 3) options.windowScale = Math.min(14, bytes[at + 2] ?? 0);
    at += length;
  }
  return options;
}

/** Bytes of the header that `writeTcp` makes. */
export const tcpHeaderBytes = ({ maxSegmentSize, windowScale }: TcpSegment): number =>
  TCP_HEADER_BYTES + (maxSegmentSize === undefined ? 0 : 4) + (windowScale === undefined ? 0 : 4);

/** Writes header, options, content and checksum; gives the length in bytes. */
export function writeTcp(
  bytes: Uint8Array,
  offset: number,
  segment: TcpSegment,
  source: IpAddress,
  destination: IpAddress,
): number {
  const headerBytes = tcpHeaderBytes(segment);
  const length = headerBytes + segment.payload.length;
  writeUint16(bytes, offset, segment.sourcePort);
  writeUint16(bytes, offset + 2, segment.destinationPort);
  writeUint32(bytes, offset + 4, segment.sequence);
  writeUint32(bytes, offset + 8, segment.acknowledgment);
  bytes[offset + 12] = (headerBytes / 4) << 4;
  bytes[offset + 13] = segment.flags;
  writeUint16(bytes, offset + 14, segment.window);
  writeUint32(bytes, offset + 16, 0);
  writeOptions(bytes, offset + TCP_HEADER_BYTES, segment);
  bytes.set(segment.payload, offset + headerBytes);
  const pseudo = pseudoHeaderSum(source, destination, PROTOCOLS.tcp, length);
  writeUint16(bytes, offset + 16, foldChecksum(addWords(bytes, offset, offset + length, pseudo)));
  return length;
}

function writeOptions(bytes: Uint8Array, offset: number, { maxSegmentSize, windowScale }: TcpSegment): void {
  let at = offset;
  if (maxSegmentSize !== undefined) {
    writeUint32(bytes, at, ((OPTION.maxSegmentSize << 24) | (4 << 16) | maxSegmentSize) >>> 0);
    at += 4;
  }
  if (windowScale !== undefined) {
    writeUint32(bytes, at, ((OPTION.noOperation << 24) | (OPTION.windowScale << 16) | (3 << 8) | windowScale) >>> 0);
  }
}
