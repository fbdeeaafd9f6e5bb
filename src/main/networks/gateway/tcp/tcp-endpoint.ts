import { FLAGS, type TcpSegment } from '../packets/tcp-segment.ts';
import { Deadline } from './deadline.ts';
import { makeReset } from './reset.ts';
import { agreedSegmentBytes, DEFAULT_SEGMENT_BYTES } from './segment-size.ts';
import { seqAdd, seqBefore } from './sequence.ts';
import type { CloseReason, TcpEndpointOptions, TcpState } from './tcp-options.ts';
import { TcpReceiver } from './tcp-receiver.ts';
import { TcpSender } from './tcp-sender.ts';

/** Enough for windows of 2 MiB. */
const WINDOW_SCALE = 5;
/** Pauses between attempts of a handshake: 1, 2, 4, … seconds. */
const FIRST_RETRY_MS = 1000;
const HANDSHAKE_RETRIES = 5;
/** Two sides that disagree would answer each other for ever: empty answers to strays pause so long (RFC 5961, section 7). */
const STRAY_PAUSE_MS = 500;
/** Late segments die within a virtual network at once: twice the lifetime of segments may be short. */
const TIME_WAIT_MS = 10_000;

const EMPTY = new Uint8Array(0);

/** One end of a TCP connection (RFC 9293), without sockets and addresses: segments in, segments out. */
export class TcpEndpoint {
  readonly #options: TcpEndpointOptions;
  readonly #deadline: Deadline;
  #state: TcpState = 'idle';
  #peerSyn: TcpSegment | undefined;
  #sender: TcpSender | undefined;
  #receiver: TcpReceiver | undefined;
  #segmentBytes = DEFAULT_SEGMENT_BYTES;
  #peerScale = 0;
  #attempts = 0;
  #isAckDue = false;
  #strayAnsweredMs = Number.NEGATIVE_INFINITY;
  #hasToldEnd = false;
  /** Whether this side ended first: it lingers then. */
  #isFirstToEnd = false;

  constructor(options: TcpEndpointOptions) {
    this.#options = options;
    this.#deadline = new Deadline(options.clock, () => this.#onDeadline());
  }

  get state(): TcpState {
    return this.#state;
  }

  /** Bytes that are written and not acknowledged yet. */
  get bufferedBytes(): number {
    return this.#sender?.bufferedBytes ?? 0;
  }

  /** Notes a SYN without answering it: whether there is somebody to connect to must be found out first. */
  hear(syn: TcpSegment): void {
    this.#peerSyn = { ...syn, payload: EMPTY };
    this.#state = 'waiting';
  }

  /** Answers the SYN that was heard. */
  accept(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'synReceived';
    this.#agree();
    this.#shakeHands();
  }

  /** Begins a connection to the other side. */
  connect(): void {
    this.#state = 'synSent';
    this.#shakeHands();
  }

  /** Takes bytes over for sending, once open; the caller changes them no more. */
  write(bytes: Uint8Array): void {
    this.#sender?.write(bytes);
  }

