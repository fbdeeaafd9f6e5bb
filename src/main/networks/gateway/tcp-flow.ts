import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TcpSegment } from './packets/tcp-segment.ts';
import type { Clock } from './tcp/clock.ts';
import { TcpEndpoint } from './tcp/tcp-endpoint.ts';
import type { CloseReason } from './tcp/tcp-options.ts';

export interface TcpFlowOptions {
  clock: Clock;
  /** The host's side: a socket, or one end of a pair of streams where the gateway itself answers. */
  stream: Duplex;
  /** Ports as the guest sees them: the far one stands for the host's side. */
  guestPort: number;
  farPort: number;
  segmentBytes: number;
  /** Bytes that may wait on the way, in each direction. */
  bufferBytes: () => number;
  emit: (segment: TcpSegment) => void;
  /** The host's side failed before the guest was answered; true when the guest was told in another way than by a reset. */
  onConnectFailed?: (error: NodeJS.ErrnoException) => boolean;
  /** The guest answered: content flows. */
  onOpen?: () => void;
  /** The guest did not take the connection: whoever listens here keeps the stream, which is reset otherwise. */
  onRefused?: () => void;
  /** The host's side has something for the guest. */
  onCall?: () => void;
  /** Both sides are over. */
  onOver: () => void;
}

/** Who has said something so lately waits for an answer, and whoever was silent for longer may never have wanted one. */
const OWED_MS = 5_000;

/**
 * One TCP connection through the gateway: an endpoint towards the guest and a stream towards the host. Neither side is
 * read faster than the other takes; the end of one direction leaves the other open; a reset goes through.
 */
export class TcpFlow {
  readonly endpoint: TcpEndpoint;
  readonly #options: TcpFlowOptions;
  #isCorked = false;
  #wasOpen = false;
  #isGuestClosed = false;
  #isHostClosed = false;
  lastUsedMs: number;
  /** When the host's side last had the last word: it may wait for an answer. */
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(options: TcpFlowOptions) {
    this.#options = options;
    this.lastUsedMs = options.clock.nowMs();
    this.endpoint = new TcpEndpoint({
      clock: options.clock,
      localPort: options.farPort,
      remotePort: options.guestPort,
      segmentBytes: options.segmentBytes,
      initialSequence: randomInt(2 ** 32),
      receiveCapacityBytes: options.bufferBytes,
      emit: options.emit,
      events: {
        onOpen: () => this.#onOpen(),
        onData: (bytes) => this.#toHost(bytes),
        onEnd: () => void options.stream.end(),
        onSpace: () => this.#onSpace(),
        onClose: (reason) => this.#onGuestClosed(reason),
      },
    });
    options.stream.on('error', this.#onHostError).on('close', this.#onHostClosed);
  }

  /** Whether both sides are over; the guest's may still linger. */
  get isOver(): boolean {
    return this.#isGuestClosed && this.#isHostClosed;
  }

  get isOpen(): boolean {
    return this.#wasOpen && !this.#isGuestClosed;
  }

  /** Whether the host's side waits for the guest just now: for the connection, for bytes to be taken, or for an answer. */
  get isOwed(): boolean {
    if (this.#isGuestClosed) return false;
    const isFresh = this.#options.clock.nowMs() - this.#askedMs < OWED_MS;
    return !this.#wasOpen || this.endpoint.bufferedBytes > 0 || isFresh;
  }

  receive(segment: TcpSegment): void {
    this.lastUsedMs = this.#options.clock.nowMs();
    this.endpoint.receive(segment);
  }

  /** Ends both sides with a reset. */
  abort(): void {
    this.endpoint.abort();
    this.#resetHost();
  }

  /** Ends without telling the guest, which is gone or was told otherwise. */
  drop(): void {
    this.endpoint.drop();
    this.#resetHost();
  }

  readonly #onHostError = (error: NodeJS.ErrnoException): void => {
    const wasTold = this.endpoint.state === 'waiting' && this.#options.onConnectFailed?.(error);
    if (wasTold) this.endpoint.drop();
    else this.endpoint.abort();
  };

  #onOpen(): void {
    const { stream, onOpen } = this.#options;
    this.#wasOpen = true;
    this.#askedMs = this.#options.clock.nowMs();
    stream.on('data', (bytes: Uint8Array) => this.#toGuest(bytes));
    stream.on('end', () => this.endpoint.end());
    stream.resume();
    onOpen?.();
  }

  #toGuest(bytes: Uint8Array): void {
    this.lastUsedMs = this.#options.clock.nowMs();
    this.#askedMs = this.lastUsedMs;
    this.#options.onCall?.();
    this.endpoint.write(bytes);
    if (this.endpoint.bufferedBytes >= this.#options.bufferBytes()) this.#options.stream.pause();
  }

  #onSpace(): void {
    const { stream, bufferBytes } = this.#options;
    if (stream.isPaused() && this.endpoint.bufferedBytes < bufferBytes() / 2) stream.resume();
  }

  /** Copies, because a frame is only lent; the window opens again when the host's side has taken the bytes. */
  #toHost(bytes: Uint8Array): void {
    const { stream } = this.#options;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    if (stream.destroyed || stream.writableEnded) {
      this.endpoint.abort();
      return;
    }
    if (!this.#isCorked) this.#corkForThisTurn(stream);
    stream.write(Buffer.from(bytes), () => this.endpoint.release(bytes.length));
  }

  /** All segments of one turn go to the host in one system call. */
  #corkForThisTurn(stream: Duplex): void {
    this.#isCorked = true;
    stream.cork();
    this.#options.clock.soon(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }

  #onGuestClosed(reason: CloseReason): void {
    this.#isGuestClosed = true;
    if (this.#options.onRefused && !this.#wasOpen && !this.#options.stream.destroyed)
      this.#handBack(this.#options.onRefused);
    else if (reason !== 'done') this.#resetHost();
    this.#finish();
  }

  #handBack(onRefused: () => void): void {
    this.#options.stream.off('error', this.#onHostError).off('close', this.#onHostClosed);
    this.#isHostClosed = true;
    onRefused();
  }

  #resetHost(): void {
    const stream: Duplex & Partial<Pick<Socket, 'resetAndDestroy' | 'connecting'>> = this.#options.stream;
    // Closed already, or handed back to whoever holds it.
    if (this.#isHostClosed || stream.destroyed) return;
    if (stream.resetAndDestroy && !stream.connecting) stream.resetAndDestroy();
    else stream.destroy();
  }

  /** A stream that closes without having ended in order takes the guest's side along. */
  readonly #onHostClosed = (): void => {
    this.#isHostClosed = true;
    if (!this.#options.stream.readableEnded) this.endpoint.abort();
    this.#finish();
  };

  #finish(): void {
    if (this.isOver) this.#options.onOver();
  }
}
