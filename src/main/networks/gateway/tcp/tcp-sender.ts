import { FLAGS } from '../packets/tcp-segment.ts';
import type { Clock } from './clock.ts';
import { CongestionWindow } from './congestion.ts';
import { Deadline } from './deadline.ts';
import { RtoEstimator } from './rto-estimator.ts';
import { SendBuffer } from './send-buffer.ts';
import { seqAdd, seqBefore, seqDistance } from './sequence.ts';

/** With doubling pauses some 160 seconds: RFC 9293, section 3.8.3, asks for 100 at least. */
const MAX_RETRIES = 9;

export interface TcpSenderOptions {
  clock: Clock;
  /** Sequence number of the first byte. */
  start: number;
  /** Bytes of content in one segment. */
  segmentBytes: number;
  /** What the other side takes at first, in bytes. */
  windowBytes: number;
  emit: (sequence: number, flags: number, payload: Uint8Array) => void;
  /** Bytes were acknowledged: there is room for more. */
  onSpace: () => void;
  /** The other side answers no more. */
  onLost: () => void;
}

/** What an acknowledgment says; `windowBytes` scaled already. */
export interface Acknowledgment {
  acknowledgment: number;
  sequence: number;
  windowBytes: number;
  hasContent: boolean;
}

const EMPTY = new Uint8Array(0);

/** The sending half of a connection: window, retransmission, zero-window probes and the FIN at the end. */
export class TcpSender {
  readonly #options: TcpSenderOptions;
  readonly #buffer = new SendBuffer();
  readonly #rto = new RtoEstimator();
  readonly #congestion: CongestionWindow;
  readonly #deadline: Deadline;
  /** Oldest byte that is not acknowledged, next to send, and behind the last that was ever sent. */
  #unacknowledged: number;
  #next: number;
  #highest: number;
  #windowBytes: number;
  /** Sequence number of the segment that told the window. */
  #windowToldAt: number | undefined;
  #finSequence: number | undefined;
  /** Last byte that was on the way when a loss was noticed (RFC 6582). */
  #recoverUntil: number;
  #retries = 0;
  #timed: { until: number; sentAtMs: number } | undefined;

  constructor(options: TcpSenderOptions) {
    this.#options = options;
    this.#unacknowledged = this.#next = this.#highest = options.start;
    this.#recoverUntil = seqAdd(options.start, -1);
    this.#windowBytes = options.windowBytes;
    this.#congestion = new CongestionWindow(options.segmentBytes);
    this.#deadline = new Deadline(options.clock, () => this.#onDeadline());
  }

  /** Sequence number for segments without content. */
  get next(): number {
    return this.#highest;
  }

  get bufferedBytes(): number {
    return this.#buffer.byteLength;
  }

  get hasEnded(): boolean {
    return this.#finSequence !== undefined;
  }

  /** Whether all, with the FIN, has arrived. */
  get isDone(): boolean {
    return this.#finSequence !== undefined && seqBefore(this.#finSequence, this.#unacknowledged);
  }

  /** Takes bytes over; the caller changes them no more, and writes nothing after `end`. */
  write(bytes: Uint8Array): void {
    this.#buffer.push(bytes);
    this.#flush();
  }

