import { FLAGS, type TcpSegment } from '../packets/tcp-segment.ts';
import { seqAdd } from './sequence.ts';

const EMPTY = new Uint8Array(0);

/** The reset that answers a segment nobody expects (RFC 9293, section 3.10.7.1). */
export function makeReset(segment: TcpSegment): TcpSegment {
  const hasAck = (segment.flags & FLAGS.ack) !== 0;
  const { syn, fin } = FLAGS;
  const length = segment.payload.length + (segment.flags & syn ? 1 : 0) + (segment.flags & fin ? 1 : 0);
  return {
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    sequence: hasAck ? segment.acknowledgment : 0,
    acknowledgment: hasAck ? 0 : seqAdd(segment.sequence, length),
    flags: hasAck ? FLAGS.rst : FLAGS.rst | FLAGS.ack,
    window: 0,
    payload: EMPTY,
  };
}
