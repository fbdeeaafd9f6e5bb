import type { TcpSegment } from '../packets/tcp-segment.ts';
import type { Clock } from './clock.ts';

/** `waiting`: the other side's SYN has come and is not answered yet. */
export type TcpState = 'idle' | 'waiting' | 'synSent' | 'synReceived' | 'open' | 'timeWait' | 'closed';

/** `done`: both sides ended; `refused`: a reset instead of an answer; `reset`; `lost`: no answer; `aborted`: by us. */
export type CloseReason = 'done' | 'refused' | 'reset' | 'lost' | 'aborted';

export interface TcpEvents {
  /** The handshake is done. */
  onOpen(): void;
  /** Content in order. The bytes are only lent; call `release` for them once they are used up. */
  onData(bytes: Uint8Array): void;
  /** The other side sends no more; it may still read. */
  onEnd(): void;
  /** Bytes left the send buffer. */
  onSpace(): void;
  /** The last event: all timers are gone, except while a finished connection lingers. */
  onClose(reason: CloseReason): void;
}

export interface TcpEndpointOptions {
  clock: Clock;
  localPort: number;
  remotePort: number;
  /** Bytes of content in one segment that this side takes. */
  segmentBytes: number;
  /** Random: whoever cannot see the connection must not guess it (RFC 9293, section 3.4.1). */
  initialSequence: number;
  /** Bytes that may wait for the reader. */
  receiveCapacityBytes: () => number;
  /** Puts a segment on the way. Its content is only lent. */
  emit: (segment: TcpSegment) => void;
  events: TcpEvents;
}