  /** No more will come: a FIN follows the last byte. */
  end(): void {
    if (this.#finSequence !== undefined) return;
    this.#finSequence = seqAdd(this.#unacknowledged, this.#buffer.byteLength);
    this.#flush();
  }

  dispose(): void {
    this.#deadline.dispose();
    this.#buffer.clear();
  }

  /** Notes what the other side has and takes; false when it claims to have what was never sent. */
  acknowledge(ack: Acknowledgment): boolean {
    const newBytes = seqDistance(ack.acknowledgment, this.#unacknowledged);
    if (seqBefore(this.#highest, ack.acknowledgment)) return false;
    if (newBytes < 0) return true;
    const isSameWindow = ack.windowBytes === this.#windowBytes;
    this.#updateWindow(ack);
    if (newBytes > 0) this.#advance(ack.acknowledgment, newBytes);
    else if (!ack.hasContent && isSameWindow && this.#inFlightBytes > 0) this.#onDuplicate();
    this.#flush();
    return true;
  }

  get #inFlightBytes(): number {
    return seqDistance(this.#next, this.#unacknowledged);
  }

  /** The window of the newest segment counts (RFC 9293, section 3.10.7.4). */
  #updateWindow({ sequence, windowBytes }: Acknowledgment): void {
    if (this.#windowToldAt !== undefined && seqBefore(sequence, this.#windowToldAt)) return;
    const wasShut = this.#windowBytes === 0;
    this.#windowToldAt = sequence;
    this.#windowBytes = windowBytes;
    // Whoever answers a probe is there, though it takes nothing yet.
    if (wasShut) this.#retries = 0;
    if (wasShut && windowBytes > 0) this.#rto.recover();
  }

  #advance(acknowledgment: number, newBytes: number): void {
    const isPart = this.#congestion.isRecovering && !seqBefore(this.#recoverUntil, acknowledgment);
    this.#measure(acknowledgment);
    this.#unacknowledged = acknowledgment;
    if (seqBefore(this.#next, acknowledgment)) this.#next = acknowledgment;
    this.#buffer.drop(Math.min(newBytes, this.#buffer.byteLength));
    this.#retries = 0;
    this.#rto.recover();
    this.#deadline.clear();
    if (isPart) {
      this.#congestion.partlyAcknowledged(newBytes);
      this.#resendFirst();
    } else if (this.#congestion.isRecovering) {
      this.#congestion.recovered();
    } else {
      this.#congestion.acknowledged(newBytes);
    }
    this.#options.onSpace();
  }

  #measure(acknowledgment: number): void {
    if (!this.#timed || seqBefore(acknowledgment, this.#timed.until)) return;
    this.#rto.sample(this.#options.clock.nowMs() - this.#timed.sentAtMs);
    this.#timed = undefined;
  }

  #onDuplicate(): void {
    const mayRecover = seqBefore(this.#recoverUntil, this.#unacknowledged);
    if (!this.#congestion.duplicate(this.#inFlightBytes, mayRecover)) return;
    this.#recoverUntil = seqAdd(this.#highest, -1);
    this.#resendFirst();
  }

  #resendFirst(): void {
    this.#timed = undefined;
    this.#send(this.#unacknowledged, Math.min(this.#options.segmentBytes, this.#buffer.byteLength));
  }

  /** Sends what the windows allow. */
  #flush(): void {
    for (;;) {
      const inFlight = this.#inFlightBytes;
      const unsent = this.#buffer.byteLength - inFlight;
      const room = Math.floor(Math.min(this.#congestion.bytes, this.#windowBytes)) - inFlight;
      const wanted = Math.min(unsent, this.#options.segmentBytes);
      const isFinDue = this.#next === this.#finSequence;
      if (room <= 0 || (wanted <= 0 && !isFinDue)) break;
      // A small piece would only fill a gap in the window: wait until more is free (RFC 9293, section 3.8.6.2.1).
      if (room < wanted && inFlight > 0) break;
      this.#sendNext(Math.min(wanted, room));
    }
    this.#watch();
  }

  #sendNext(length: number): void {
    const isNew = this.#next === this.#highest;
    const after = this.#send(this.#next, length);
    if (isNew) this.#timed ??= { until: after, sentAtMs: this.#options.clock.nowMs() };
    this.#next = after;
  }

  /** Sends content that begins at `sequence`, with the FIN where it ends there; gives the number behind it. */
  #send(sequence: number, length: number): number {
    const offset = seqDistance(sequence, this.#unacknowledged);
    const payload = length > 0 ? this.#buffer.peek(offset, length) : EMPTY;
    const end = seqAdd(sequence, length);
    const isLast = end === this.#finSequence;
    const push = length > 0 && offset + length === this.#buffer.byteLength ? FLAGS.psh : 0;
    const after = isLast ? seqAdd(end, 1) : end;
    if (seqBefore(this.#highest, after)) this.#highest = after;
    this.#options.emit(sequence, FLAGS.ack | push | (isLast ? FLAGS.fin : 0), payload);
    return after;
  }

  get #hasMore(): boolean {
    return this.#buffer.byteLength > this.#inFlightBytes || this.#next === this.#finSequence;
  }

  #watch(): void {
    const isWaiting = this.#inFlightBytes > 0 || (this.#hasMore && this.#windowBytes === 0);
    if (isWaiting && !this.#deadline.isSet) this.#deadline.set(this.#rto.rtoMs);
  }

  #onDeadline(): void {
    this.#retries += 1;
    if (this.#retries > MAX_RETRIES) {
      this.#options.onLost();
      return;
    }
    this.#rto.backOff();
    this.#timed = undefined;
    if (this.#inFlightBytes > 0) {
      this.#congestion.timedOut(this.#inFlightBytes);
      this.#recoverUntil = seqAdd(this.#highest, -1);
      this.#next = this.#unacknowledged;
      this.#flush();
    } else if (this.#hasMore && this.#windowBytes === 0) {
      // One byte beyond the window makes the other side tell its window again (RFC 9293, section 3.8.6.1).
      this.#send(this.#unacknowledged, Math.min(1, this.#buffer.byteLength));
      this.#watch();
    }
  }
}