  /** Sends no more after what was written; the other side may go on. */
  end(): void {
    if (!this.#sender || this.#sender.hasEnded) return;
    this.#isFirstToEnd = !this.#receiver?.isFinished;
    this.#sender.end();
  }

  /** The reader has used up bytes of `onData`. */
  release(bytes: number): void {
    if (this.#receiver?.release(bytes, this.#segmentBytes) && this.#state === 'open') this.#ackSoon();
  }

  /** Ends at once with a reset, which is also the answer to a SYN that nobody wants. */
  abort(): void {
    if (this.#state === 'closed' || this.#state === 'timeWait') return;
    this.#emitReset();
    this.#close('aborted');
  }

  /** Ends without a word: the other side is gone, or is told in another way. */
  drop(): void {
    if (this.#state !== 'closed') this.#close('aborted');
  }

  /** Whether a SYN belongs to a new connection on the ports of this one, which is over (RFC 9293, MAY-2) or forgotten. */
  isReplacedBy(segment: TcpSegment): boolean {
    if ((segment.flags & FLAGS.syn) === 0 || (segment.flags & FLAGS.ack) !== 0) return false;
    if (this.#state === 'closed') return true;
    if (this.#state === 'waiting') return segment.sequence !== this.#peerSyn?.sequence;
    return this.#state === 'timeWait' && seqBefore(this.#receiver?.next ?? 0, segment.sequence);
  }

  receive(segment: TcpSegment): void {
    if (this.#state === 'synSent') this.#receiveAnswer(segment);
    else if (this.#state === 'waiting') this.#receiveWaiting(segment);
    else if (this.#state !== 'idle' && this.#state !== 'closed') this.#receiveSynchronized(segment);
  }

  /** Our own SYN, or the answer to theirs, until it is acknowledged. */
  #shakeHands(): void {
    const isAnswer = this.#state === 'synReceived';
    this.#options.emit({
      ...this.#ports(),
      sequence: this.#options.initialSequence,
      acknowledgment: isAnswer ? (this.#receiver?.next ?? 0) : 0,
      flags: isAnswer ? FLAGS.syn | FLAGS.ack : FLAGS.syn,
      window: Math.min(0xffff, this.#options.receiveCapacityBytes()),
      maxSegmentSize: this.#options.segmentBytes,
      // A scale may be named only to those who named one (RFC 7323, section 2.2).
      windowScale: isAnswer && this.#peerSyn?.windowScale === undefined ? undefined : WINDOW_SCALE,
      payload: EMPTY,
    });
    this.#deadline.set(FIRST_RETRY_MS * 2 ** this.#attempts);
  }

  #onDeadline(): void {
    if (this.#state === 'timeWait') {
      this.#state = 'closed';
      return;
    }
    this.#attempts += 1;
    if (this.#attempts > HANDSHAKE_RETRIES) this.#close('lost');
    else this.#shakeHands();
  }

  /** Both SYNs are known: makes the two halves. */
  #agree(): void {
    const syn = this.#peerSyn;
    if (!syn) return;
    this.#segmentBytes = agreedSegmentBytes(syn, this.#options.segmentBytes);
    this.#peerScale = syn.windowScale ?? 0;
    this.#receiver = new TcpReceiver({
      start: seqAdd(syn.sequence, 1),
      scale: syn.windowScale === undefined ? 0 : WINDOW_SCALE,
      capacityBytes: this.#options.receiveCapacityBytes,
      onData: (bytes) => this.#options.events.onData(bytes),
    });
    this.#receiver.offer();
    this.#sender = new TcpSender({
      clock: this.#options.clock,
      start: seqAdd(this.#options.initialSequence, 1),
      segmentBytes: this.#segmentBytes,
      windowBytes: syn.window,
      emit: (sequence, flags, payload) => this.#emit(sequence, flags, payload),
      onSpace: () => this.#options.events.onSpace(),
      onLost: () => this.#fail('lost'),
    });
  }

  #receiveWaiting(segment: TcpSegment): void {
    const isReset = (segment.flags & FLAGS.rst) !== 0;
    if (isReset && segment.sequence === seqAdd(this.#peerSyn?.sequence ?? 0, 1)) this.#close('reset');
  }

  /** RFC 9293, section 3.10.7.3; both sides connecting at the same time does not occur behind a gateway. */
  #receiveAnswer(segment: TcpSegment): void {
    const isOurs = segment.acknowledgment === seqAdd(this.#options.initialSequence, 1);
    if ((segment.flags & FLAGS.ack) === 0 || !isOurs) return;
    if ((segment.flags & FLAGS.rst) !== 0) {
      this.#close('refused');
      return;
    }
    if ((segment.flags & FLAGS.syn) === 0) return;
    this.#peerSyn = { ...segment, payload: EMPTY };
    this.#agree();
    this.#open();
    this.#ackNow();
  }

  #open(): void {
    this.#deadline.clear();
    this.#state = 'open';
    this.#options.events.onOpen();
  }

  /** RFC 9293, section 3.10.7.4, in its order. */
  #receiveSynchronized(segment: TcpSegment): void {
    const { flags, sequence, payload } = segment;
    const hasFin = (flags & FLAGS.fin) !== 0;
    if (!this.#receiver?.isAcceptable(sequence, payload.length + (hasFin ? 1 : 0))) {
      if ((flags & FLAGS.rst) === 0) this.#answerStray(segment);
    } else if ((flags & FLAGS.rst) !== 0) {
      // A reset must fit exactly; another one may be forged, and is asked about (RFC 5961, section 3).
      if (sequence !== this.#receiver.next) this.#ackStray(segment);
      else this.#close(this.#state === 'synReceived' ? 'refused' : 'reset');
    } else if ((flags & FLAGS.syn) !== 0) {
      this.#ackStray(segment);
    } else if ((flags & FLAGS.ack) !== 0) {
      this.#receiveContent(segment, hasFin);
    }
  }

  #answerStray(segment: TcpSegment): void {
    const isTheirSyn = (segment.flags & FLAGS.syn) !== 0 && segment.sequence === this.#peerSyn?.sequence;
    if (this.#state === 'synReceived' && isTheirSyn) this.#shakeHands();
    else this.#ackStray(segment);
  }

  /** Says where this side is. Content that comes again is always answered: its sender waits for that. */
  #ackStray({ payload, flags }: TcpSegment): void {
    const nowMs = this.#options.clock.nowMs();
    const isEmpty = payload.length === 0 && (flags & FLAGS.fin) === 0;
    if (isEmpty && nowMs - this.#strayAnsweredMs < STRAY_PAUSE_MS) return;
    this.#strayAnsweredMs = nowMs;
    this.#ackSoon();
  }

  #receiveContent(segment: TcpSegment, hasFin: boolean): void {
    const { sequence, acknowledgment, payload } = segment;
    if (this.#state === 'synReceived') {
      if (acknowledgment !== seqAdd(this.#options.initialSequence, 1)) return;
      this.#open();
    }
    const windowBytes = segment.window << this.#peerScale;
    const hasContent = payload.length > 0 || hasFin;
    if (!this.#sender?.acknowledge({ acknowledgment, sequence, windowBytes, hasContent })) {
      this.#ackStray(segment);
      return;
    }
    if (hasContent) {
      if (this.#receiver?.take(sequence, payload, hasFin)) this.#ackSoon();
      else this.#ackNow();
    }
    this.#settle();
  }

  /** Tells the end of the other side once, and leaves when both have ended. */
  #settle(): void {
    if (this.#state === 'closed') return;
    if (this.#receiver?.isFinished && !this.#hasToldEnd) {
      this.#hasToldEnd = true;
      this.#options.events.onEnd();
    }
    if (this.#state !== 'open' || !this.#sender?.isDone || !this.#receiver?.isFinished) return;
    this.#ackNow();
    this.#close('done', this.#isFirstToEnd);
  }

  #fail(reason: CloseReason): void {
    this.#emitReset();
    this.#close(reason);
  }

  #close(reason: CloseReason, doesLinger = false): void {
    const wasOver = this.#state === 'closed' || this.#state === 'timeWait';
    this.#state = doesLinger ? 'timeWait' : 'closed';
    this.#deadline.dispose();
    this.#sender?.dispose();
    if (doesLinger) this.#deadline.set(TIME_WAIT_MS);
    if (!wasOver) this.#options.events.onClose(reason);
  }

  /** Acknowledges once all frames of this turn are in: one answer for many segments. */
  #ackSoon(): void {
    if (this.#isAckDue) return;
    this.#isAckDue = true;
    this.#options.clock.soon(() => {
      if (this.#isAckDue) this.#ackNow();
    });
  }

  #ackNow(): void {
    if (this.#state === 'closed' || !this.#sender) return;
    this.#emit(this.#sender.next, FLAGS.ack, EMPTY);
  }

  #emitReset(): void {
    if (this.#sender) this.#emit(this.#sender.next, FLAGS.rst | FLAGS.ack, EMPTY);
    else if (this.#peerSyn) this.#options.emit(makeReset(this.#peerSyn));
  }

  #emit(sequence: number, flags: number, payload: Uint8Array): void {
    this.#isAckDue = false;
    const acknowledgment = this.#receiver?.next ?? 0;
    const window = this.#receiver?.offer() ?? 0;
    this.#options.emit({ ...this.#ports(), sequence, acknowledgment, flags, window, payload });
  }

  #ports(): { sourcePort: number; destinationPort: number } {
    return { sourcePort: this.#options.localPort, destinationPort: this.#options.remotePort };
  }
}
