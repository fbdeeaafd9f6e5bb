import { Buffer } from 'node:buffer';
import type { TcpSegment } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { TcpEndpoint } from '../../../src/main/networks/gateway/tcp/tcp-endpoint.ts';
import type { CloseReason } from '../../../src/main/networks/gateway/tcp/tcp-options.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What happens to a segment on its way: how late each copy arrives, in milliseconds; none: it is lost. */
export type Fate = (index: number, segment: TcpSegment) => number[];

/** One end with what it has heard. `reads`: whether it takes what it gets, or lets it lie. */
export interface End {
  endpoint: TcpEndpoint;
  received: Buffer[];
  heldBytes: number;
  mostHeldBytes: number;
  isReading: boolean;
  hasHeardEnd: boolean;
  isOpen: boolean;
  closed: CloseReason | undefined;
  sent: TcpSegment[];
}

export const content = (end: End): Buffer => Buffer.concat(end.received);

/** Two ends of one connection over a link that does to each segment what `fate` says. */
export function tcpPair(clock: VirtualClock, fate: Fate, { capacityBytes = 65_536, segmentBytes = 1000 } = {}) {
  let index = 0;
  const make = (localPort: number, remotePort: number, initialSequence: number, other: () => End): End => {
    const end: End = {
      endpoint: undefined as unknown as TcpEndpoint, // set below: both ends name each other
      received: [],
      heldBytes: 0,
      mostHeldBytes: 0,
      isReading: true,
      hasHeardEnd: false,
      isOpen: false,
      closed: undefined,
      sent: [],
    };
    end.endpoint = new TcpEndpoint({
      clock,
      localPort,
      remotePort,
      segmentBytes,
      initialSequence,
      receiveCapacityBytes: () => capacityBytes,
      emit: (segment) => {
        const copy = { ...segment, payload: segment.payload.slice() };
        end.sent.push(copy);
        for (const delayMs of fate(index++, copy)) clock.after(delayMs, () => deliver(other(), copy));
      },
      events: {
        onOpen: () => {
          end.isOpen = true;
        },
        onData: (bytes) => {
          end.received.push(Buffer.from(bytes));
          end.heldBytes += bytes.length;
          end.mostHeldBytes = Math.max(end.mostHeldBytes, end.heldBytes);
          if (end.isReading) read(end, clock);
        },
        onEnd: () => {
          end.hasHeardEnd = true;
        },
        onSpace: () => undefined,
        onClose: (reason) => {
          end.closed = reason;
        },
      },
    });
    return end;
  };
  // Near the end of the numbers, so that each test crosses it.
  const client: End = make(1000, 80, 0xffff_fff0, () => server);
  const server: End = make(80, 1000, 0x7fff_ff00, () => client);
  return { client, server };
}

/** Takes what lies there, a moment later. */
export function read(end: End, clock: VirtualClock): void {
  const bytes = end.heldBytes;
  end.heldBytes = 0;
  clock.soon(() => end.endpoint.release(bytes));
}

function deliver(end: End, segment: TcpSegment): void {
  if (end.endpoint.state === 'idle') {
    end.endpoint.hear(segment);
    end.endpoint.accept();
  } else {
    end.endpoint.receive(segment);
  }
}
