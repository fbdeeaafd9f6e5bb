import { seqAdd, seqBefore, seqDistance } from './sequence.ts';

/** Pieces that wait for an earlier one; more are dropped and sent again: a guest cannot make us keep a million crumbs. */
const MAX_WAITING = 512;

export interface TcpReceiverOptions {
  /** Sequence number of the first byte. */
  start: number;
  /** Bits that the window is shifted by in headers. */
  scale: number;
  /** Bytes that may wait here for whoever reads; may change at any time. */
  capacityBytes: () => number;
  /** Content in order. The bytes are only lent. */
  onData: (bytes: Uint8Array) => void;
}

interface Piece {
  sequence: number;
  bytes: Uint8Array;
}

/** The receiving half of a connection: puts pieces in order and offers no larger window than its reader deserves. */
export class TcpReceiver {
  readonly #options: TcpReceiverOptions;
  #waiting: Piece[] = [];
  #next: number;
  /** Behind the last byte that was ever offered: an offer is never taken back (RFC 9293, section 3.8.6). */
  #offeredUntil: number;
  /** Bytes that were given to the reader and are not released yet. */
  #heldBytes = 0;
  #finSequence: number | undefined;

  constructor(options: TcpReceiverOptions) {
    this.#options = options;
    this.#next = this.#offeredUntil = options.start;
  }

  /** The next number that is missing, the FIN counted where it has come in order. */
  get next(): number {
    return this.isFinished ? seqAdd(this.#next, 1) : this.#next;
  }

  /** Whether all, with the FIN, has come. */
  get isFinished(): boolean {
    return this.#finSequence === this.#next;
  }

  /** Makes an offer: the value for a header's window field. */
  offer(): number {
    const { scale } = this.#options;
    const free = Math.max(0, this.#options.capacityBytes() - this.#heldBytes);
    const bytes = Math.max(free, seqDistance(this.#offeredUntil, this.#next));
    const field = Math.min(0xffff, bytes >>> scale);
    const until = seqAdd(this.#next, field << scale);
    if (seqBefore(this.#offeredUntil, until)) this.#offeredUntil = until;
    return field;
  }

  /** Whether a segment lies, at least in part, in what was offered (RFC 9293, section 3.10.7.4, first check). */
  isAcceptable(sequence: number, length: number): boolean {
    const window = seqDistance(this.#offeredUntil, this.next);
    const begin = seqDistance(sequence, this.next);
    if (length === 0) return window > 0 ? begin >= 0 && begin < window : begin === 0;
    const isAhead = begin >= 0 && begin < window;
    const last = begin + length - 1;
    return window > 0 && (isAhead || (last >= 0 && last < window));
  }

  /** Takes the content of an acceptable segment; true when it came in order, false when something is missing before. */
  take(sequence: number, payload: Uint8Array, hasFin: boolean): boolean {
    if (this.isFinished) return true;
    if (hasFin) this.#finSequence ??= seqAdd(sequence, payload.length);
    const bytes = this.#trim(sequence, payload);
    const begin = seqDistance(sequence, this.#next);
    if (begin > 0) {
      if (bytes.length > 0) this.#keep({ sequence, bytes });
      return false;
    }
    this.#deliver(bytes.subarray(-begin));
    const hadGaps = this.#waiting.length > 0;
    if (hadGaps) this.#deliverWaiting();
    // Also while a gap remains, or has just closed, the sender waits to hear at once (RFC 5681, section 4.2).
    return !hadGaps;
  }

  /** The reader is done with bytes; true when the window has grown enough to tell (RFC 9293, section 3.8.6.2.2). */
  release(bytes: number, segmentBytes: number): boolean {
    this.#heldBytes -= bytes;
    const capacity = this.#options.capacityBytes();
    const grown = capacity - this.#heldBytes - seqDistance(this.#offeredUntil, this.#next);
    return grown >= Math.min(capacity / 2, 2 * segmentBytes);
  }

  /** Without what lies behind the offer or behind the FIN. */
  #trim(sequence: number, payload: Uint8Array): Uint8Array {
    const offered = seqDistance(this.#offeredUntil, sequence);
    const last =
      this.#finSequence === undefined ? offered : Math.min(offered, seqDistance(this.#finSequence, sequence));
    return last < payload.length ? payload.subarray(0, Math.max(0, last)) : payload;
  }

  #deliver(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#next = seqAdd(this.#next, bytes.length);
    this.#heldBytes += bytes.length;
    this.#options.onData(bytes);
  }

  #keep(piece: Piece): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    const at = this.#waiting.findIndex((other) => !seqBefore(other.sequence, piece.sequence));
    const twin = at < 0 ? undefined : this.#waiting[at];
    if (twin?.sequence === piece.sequence && twin.bytes.length >= piece.bytes.length) return;
    const kept = { sequence: piece.sequence, bytes: piece.bytes.slice() };
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, kept);
  }

  #deliverWaiting(): void {
    let taken = 0;
    for (const { sequence, bytes } of this.#waiting) {
      const begin = seqDistance(sequence, this.#next);
      if (begin > 0) break;
      if (-begin < bytes.length) this.#deliver(bytes.subarray(-begin));
      taken += 1;
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken);
  }
}
