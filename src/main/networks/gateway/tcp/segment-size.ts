import type { TcpSegment } from '../packets/tcp-segment.ts';

/** What a side takes that says nothing about it (RFC 9293, section 3.7.1). */
export const DEFAULT_SEGMENT_BYTES = 536;
const MIN_SEGMENT_BYTES = 64;

/** Bytes of content in one segment that both sides take, within reason. @param ownBytes what this side takes */
export function agreedSegmentBytes({ maxSegmentSize = DEFAULT_SEGMENT_BYTES }: TcpSegment, ownBytes: number): number {
  return Math.max(MIN_SEGMENT_BYTES, Math.min(maxSegmentSize, ownBytes));
}
