import { createHash } from 'node:crypto';
import type { TcpSegment } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { SYSTEM_CLOCK } from '../../../src/main/networks/gateway/tcp/clock.ts';
import { TcpEndpoint } from '../../../src/main/networks/gateway/tcp/tcp-endpoint.ts';
import type { CloseReason } from '../../../src/main/networks/gateway/tcp/tcp-options.ts';

export interface GuestSocketOptions {
  localPort: number;
  remotePort: number;
  capacityBytes?: number;
  emit: (segment: TcpSegment) => void;
}

/** A connection of a scripted guest. What it reads is hashed and counted; the first bytes are kept as text. */
export class GuestSocket {
  readonly endpoint: TcpEndpoint;
  readonly opened: Promise<void>;
  /** The other side has ended. */
  readonly ended: Promise<void>;
  readonly closed: Promise<CloseReason>;
  readonly #hash = createHash('sha256');
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];
  receivedBytes = 0;
  text = '';
  /** Does it read? If not, its window closes. */
  isReading = true;
  #unreadBytes = 0;

  constructor({ localPort, remotePort, capacityBytes = 262_144, emit }: GuestSocketOptions) {
    const opened = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<CloseReason>();
    [this.opened, this.ended, this.closed] = [opened.promise, ended.promise, closed.promise];
    this.endpoint = new TcpEndpoint({
      clock: SYSTEM_CLOCK,
      localPort,
      remotePort,
      segmentBytes: 1460,
      initialSequence: 0xffff_ff00,
      receiveCapacityBytes: () => capacityBytes,
      emit,
      events: {
        onOpen: opened.resolve,
        onData: (bytes) => this.#take(bytes),
        onEnd: ended.resolve,
        onSpace: () => undefined,
        onClose: closed.resolve,
      },
    });
  }

  /** Of all bytes read so far; call once. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Resolves once so many bytes have come in all. */
  received(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.receivedBytes >= bytes) resolve();
    else this.#waiting.push({ bytes, resolve });
    return promise;
  }

  readOn(): void {
    this.isReading = true;
    this.#release(0);
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.receivedBytes += bytes.length;
    if (this.text.length < 4096) this.text += Buffer.from(bytes).toString('latin1');
    for (const { bytes: wanted, resolve } of this.#waiting) if (this.receivedBytes >= wanted) resolve();
    this.#release(bytes.length);
  }

  #release(bytes: number): void {
    this.#unreadBytes += bytes;
    if (!this.isReading) return;
    const unread = this.#unreadBytes;
    this.#unreadBytes = 0;
    setImmediate(() => this.endpoint.release(unread));
  }
}
